const usual = {
  classifications: ['public' as const, 'internal' as const, 'confidential' as const, 'restricted' as const],
  within: 'PT2H',
  emergency: 'report' as const,
};
const stricter = {
  classifications: ['restricted' as const],
  within: 'PT30M',
  emergency: 'refuse' as const,
};

export const consentWishExample = { rules: [stricter], reason: 'Our auditors want it' };

export const consentConfirmationExample = { base_revision: 7, reason: 'I spoke with Anna' };

export const consentExample = {
  customer: { id: 'org_01kb3v5c2hexa4y6p0k8s2w9tb', key: 'acme', name: 'Acme' },
  in_force: [
    { classification: 'public' as const, within: 'PT2H', emergency: 'report' as const },
    { classification: 'internal' as const, within: 'PT2H', emergency: 'report' as const },
    { classification: 'confidential' as const, within: 'PT2H', emergency: 'report' as const },
    { classification: 'restricted' as const, within: 'PT30M', emergency: 'refuse' as const },
  ],
  agreed: [usual],
  override: null,
  own: [stricter],
  changed_by: { id: 'person_01kb3v5c2hf8mmx5w1d7n3c6ya', email: 'anna@acme.example', name: 'Anna' },
  changed_at: '2026-11-22T13:40:00.000Z',
};
