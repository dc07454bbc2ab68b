import { createHmac, randomBytes } from 'node:crypto';
import { exportSPKI, jwtVerify, SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { mintAccessToken, verifyAccessToken } from '../../crypto/access-token.ts';
import { deriveKeys } from '../../crypto/keys.ts';
import { newId } from '../../domain/ids.ts';

const newKey = () => deriveKeys(randomBytes(32).toString('base64url')).signing;
const key = newKey();
const personId = newId('person');
const issuer = 'http://localhost:3000';
const audience = 'http://localhost:3000/v1';
const expected = { issuer, audience };
const nowSeconds = () => Math.floor(Date.now() / 1_000);

function mint(changes: Partial<Parameters<typeof mintAccessToken>[1]> = {}): Promise<string> {
  return mintAccessToken(key, {
    personId,
    issuer,
    audience,
    amr: ['pwd', 'otp', 'mfa'],
    authTime: nowSeconds(),
    ttlSeconds: 900,
    installation: { id: 'inst-1', local: true },
    ...changes,
  });
}

/** A token that is right in everything but what a test changes. */
function forge(claims: Record<string, unknown> = {}, header: Record<string, unknown> = {}, signer = key) {
  const now = nowSeconds();
  const good = {
    sub: personId,
    iss: issuer,
    aud: audience,
    iat: now,
    exp: now + 900,
    jti: 'j',
    client_id: 'c',
  };
  return new SignJWT({ ...good, amr: ['pwd'], auth_time: now, ...claims })
    .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', ...header })
    .sign(signer.privateKey);
}

describe('an access token', () => {
  it('says who signed in, how and until when, in the claims of RFC 9068', async () => {
    const token = await mint();
    const claims = await verifyAccessToken(key.publicKey, token, expected);
    expect(claims).toMatchObject({ personId, amr: ['pwd', 'otp', 'mfa'], trial: true });
    expect((claims?.expiresAt ?? 0) - (claims?.issuedAt ?? 0)).toBe(900);
    const { payload, protectedHeader } = await jwtVerify(token, key.publicKey);
    expect(protectedHeader).toEqual({ alg: 'EdDSA', typ: 'at+jwt', kid: key.id });
    expect(Object.keys(payload).sort()).toEqual(
      ['amr', 'aud', 'auth_time', 'client_id', 'exp', 'iat', 'iss', 'jti', 'sub', 'trial'].sort(),
    );
  });

  it('is marked as a trial only on a local installation', async () => {
    const token = await mint({ installation: { id: 'inst-1', local: false } });
    expect((await verifyAccessToken(key.publicKey, token, expected))?.trial).toBe(false);
  });

  it('the forged tokens below are refused for their one fault: without it they are taken', async () => {
    expect(await verifyAccessToken(key.publicKey, await forge(), expected)).not.toBeNull();
  });

  it.each([
    ['another issuer', { iss: 'http://evil.example' }, {}],
    ['another audience', { aud: 'http://other.example' }, {}],
    ['no audience', { aud: undefined }, {}],
    ['past its end', { exp: nowSeconds() - 1 }, {}],
    ['no end', { exp: undefined }, {}],
    ['not yet valid', { nbf: nowSeconds() + 600 }, {}],
    ['no person', { sub: undefined }, {}],
    ['a subject that is no person', { sub: newId('org') }, {}],
    ['no sign-in time', { auth_time: undefined }, {}],
    ['a sign-in time that is text', { auth_time: '1' }, {}],
    ['amr that is no list', { amr: 'mfa' }, {}],
    ['amr with something else in it', { amr: ['mfa', 1] }, {}],
    ['no token id', { jti: undefined }, {}],
    ['an ID token', {}, { typ: 'JWT' }],
    ['no type', {}, { typ: undefined }],
    ['a security event', {}, { typ: 'secevent+jwt' }],
  ])('is refused: %s', async (_name, claims, header) => {
    expect(await verifyAccessToken(key.publicKey, await forge(claims, header), expected)).toBeNull();
  });

  it('is refused when another key signed it, whatever key its header offers', async () => {
    const other = newKey();
    const jwk = { ...other.publicKey.export({ format: 'jwk' }) };
    expect(await verifyAccessToken(key.publicKey, await forge({}, {}, other), expected)).toBeNull();
    expect(
      await verifyAccessToken(key.publicKey, await forge({}, { jwk, kid: key.id }, other), expected),
    ).toBeNull();
  });

  it('is refused unsigned, or signed with our public key as a shared secret', async () => {
    const [, payload] = (await mint()).split('.');
    const spki = await exportSPKI(key.publicKey);
    for (const alg of ['none', 'None', 'HS256']) {
      const head = Buffer.from(JSON.stringify({ alg, typ: 'at+jwt' })).toString('base64url');
      const mac = createHmac('sha256', spki).update(`${head}.${payload}`).digest('base64url');
      for (const signature of ['', mac]) {
        expect(
          await verifyAccessToken(key.publicKey, `${head}.${payload}.${signature}`, expected),
        ).toBeNull();
      }
    }
  });

  it('is refused when a character of it differs, or when it is no token at all', async () => {
    const token = await mint();
    for (let i = 0; i < token.length - 1; i += 7) {
      const altered = `${token.slice(0, i)}${token[i] === 'A' ? 'B' : 'A'}${token.slice(i + 1)}`;
      expect(await verifyAccessToken(key.publicKey, altered, expected)).toBeNull();
    }
    for (const text of ['', '.', '..', 'a.b.c', 'Bearer x', '\0']) {
      expect(await verifyAccessToken(key.publicKey, text, expected)).toBeNull();
    }
  });

  it('ends to the second', async () => {
    const token = await mint({ ttlSeconds: 60 });
    const { expiresAt } = (await verifyAccessToken(key.publicKey, token, expected)) ?? { expiresAt: 0 };
    const at = (seconds: number) => ({ ...expected, now: new Date(seconds * 1_000) });
    expect(await verifyAccessToken(key.publicKey, token, at(expiresAt - 1))).not.toBeNull();
    expect(await verifyAccessToken(key.publicKey, token, at(expiresAt))).toBeNull();
  });
});
