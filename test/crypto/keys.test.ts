import { createHmac, randomBytes, scryptSync } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { deriveKeys, signingKey } from '../../crypto/keys.ts';
import { newPassword } from '../../crypto/password.ts';

const zeros = Buffer.alloc(32).toString('base64url');
const fresh = () => randomBytes(32).toString('base64url');

describe('derived keys', () => {
  it('follow RFC 5869, computed here by hand from HMAC, and RFC 7914 where the owner’s password is in it', () => {
    const prk = createHmac('sha256', 'tenure').update(Buffer.alloc(32)).digest();
    const expand = (info: string) =>
      createHmac('sha256', prk).update(`tenure/v1/${info}`).update(Buffer.of(1)).digest();
    const keys = deriveKeys(zeros);
    expect(keys.databasePassword('app', 'owner')).toBe(
      scryptSync('owner', expand('database-password/app'), 32).toString('base64url'),
    );
    expect(keys.namedSecret('stripe')).toBe(expand('secret/stripe').toString('base64url'));
    expect(keys.sealing.current.key.export()).toEqual(expand('sealing'));
    expect(keys.signing.id).toBe(signingKey(expand('token-signing')).id);
  });

  it('are the same on every start and on every machine: what was sealed once must open for ever', () => {
    const keys = deriveKeys(zeros);
    expect([keys.keyId, keys.signing.id, keys.databasePassword('app', 'owner')]).toMatchInlineSnapshot(`
      [
        "9e81424c",
        "mu9mRn01HnCSLwKb6Q_aA_vrY1HWwnN8TprTzPefuhQ",
        "zPCbo-j6mFnvvDym1CfXgBQt3S2IB0l75dLyb6GrIo0",
      ]
    `);
    expect(deriveKeys(zeros).namedSecret('x')).toBe(keys.namedSecret('x'));
  });

  it('differ for each purpose, each name, each master and each owner’s password', () => {
    const keys = deriveKeys(zeros);
    const other = deriveKeys(fresh());
    const all = [keys, other].flatMap((each) => [
      each.databasePassword('app', 'owner'),
      each.databasePassword('app', 'another owner'),
      each.databasePassword('system', 'owner'),
      each.namedSecret('app'),
      each.namedSecret('system'),
      each.sealing.current.key.export().toString('base64url'),
      each.keyId,
      each.signing.id,
    ]);
    expect(new Set(all).size).toBe(all.length);
  });

  it('show no secret when they are printed', () => {
    const keys = deriveKeys(zeros);
    const printed = inspect(keys, { depth: 10, showHidden: true }) + JSON.stringify(keys);
    expect(printed).not.toContain(keys.sealing.current.key.export().toString('hex').slice(0, 16));
    expect(printed).not.toContain(keys.sealing.current.key.export().toString('base64url').slice(0, 16));
    expect(printed).not.toContain(keys.databasePassword('app', 'owner').slice(0, 16));
  });

  it.each([
    '',
    'short',
    randomBytes(31).toString('base64url'),
    `${fresh()}=`,
    `${zeros.slice(0, -1)}B`,
    'ä'.repeat(50),
  ])('refuse the master key %j without repeating it', (bad) => {
    expect(() => deriveKeys(bad)).toThrow(/TENURE_KEY/);
    if (bad) expect(() => deriveKeys(bad)).not.toThrow(bad);
    expect(() => deriveKeys(zeros, [bad])).toThrow(RangeError);
  });

  it('make the Ed25519 key of RFC 8032, test 1', () => {
    const seed = Buffer.from('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'hex');
    const { x } = signingKey(seed).publicKey.export({ format: 'jwk' });
    expect(Buffer.from(x ?? '', 'base64url').toString('hex')).toBe(
      'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    );
  });
});

describe('passwords', () => {
  it('are 24 characters that need no escaping and cannot be mistaken for each other, never the same twice', () => {
    const made = Array.from({ length: 2_000 }, newPassword);
    for (const password of made) expect(password).toMatch(/^[a-km-np-zA-HJ-NP-Z2-9]{24}$/);
    expect(new Set(made).size).toBe(made.length);
    expect(new Set(made.join('')).size).toBe(56);
  });
});
