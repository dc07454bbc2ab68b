// One story, told in the OpenAPI document: Sam reads Acme's data for two hours, with the approval of Priya and Anna. A test
// holds every example against its schema.

const sam = { id: 'person_01kb3v5c2hf8jrxw7s9d0m4p6q', email: 'sam@northwind.example', name: 'Sam' };
const priya = { id: 'person_01kb3v5c2hf8k1t0q4v9zj8e2r', email: 'priya@northwind.example', name: 'Priya' };
const anna = { id: 'person_01kb3v5c2hf8mmx5w1d7n3c6ya', email: 'anna@acme.example', name: 'Anna' };
const omar = { id: 'person_01kb3v5c2hf8n4s7b0x2g5j8td', email: 'omar@northwind.example', name: 'Omar' };
const acme = { id: 'org_01kb3v5c2hexa4y6p0k8s2w9tb', key: 'acme', name: 'Acme' };
const northwind = { id: 'org_01kb3v5c2hexbm3f7r5c1v0zqd', key: 'northwind', name: 'Northwind Cloud' };
const resource = {
  id: 'res_01kb3v5c2heyz9k1m4t8x2a7sw',
  key: 'postgres-eu',
  name: 'Production PostgreSQL EU',
};
const entitlement = { id: 'ent_01kb3v5c2hezf0w5y3n6d8j1rp', key: 'read', name: 'Read data' };
const requestId = 'req_01kb3w0a7de4vtb2m9x6k8c1qz';
const grantId = 'grant_01kb3w3j5fe8satgh0r4n7y2pc';
const stageId = 'stage_01kb3w0a7de4xs5f1c8d3v6yjm';
const digest = 'sha256:6a1ac97800666c65ac531a158e8561766083aaa09600a5c94ff7d07c5c1cafeb';
const policyVersion = 'sha256:d36b0c6c0511c0c952461b4b07cc23e5357d6cad1491574a0bef54f647d52b10';
const policies = [
  { id: 'support-read', title: "Support reads a paying customer's data for up to a working day" },
];
const askedAt = '2026-11-22T14:02:00.000Z';
const decidedAt = '2026-11-22T14:05:10.000Z';
const from = '2026-11-22T14:06:00.000Z';
const until = '2026-11-22T16:06:00.000Z';
const justification = 'Acme reports missing invoices since this morning';
const ticket = 'SUP-4711';

const decisionInStage = {
  id: 'dec_01kb3w2n9ye6h1a8p5s0d4t7wk',
  person: priya,
  decision: 'approve',
  comment: 'Known incident',
  decided_at: decidedAt,
};

const byRequest = { origin: 'request', process_id: null, because: null, renewals: [] };

const grant = {
  id: grantId,
  request_id: requestId,
  ...byRequest,
  state: 'held',
  person: sam,
  organization: acme,
  holder_organization: northwind,
  resource,
  entitlement,
  from,
  until,
  due_at: until,
  ended_at: null,
  ended_by: null,
  ended_by_person: null,
  extensions: [],
  attempts: 1,
  last_error: null,
  credential_shown_at: null,
};

const uma = { id: 'person_01kb3v5c2hf8p6u9d2z4i7l0xf', email: 'uma@umbra.example', name: 'Uma' };
const umbra = { id: 'org_01kb3v5c2hexc8q1t6w3y9b2ks', key: 'umbra', name: 'Umbra' };
const processId = 'proc_01kb3x1m4pe9v7c2k5n8r1t4wz';

const customer = {
  ...umbra,
  state: 'active',
  tier: 'professional',
  region: 'us',
  customer_type: 'business',
  approves_vendor_access: false,
  brand_color: '#6b2246',
  shown_name: null,
  contract: {
    state: 'active',
    seats: 10,
    until: '2027-11-22T14:00:00.000Z',
    dunning: 'none',
    dunning_since: null,
    over_seats_since: null,
  },
  users: 1,
  onboarded_at: askedAt,
  suspended_at: null,
  offboarded_at: null,
};

const user = {
  person: uma,
  state: 'invited',
  contract_role: 'member',
  given_roles: ['analyst'],
  roles: ['analyst'],
  since: askedAt,
  until: null,
  invited_at: decidedAt,
  confirmed_at: null,
  approves_from: null,
  can_sign_in: true,
};

const process = {
  id: processId,
  kind: 'onboarding',
  state: 'confirming',
  organization: umbra,
  person: uma,
  cause: 'administrator',
  source: null,
  requested_by: omar,
  reason: 'Joins the finance team',
  due_at: askedAt,
  created_at: askedAt,
  started_at: askedAt,
  settled_at: null,
  catalog_revision: 1,
  policy_version: policyVersion,
  last_error: null,
  replaced_by: null,
  progress: { total: 1, waiting: 0, fenced: 0, applying: 0, done: 1, failed: 0, undone: 0 },
  tasks: [],
};

