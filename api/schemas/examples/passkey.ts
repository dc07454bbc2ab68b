const sam = { id: 'person_01kb3v5c2hf8jrxw7s9d0m4p6q', email: 'sam@northwind.example', name: 'Sam' };
const credentialId = 'sL3bVxPqk1d0t7Yc9Zf2Ew';
const challenge = 'pV0h5m2rW8c1q4t7y0b3e6h9k2n5r8u1x4A7d0g3j6M';
const clientDataJSON = 'eyJ0eXBlIjoid2ViYXV0aG4uZ2V0In0';
const authTime = '2026-11-22T14:04:58.000Z';
const id = 'chal_01kb3x6m2pf4r7t0w3y6b9e2hk';
const amr = ['hwk', 'user', 'mfa'];

/** Sam’s passkey, as it is made and used. */
export const passkeyExamples = {
  passkey: {
    id: 'pk_01kb3x5h9vf2m6q0t4w8z1c5gj',
    person: sam,
    name: 'The key on my ring',
    made_by: 'self',
    backed_up: false,
    made_at: '2026-11-22T13:10:00.000Z',
    last_used_at: authTime,
    revoked_at: null,
    revoked_by: null,
  },
  creation: {
    rp: { id: 'tenure.example.com', name: 'Tenure' },
    user: { id: 'cGVyc29uXzAxa2I', name: 'sam@northwind.example', displayName: 'Sam' },
    challenge,
    pubKeyCredParams: [{ alg: -7, type: 'public-key' }],
    timeout: 300_000,
  },
  making: {
    name: 'The key on my ring',
    credential: {
      id: credentialId,
      rawId: credentialId,
      type: 'public-key',
      response: { clientDataJSON, attestationObject: 'o2NmbXRkbm9uZWdhdHRTdG10oA', transports: ['usb'] },
      clientExtensionResults: {},
    },
  },
  signing: { for: { kind: 'decision', request: 'AR-2207', decision: 'approve' } },
  request: {
    challenge,
    timeout: 300_000,
    rpId: 'tenure.example.com',
    userVerification: 'required',
    allowCredentials: [{ id: credentialId, type: 'public-key', transports: ['usb'] }],
  },
  stepUp: {
    id,
    signs: { kind: 'decision', words: 'approve for Sam: read data on Acme’s environment, 2 h, NW-4821' },
  },
  answer: {
    credential: {
      id: credentialId,
      rawId: credentialId,
      type: 'public-key',
      response: { clientDataJSON, authenticatorData: 'SZYN5YgOjGh0NBcPZHZgW4', signature: 'MEUCIQD' },
      clientExtensionResults: {},
    },
  },
  steppedUp: { id, amr, auth_time: authTime },
  onward: { return: '/approvals' },
} as const;
