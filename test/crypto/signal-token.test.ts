import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { expect, it } from 'vitest';
import { readSecurityEventToken } from '../../crypto/signal-token.ts';

const [issuer, audience] = ['https://idp.example', 'https://tenure.example'];

async function keyOf(members: object = {}) {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
  const sign = () =>
    new SignJWT({
      events: { 'https://schemas.openid.net/secevent/caep/event-type/session-revoked': {} },
      sub_id: { format: 'email', email: 'sam@northwind.example' },
    })
      .setProtectedHeader({ alg: 'ES256', typ: 'secevent+jwt', ...members })
      .setIssuer(issuer)
      .setAudience(audience)
      .setJti('one')
      .setIssuedAt()
      .sign(privateKey);
  return { jwk: { ...(await exportJWK(publicKey)), ...members }, sign };
}

it.each([
  ['none', {}],
  ['the same', { kid: 'same' }],
])('of keys that have %s for a name each is tried, and no other', async (_, members) => {
  const [one, other, stranger] = await Promise.all([keyOf(members), keyOf(members), keyOf(members)]);
  const source = { issuer, audience, jwks: { keys: [one.jwk, other.jwk] } };
  for (const key of [one, other])
    expect(await readSecurityEventToken(await key.sign(), source, Date.now())).toMatchObject({ jti: 'one' });
  const forged = readSecurityEventToken(await stranger.sign(), source, Date.now());
  await expect(forged).rejects.toMatchObject({ fault: 'invalid_key' });
});
