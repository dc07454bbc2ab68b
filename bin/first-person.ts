import { connectionProblems } from '../activities/connectors/settings.ts';
import { linkTokenHash, newLinkToken } from '../crypto/link-token.ts';
import { deriveKeys } from '../crypto/keys.ts';
import { seal } from '../crypto/sealing.ts';
import { openLedger } from '../db/client.ts';
import { type FirstRefusal, makeFirstPerson } from '../db/queries/first-person.ts';
import { welcomeContext } from '../db/queries/welcome.ts';
import { TenureError } from '../domain/errors.ts';
import { newId } from '../domain/ids.ts';
import { isMailAddress } from '../domain/mail-address.ts';
import { keyBase } from '../domain/slug.ts';
import { UsageError } from './cli/errors.ts';
import type { FirstWish } from './cli/session.ts';
import { type OwnInstallation, ownInstallation } from './own-installation.ts';

/** An hour to open the link in, in milliseconds: whoever made it is at the machine. */
const linkForMs = 60 * 60_000;

/**
 * Makes one of the vendor's first two administrators on the installation that the environment names, or on the local one. Whoever
 * may read its key and sign in to its ledger as the owner may do so, as long as fewer than two people could sign in; once two could,
 * only by saying why.
 * @returns the link that lets them in, once, and when it ends (ISO 8601 UTC)
 * @throws TenureError in words; UsageError for what was typed, and for an environment that lacks something
 */
export async function makeFirst(
  wish: FirstWish,
  isProduction: boolean,
): Promise<{ link: string; expiresAt: string }> {
  return makeFirstOn(ownInstallation(isProduction), wish);
}

/** The same on an installation that is given. */
export async function makeFirstOn(
  { ownerUrl, masterKey, publicUrl }: OwnInstallation,
  { email, name, organization, region, recovery }: FirstWish,
): Promise<{ link: string; expiresAt: string }> {
  if (!isMailAddress(email)) throw new UsageError('Write an e-mail address.');
  const ledger = openLedger({ url: ownerUrl, max: 1, applicationName: 'tenure-first' });
  try {
    const id = newId('welcome');
    const token = newLinkToken();
    const sealedToken = seal(deriveKeys(masterKey).sealing, token, welcomeContext(id));
    const first = {
      email,
      name,
      organization: organization === null ? null : { key: keyBase(organization), name: organization, region },
      recovery,
      welcome: { id, tokenHash: linkTokenHash(token) ?? '', sealedToken, forMs: linkForMs },
    };
    const made = await makeFirstPerson(ledger.db, first, connectionProblems);
    if (typeof made === 'string') throw refusalOf(made);
    const expiresAt = new Date(Date.now() + linkForMs).toISOString();
    return { link: new URL(`/welcome/${token}`, publicUrl).href, expiresAt };
  } finally {
    await ledger.close();
  }
}

const refusals: Record<
  FirstRefusal,
  readonly ['forbidden' | 'already-a-user' | 'unknown-reference', string]
> = {
  'there-are-two': [
    'forbidden',
    'Two administrators can sign in, or have a link to do so. They add everybody else.',
  ],
  'set-up': [
    'forbidden',
    'This installation had its first people. To let an administrator in all the same, say why: --recover <reason>. All who manage access are written to.',
  ],
  'has-provider': [
    'forbidden',
    'People sign in through an identity provider already. An administrator adds others.',
  ],
  'no-vendor': [
    'unknown-reference',
    'There is no company yet. Say what yours is called: --organization <name>.',
  ],
  elsewhere: ['already-a-user', 'This address is a customer’s. Use another one.'],
  left: ['forbidden', 'They have left, or are suspended. Name somebody else.'],
  'no-role': ['unknown-reference', 'No role of the catalog manages access, so nobody could.'],
};

function refusalOf(refusal: FirstRefusal): TenureError {
  const [code, detail] = refusals[refusal];
  return new TenureError(code, detail);
}
