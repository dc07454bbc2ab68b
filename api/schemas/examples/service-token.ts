const token = {
  id: 'svt_01kb3x6m2pf4r7t0w3y6b9e2hk',
  label: 'Northwind’s own application',
  state: 'good' as const,
  made_by: { id: 'person_01kb3v5c2hf8mmx5w1d7n3c6ya', email: 'omar@northwind.example', name: 'Omar' },
  created_at: '2026-11-23T09:00:00.000Z',
  expires_at: '2027-05-22T09:00:00.000Z',
  last_used_at: '2026-11-23T09:04:00.000Z',
  revoked_at: null,
  revoked_by: null,
};

export const serviceTokenExamples = {
  wish: { label: 'Northwind’s own application', for_days: 180 },
  token,
  made: {
    ...token,
    last_used_at: null,
    token: 'tenure_service_3q0cTYqHqkOYq8wfG1x1kT0m0nS7i2oQ7Vb9bqg0Z4s',
  },
  list: { items: [token] },
};