const catalogDocument = {
  resources: [],
  roles: [{ key: 'viewer', name: 'Viewer' }],
  tiers: [{ key: 'free', name: 'Free', seats: 3, allowed_roles: ['viewer'] }],
  customer_types: [],
  overrides: [],
  settings: {},
};
const catalogRevision = {
  revision: 3,
  author: omar,
  reason: 'Three seats for the free tier',
  created_at: askedAt,
};
const counts = { new: 0, returning: 0, changed: 0, unchanged: 0, leaving: 0 };
const roster = {
  customers: [{ key: 'umbra', name: 'Umbra', tier: 'professional', customer_type: 'business' }],
  users: [{ customer: 'umbra', email: 'uma@umbra.example', name: 'Uma', contract_role: 'member', roles: [] }],
  staff: [],
  complete: [],
};
const searchId = 'search_01kb3x1k9re4t6w2p8s5v7c3nf';

const importReport = {
  customers: { ...counts, new: 1 },
  users: { ...counts, new: 1 },
  staff: counts,
  changes: [
    { list: 'customers', row: 0, name: 'umbra', customer: null, change: 'new', fields: [] },
    { list: 'users', row: 0, name: 'uma@umbra.example', customer: 'umbra', change: 'new', fields: [] },
  ],
  more_changes: 0,
  duplicates: [],
  effects: [{ kind: 'gain', resource: 'northwind-app', entitlement: 'use', people: 1, organizations: 1 }],
  fences: [],
  problems: [],
};

const fenceItem = {
  id: 'item_01kb3x5r8te6q3d9m1v4z7k2bs',
  state: 'waiting',
  process_id: 'proc_01kb3x5q2ge7w4h9n3r6v8c1md',
  process_kind: 'role-change',
  person: anna,
  organization: acme,
  difference: { gain: [], lose: ['northwind-app:export'] },
  suspended: false,
  decided_by: null,
  decided_at: null,
  comment: null,
};

const fence = {
  id: 'fence_01kb3x5r7ne2v9c4k6p8t1w3yz',
  kind: 'people',
  state: 'open',
  source: null,
  organization: acme,
  cause: 'roster',
  author: omar,
  limit: 5,
  opened_at: askedAt,
  closed_at: null,
  waiting: 1,
  released: 0,
  discarded: 0,
  difference: ['1 person loses export on northwind-app'],
};

const reviewLine = {
  id: 'review_01kb3x7p2qe8n4t6w9z1c5g3hk',
  person: sam,
  organization: northwind,
  role: 'support-engineer',
  reviewer: omar,
  reason: 'Still on the support desk',
  at: askedAt,
  process_id: processId,
};

