/** Somebody was let in: an event of the feed. */
export const feedExample = [
  {
    specversion: '1.0' as const,
    id: 'aud_01kb3x6m2pf4r7t0w3y6b9e2hk',
    source: 'https://tenure.northwind.example',
    type: 'tenure.grant.begun.v1' as const,
    subject: 'grant/grant_01kb3x6m2pf4r7t0w3y6b9e2hm',
    time: '2026-11-22T14:02:00.000Z',
    datacontenttype: 'application/json' as const,
    dataschema: 'https://tenure.northwind.example/v1/feed/schemas/event-v1',
    data: {
      actor: { kind: 'system' as const, id: 'tenure' },
      subject: { kind: 'grant', id: 'grant_01kb3x6m2pf4r7t0w3y6b9e2hm' },
      organization_id: 'org_01kb3v5c2hf8jrxw7s9d0m4p6q',
      holder_organization_id: 'org_01kb3v5c2hf8jrxw7s9d0m4p6r',
      request_id: 'req_01kb3x6m2pf4r7t0w3y6b9e2hn',
      grant_id: 'grant_01kb3x6m2pf4r7t0w3y6b9e2hm',
      policy_version: 'f3a9c1d2e4b5',
      commitment: '9f2c4e6a8b0d1f3e5a7c9b1d3f5e7a9c0b2d4f6e8a0c2e4f6a8b0d2e4f6a8c0e',
    },
  },
];
