const organization = { id: 'org_01kb3v5c2hexbm3f7r5c1v0zqd', key: 'northwind', name: 'Northwind Cloud' };
const omar = { id: 'person_01kb3v5c2hf8mmx5w1d7n3c6ya', email: 'omar@northwind.example', name: 'Omar' };
const source = {
  id: 'sigsrc_01kb4d2r1fgw4n9s7y3v0e6xam',
  organization,
  kind: 'push' as const,
  name: 'Device management',
  issuer: 'https://devices.northwind.example',
  audience: 'https://tenure.northwind.example',
  keys: ['2026-11'],
  keys_from: {
    jwks_uri: 'https://devices.northwind.example/jwks.json',
    fetched_at: '2026-11-23T09:00:00.000Z',
    last_error: null,
  },
  endpoint: 'https://tenure.northwind.example/v1/signals/sigsrc_01kb4d2r1fgw4n9s7y3v0e6xam',
  poll: null,
  former_secret_until: null,
  made_by: omar,
  created_at: '2026-11-23T09:00:00.000Z',
  ended_at: null,
};

export const signalExamples = {
  wish: {
    organization: 'northwind',
    name: source.name,
    kind: source.kind,
    issuer: source.issuer,
    audience: source.audience,
    jwks_uri: source.keys_from.jwks_uri,
  },
  source,
  made: { ...source, secret: null },
  signal: {
    id: 'sig_01kb4d5v8hj2q6t9w3z7c1e5gk',
    source: { id: source.id, name: source.name },
    organization,
    kind: 'device-compliance-change' as const,
    name: 'device-not-compliant' as const,
    effect: 'opens' as const,
    state: 'open' as const,
    person: { id: 'person_01kb3v5c2hfx0w9r2t6n8c4m1b', email: 'sam@northwind.example', name: 'Sam' },
    event_at: '2026-11-23T09:10:00.000Z',
    received_at: '2026-11-23T09:10:01.000Z',
    ends_at: null,
    closed_at: null,
    closed_by: null,
    close_reason: null,
  },
};
