import { deriveKeys } from '../crypto/keys.ts';
import { unseal } from '../crypto/sealing.ts';
import { openLedger } from '../db/client.ts';
import { readSigningSource, sourceContext } from '../db/queries/event-source.ts';
import { TenureError } from '../domain/errors.ts';
import { localInstallation } from './local-token.ts';

/** A source's signing secret as the local installation has it. */
export interface LocalSecret {
  secret: string;
  id: string;
  /** ISO 8601 UTC; null: until it is replaced. */
  expiresAt: string | null;
  /** The API that takes what is signed with it. */
  baseUrl: string;
}

/**
 * Reads the newest signing secret of an event source, for trying things out: whoever may read the installation's key may sign
 * as any of its sources. @throws TenureError `unknown-reference`; `forbidden` in production
 */
export async function readLocalSecret(source: string): Promise<LocalSecret> {
  const { ownerUrl, masterKey, baseUrl } = localInstallation();
  const ledger = openLedger({ url: ownerUrl, max: 1, applicationName: 'tenure-secret' });
  try {
    const found = await readSigningSource(ledger.db, source);
    const newest = found?.secrets.at(-1);
    if (!newest) throw new TenureError('unknown-reference', `No event source ${source} has a secret here.`);
    const secret = unseal(deriveKeys(masterKey).sealing, newest.sealed, sourceContext(source, 'secret'));
    return { secret, id: newest.id, expiresAt: newest.expiresAt, baseUrl };
  } finally {
    await ledger.close();
  }
}