export const examples = {
  review: { lines: [{ person: sam.email, role: 'support-engineer', reason: 'Still on the support desk' }] },
  reviewLine,
  dueReview: {
    person: sam,
    organization: northwind,
    role: 'support-engineer',
    given_at: '2025-12-10T09:00:00.000Z',
    reviewed_at: null,
    until: '2026-12-10T09:00:00.000Z',
    is_lapsed: false,
  },
  previewImport: roster,
  applyImport: { ...roster, reason: 'Umbra moves over from the old tool' },
  importReport: { ...importReport, search: searchId },
  accountSearch: {
    id: searchId,
    state: 'ready',
    report: {
      resources: [
        {
          resource: 'northwind-app',
          people: 1,
          adopted: 1,
          surplus: 1,
          left_alone: 0,
          missing: 0,
          not_looked: null,
        },
      ],
      accounts: [
        {
          resource: 'northwind-app',
          email: 'uma@umbra.example',
          account: 'u-4711',
          hindrance: null,
          holds: ['sign-in (umbra)', 'reports (umbra)'],
          surplus: ['reports (umbra)'],
        },
      ],
      more_accounts: 0,
    },
  },
  appliedImport: { ...importReport, id: 'imp_01kb3x1k9re4t6w2p8s5v7c3nd', processes: [processId] },
  fence,
  fenceItem,
  decidedFence: {
    ...fence,
    state: 'closed' as const,
    closed_at: fence.opened_at,
    waiting: 0,
    discarded: 1,
    difference: [],
    returns_to: 3,
    stays: null,
  },
  fenceWithItems: { ...fence, items: [fenceItem], next_cursor: null },
  releaseFence: { comment: 'Agreed with Acme' },
  discardFence: { comment: 'The roster was cut off half-way' },
  customer,
  customerWithSeats: { ...customer, seats: { limit: 10, used: 1, left: 9, source: 'contract', until: null } },
  user,
  process,
  userProcess: { user, process },
  addUser: {
    email: 'uma@umbra.example',
    name: 'Uma',
    contract_role: 'member',
    roles: ['analyst'],
    reason: 'Joins the finance team',
  },
  changeUser: { roles: ['analyst'], reason: 'Reports are hers now' },
  changeStaff: { roles: ['support-engineer', 'on-call'], reason: 'On call from December on' },
  withReason: { reason: 'Has left the company' },
  ask: {
    resource: 'postgres-eu',
    entitlement: 'read',
    customer: 'acme',
    period: 'PT2H',
    justification,
    ticket,
  },
  preview: {
    outcome: 'needs_approval',
    needs: [
      { kind: 'ticket', text: 'A ticket that says what the customer asked for', people: [] },
      { kind: 'approval', text: 'A support lead approves', people: [priya] },
      { kind: 'approval', text: 'One of the customer’s administrators approves', people: [anna] },
    ],
    missing: [],
    longest: 'PT8H',
    policy_version: policyVersion,
    policies,
    reported: false,
  },
  accessRequest: {
    id: requestId,
    reference: 'AR-2207',
    kind: 'access',
    extends_request_id: null,
    replaces_request_id: null,
    state: 'granted',
    person: sam,
    requested_by: sam,
    organization: acme,
    holder_organization: northwind,
    resource,
    entitlement,
    period: 'PT2H',
    starts_at: null,
    justification,
    ticket,
    asked_at: askedAt,
    lapses_at: '2026-11-22T16:02:00.000Z',
    longest: 'PT8H',
    policy_version: policyVersion,
    policies,
    reported: false,
    needs_mfa: false,
    max_age: null,
    digest,
    last_error: null,
    stages: [
      {
        id: stageId,
        name: 'Support lead',
        state: 'approved',
        needed: 1,
        organization: northwind,
        lapses_at: '2026-11-22T16:02:00.000Z',
        people: [priya],
        decisions: [decisionInStage],
      },
    ],
    grant,
  },
  extension: { period: 'PT1H', justification: 'The cause is found, the fix is being checked' },
  grant,
  decide: { decision: 'approve', comment: 'Known incident' },
  decision: {
    ...decisionInStage,
    request_id: requestId,
    stage_id: stageId,
    policy_version: policyVersion,
    request_digest: digest,
    signed_by: 'pk_01kb3x5h9vf2m6q0t4w8z1c5gj',
  },
  revoke: { reason: 'The ticket was closed' },
  ending: {
    id: 'rev_01kb3w9c4he2f7j1n5q8v0x3zt',
    kind: 'revocation',
    request_id: requestId,
    grant_id: grantId,
    person: priya,
    reason: 'The ticket was closed',
    recorded_at: '2026-11-22T15:10:00.000Z',
  },
  credential: {
    grant_id: grantId,
    kind: 'postgres',
    username: 'tnr_01kb3w3j5fe8satgh0r4n7y2pc',
    password: 'shown-here-once',
    host: 'eu.db.northwind.example',
    port: 5432,
    database: 'shared_eu',
    url: 'postgresql://tnr_01kb3w3j5fe8satgh0r4n7y2pc:shown-here-once@eu.db.northwind.example:5432/shared_eu',
    valid_until: until,
    shown_at: '2026-11-22T14:06:20.000Z',
  },
  accessReport: {
    organization: acme,
    from: '2026-11-01T00:00:00.000Z',
    to: '2026-12-01T00:00:00.000Z',
    generated_at: '2026-11-22T17:00:00.000Z',
    items: [
      {
        grant_id: grantId,
        request_id: requestId,
        ...byRequest,
        reference: 'AR-2207',
        person: sam,
        resource,
        entitlement,
        justification,
        ticket,
        asked_at: askedAt,
        from,
        until,
        ended_at: '2026-11-22T16:06:01.000Z',
        ended_by: 'time',
        ended_by_person: null,
        end_reason: null,
        approved_by: [
          {
            person: priya,
            organization: northwind,
            stage: 'Support lead',
            decided_at: decidedAt,
            comment: 'Known incident',
          },
        ],
        policy_version: policyVersion,
        reported: false,
      },
    ],
    next_cursor: null,
  },
  task: {
    id: 'task_01kb3wq8t3e5x7c1f4k6m9p2rd',
    kind: 'overdue',
    state: 'open',
    grant_id: grantId,
    request_id: requestId,
    process_id: null,
    person: sam,
    people: null,
    organization: acme,
    resource,
    owner: omar,
    cause: 'target-unreachable',
    opened_at: '2026-11-22T16:06:10.000Z',
    closed_at: null,
    closed_by: null,
    comment: null,
  },
  processPerson: {
    person: sam,
    state: 'failed',
    last_error: 'target-refused',
    tried_at: '2026-11-22T16:06:10.000Z',
  },
  closeTask: { comment: 'Removed the account by hand and looked again.' },
  auditEvent: {
    id: 'aud_01kb3w0a7de4z6d9h2k5m8p1sv',
    type: 'access_request.asked',
    occurred_at: askedAt,
    actor: { kind: 'person', id: sam.id, name: sam.name },
    subject: { kind: 'access_request', id: requestId },
    organization_id: acme.id,
    holder_organization_id: northwind.id,
    request_id: requestId,
    grant_id: null,
    reason: justification,
    policy_version: policyVersion,
    commitment: 'sha256:0c5f3a1b7d2e4f60819a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f70',
    forgotten: false,
  },
  catalogDocument,
  catalog: { ...catalogRevision, catalog: catalogDocument },
  catalogRevision,
  effectiveEntitlements: {
    subject: { kind: 'person', id: anna.id },
    at: askedAt,
    revision: 3,
    roles: ['customer-administrator'],
    items: [
      {
        resource: 'northwind-app',
        entitlement: 'use',
        held: true,
        reason: null,
        derivations: [
          {
            roles: ['customer-administrator', 'member'],
            sentence:
              'use on northwind-app: role customer-administrator includes role member, which gives it',
          },
        ],
      },
    ],
  },
  features: {
    customer: acme,
    tier: { key: 'enterprise', name: 'Enterprise' },
    features: { api: true, sso: true },
    overrides: [],
    at: askedAt,
    revision: 3,
  },
  appearance: {
    brand_color: '#6b2246',
    shown: {
      light: { brand: '#6b2246', on_brand: '#f3f5f1', hover: '#5b1d3c' },
      dark: { brand: '#9b6780', on_brand: '#0f1412', hover: '#aa7e93' },
    },
    shown_name: null,
  },
  signInProviderDraft: {
    name: 'Acme’s sign-in',
    issuer: 'https://sign-in.acme.example',
    client_id: 'tenure',
    client_secret: 'as the provider gave it',
    group_roles: [{ group: 'tenure-administrators', role: 'administrator' }],
    new_people: 'add',
    default_role: 'member',
  },
  signInProvider: {
    id: 'idp_01kb3x4r7tf8q1a4s7d0f3g6hj',
    organization: acme,
    name: 'Acme’s sign-in',
    issuer: 'https://sign-in.acme.example',
    client_id: 'tenure',
    has_client_secret: true,
    claims: { email: 'email', email_verified: 'email_verified', name: 'name', groups: 'groups' },
    group_roles: [{ group: 'tenure-administrators', role: 'administrator' }],
    new_people: 'add',
    default_role: 'member',
    state: 'live',
    created_at: askedAt,
    changed_at: decidedAt,
    changed_by: anna,
    tried_at: decidedAt,
    live_at: decidedAt,
    retired_at: null,
  },
  signInTrial: { url: 'https://sign-in.acme.example/authorize?client_id=tenure&scope=openid+email+profile' },
  signInDomain: {
    id: 'dom_01kb3x4r7tfb3k6n9q2t5w8zac',
    organization: acme,
    domain: 'acme.example',
    token: 'vJ0uVxQ3pZb1m8sTqk5nYwR7cLd2fHgE4aUi6oXyM9A',
    txt_record: 'tenure-verification=vJ0uVxQ3pZb1m8sTqk5nYwR7cLd2fHgE4aUi6oXyM9A',
    asked_by: anna,
    asked_at: askedAt,
    proof: null,
    proven_at: null,
    accepted_by: [],
  },
  session: {
    id: 'ses_01kb3x4r7tf9w2e5y8u1i4o7pa',
    person: sam,
    organization: northwind,
    method: 'oidc',
    provider: { id: 'idp_01kb3x4r7tf8q1a4s7d0f3g6hj', name: 'Northwind Cloud’s sign-in' },
    amr: ['pwd', 'otp', 'mfa'],
    acr: null,
    auth_time: askedAt,
    created_at: askedAt,
    seen_at: decidedAt,
    ends_at: '2026-11-22T15:05:10.000Z',
    browser: 'Firefox on Linux',
    is_current: true,
    ended_at: null,
    ended_by: null,
  },
  me: {
    ...sam,
    organization: { ...northwind, kind: 'vendor' },
    roles: [{ id: 'role_01kb3v5c2hf0a3s6d9g2j5m8qx', key: 'support-engineer', name: 'Support engineer' }],
    duties: [],
    amr: ['pwd', 'otp', 'mfa'],
    expires_at: '2026-11-22T14:17:00.000Z',
  },
};
