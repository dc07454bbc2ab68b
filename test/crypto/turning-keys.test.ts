import { randomBytes } from 'node:crypto';
import { importJWK, jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { signGrantToken } from '../../crypto/grant-token.ts';
import { deriveKeys } from '../../crypto/keys.ts';
import { makeTurningKey, openTurningKey, turnAt, turnMs, turnsPublished } from '../../crypto/turning-keys.ts';

const master = () => randomBytes(32).toString('base64url');
const first = master();
const { sealing } = deriveKeys(first);

describe('a key that takes turns', () => {
  it('is published before, during and after the turn in which it signs', () => {
    const turn = turnAt(Date.parse('2026-11-23T00:00:00.000Z'));
    const begins = turn * turnMs;
    expect([turnAt(begins - 1), turnAt(begins), turnAt(begins + turnMs - 1)]).toEqual([turn - 1, turn, turn]);
    for (const ms of [begins - turnMs, begins, begins + turnMs]) expect(turnsPublished(ms)).toContain(turn);
    expect(turnsPublished(begins + 2 * turnMs)).not.toContain(turn);
  });

  it('opens under the installation’s key and a former one, for its own turn alone', async () => {
    const sealed = await makeTurningKey(sealing, 7);
    const { id, jwk } = await openTurningKey(sealing, 7, sealed);
    expect(jwk).toEqual({ kty: 'RSA', n: expect.any(String), e: 'AQAB', kid: id, alg: 'RS256', use: 'sig' });
    const rotated = deriveKeys(master(), [first]).sealing;
    expect((await openTurningKey(rotated, 7, sealed)).id).toBe(id);
    await expect(openTurningKey(sealing, 8, sealed)).rejects.toThrow('not-genuine');
    await expect(openTurningKey(deriveKeys(master()).sealing, 7, sealed)).rejects.toThrow('unknown-key');
  });

  it('signs what its published half verifies, and nothing lasts longer than it may', async () => {
    const key = await openTurningKey(sealing, 1, await makeTurningKey(sealing, 1));
    const nowMs = Date.now();
    const token = await signGrantToken(key, {
      issuer: 'https://tenure.example',
      audience: 'globex-env',
      personId: 'person_1',
      nowMs,
      expiresAtMs: nowMs + 10_999,
      grant: {
        id: 'grant_1',
        entitlement: 'read',
        resource: { id: 'res_1', key: 'globex-env' },
        organization: { id: 'org_1', key: 'globex' },
        until: new Date(nowMs + 10_999).toISOString(),
      },
    });
    const { payload } = await jwtVerify(token, await importJWK(key.jwk), { typ: 'grant+jwt' });
    expect((payload.exp ?? 0) * 1_000).toBeLessThanOrEqual(nowMs + 10_999);
    await expect(jwtVerify(token, await importJWK(key.jwk), { typ: 'at+jwt' })).rejects.toThrow();
  });
});
