import { createHash, createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { scramVerifier } from '../../crypto/scram.ts';

/** The exchange printed in RFC 7677, section 3: user "user", password "pencil". */
const salt = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64');
const authMessage = [
  'n=user,r=rOprNGfwEbeRWgbNEkqO',
  'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
  'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0',
].join(',');
const clientProof = Buffer.from('dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=', 'base64');
const serverSignature = '6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=';

function parts(verifier: string): { storedKey: Buffer; serverKey: Buffer } {
  const [, , keys = ''] = verifier.split('$');
  const [stored = '', server = ''] = keys.split(':');
  return { storedKey: Buffer.from(stored, 'base64'), serverKey: Buffer.from(server, 'base64') };
}

describe('the SCRAM-SHA-256 verifier', () => {
  it('accepts the client proof and makes the server signature printed in RFC 7677', async () => {
    const { storedKey, serverKey } = parts(await scramVerifier('pencil', salt));
    const clientSignature = createHmac('sha256', storedKey).update(authMessage).digest();
    const clientKey = clientProof.map((byte, i) => byte ^ (clientSignature[i] ?? 0));
    expect(createHash('sha256').update(clientKey).digest('base64')).toBe(storedKey.toString('base64'));
    expect(createHmac('sha256', serverKey).update(authMessage).digest('base64')).toBe(serverSignature);
  });

  it('has the form PostgreSQL stores', async () => {
    const verifier = await scramVerifier('pencil', salt);
    expect(verifier).toMatch(
      /^SCRAM-SHA-256\$4096:W22ZaJ0SNY7soEsUEjb6gQ==\$[A-Za-z0-9+/]{43}=:[A-Za-z0-9+/]{43}=$/,
    );
  });

  it('differs each time, so that equal passwords cannot be told from their verifiers', async () => {
    expect(await scramVerifier('pencil')).not.toBe(await scramVerifier('pencil'));
  });

  it.each(['', 'pässword', 'two\nlines', 'null\0byte'])(
    'refuses %j, which SASLprep could change',
    async (bad) => {
      await expect(scramVerifier(bad)).rejects.toThrow(RangeError);
    },
  );
});
