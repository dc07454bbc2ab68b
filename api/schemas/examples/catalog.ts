const omar = { id: 'person_01kb3v5c2hf8n4s7b0x2g5j8td', email: 'omar@northwind.example', name: 'Omar' };
const anna = { id: 'person_01kb3v5c2hf8mmx5w1d7n3c6ya', email: 'anna@acme.example', name: 'Anna' };
const acme = { id: 'org_01kb3v5c2hexa4y6p0k8s2w9tb', key: 'acme', name: 'Acme' };

const tierChange = {
  kind: 'changed' as const,
  noun: 'tier' as const,
  key: 'professional',
  sentence: 'tier professional changed: allowed_roles + integrator',
  fields: [{ field: 'allowed_roles', before: '["analyst"]', after: '["analyst","integrator"]' }],
};
const effect = {
  kind: 'gain' as const,
  resource: 'northwind-app',
  entitlement: 'automate',
  people: 12,
  organizations: 1,
  sentence: '12 people gain automate on northwind-app',
};

/** An edit of the catalog: what it would do, what it has done, and what its revision says. */
export const catalogExamples = {
  plan: {
    base_revision: 3,
    changes: [tierChange],
    effects: [{ ...effect, examples: [{ ...anna, organization: acme }] }],
    people: { touched: 12, kept: 40 },
    role_changes: [{ organization: acme, people: 12, waiting: 7 }],
    problems: [],
  },
  applied: {
    revision: 4,
    changes: [tierChange],
    effects: [effect],
    processes: [{ id: 'proc_01kb3x1m4pe9v7c2k5n8r1t4wz', organization: acme, people: 12 }],
  },
  revisionStory: {
    revision: 4,
    author: omar,
    reason: 'The programming interface comes with the professional tier',
    created_at: '2026-11-22T14:02:00.000Z',
    since: 3,
    changes: [tierChange],
  },
};
