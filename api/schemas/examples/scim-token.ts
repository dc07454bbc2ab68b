const token = {
  id: 'stk_01kb3x6m2pf4r7t0w3y6b9e2hk',
  organization: { id: 'org_01kb3v5c2hexa4y6p0k8s2w9tb', key: 'acme', name: 'Acme' },
  label: 'Okta',
  state: 'good' as const,
  made_by: { id: 'person_01kb3v5c2hf8mmx5w1d7n3c6ya', email: 'anna@acme.example', name: 'Anna' },
  maker_has_left: false,
  created_at: '2026-11-23T09:00:00.000Z',
  expires_at: '2027-05-22T09:00:00.000Z',
  last_used_at: '2026-11-23T09:04:00.000Z',
  revoked_at: null,
  revoked_by: null,
};
const base = { base_url: 'https://tenure.northwind.example/scim/v2/acme' };

export const scimTokenExamples = {
  wish: { label: 'Okta', for_days: 180 },
  token,
  made: {
    ...token,
    last_used_at: null,
    token: 'tenure_scim_3q0cTYqHqkOYq8wfG1x1kT0m0nS7i2oQ7Vb9bqg0Z4s',
    ...base,
  },
  list: { ...base, items: [token] },
};
