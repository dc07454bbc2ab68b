export const grantTokenExamples = {
  token: {
    grant_id: 'grant_01kb3v5c2hf8jrxw7s9d0m4p6q',
    token: 'eyJhbGciOiJSUzI1NiIsInR5cCI6ImdyYW50K2p3dCJ9.…',
    expires_at: '2026-11-23T10:07:00.000Z',
  },
  jwks: {
    keys: [
      {
        kty: 'RSA',
        n: 'vD1k…',
        e: 'AQAB',
        kid: 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs',
        alg: 'RS256',
        use: 'sig',
      },
    ],
  },
};
