import { connectorKinds, targetProblems } from '../activities/connectors/settings.ts';
import { deriveKeys } from '../crypto/keys.ts';
import { seal } from '../crypto/sealing.ts';
import { openLedger } from '../db/client.ts';
import { setTarget as writeTarget } from '../db/queries/target.ts';
import { UsageError } from './cli/errors.ts';
import type { TargetWish } from './cli/session.ts';
import { type OwnInstallation, ownInstallation } from './own-installation.ts';

/**
 * Says where a target is and what its connector signs in with, on the installation that the environment names, or on the local one.
 * Whoever may read its key and sign in to its ledger as the owner may do so; nobody can over HTTP, because what is told to a target is
 * told where this says.
 * @returns whether it was known before
 * @throws UsageError for what was given, and for an environment that lacks something
 */
export async function setTarget(wish: TargetWish, isProduction: boolean): Promise<boolean> {
  return setTargetOn(ownInstallation(isProduction), wish);
}

/** The same on an installation that is given. */
export async function setTargetOn(
  { ownerUrl, masterKey }: Pick<OwnInstallation, 'ownerUrl' | 'masterKey'>,
  { key, connector, endpoint, secret }: TargetWish,
): Promise<boolean> {
  refuseMalformed({ key, connector, endpoint, secret });
  const sealedSecret = seal(deriveKeys(masterKey).sealing, secret, `target:${key}`);
  const ledger = openLedger({ url: ownerUrl, max: 1, applicationName: 'tenure-target' });
  try {
    // What was checked is an object; which members it has is the connector's to know.
    const said = Object.fromEntries(Object.entries(Object(endpoint)));
    const written = await writeTarget(ledger.db, { key, connector, endpoint: said, sealedSecret });
    if (written === 'other-connector')
      throw new UsageError(
        `${key} has another connector. Give a new target another key, and move its resources.`,
      );
    if (written === 'no-vendor')
      throw new UsageError(
        'There is no company yet: begin with  tenure first <email> --organization <name>.',
      );
    return written === 'changed';
  } finally {
    await ledger.close();
  }
}

function refuseMalformed({ key, connector, endpoint, secret }: TargetWish): void {
  if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(key) || key.length > 60)
    throw new UsageError('A key has small letters, digits and hyphens, e.g. eu.');
  if (!connectorKinds.includes(connector))
    throw new UsageError(`There is no connector ${connector}; there are ${connectorKinds.join(', ')}.`);
  const problems = targetProblems(connector, endpoint);
  const words = problems.map(({ path, detail }) => `  ${path.join('.') || 'endpoint'}: ${detail}`);
  if (words.length > 0) throw new UsageError(`The endpoint is not one of ${connector}:\n${words.join('\n')}`);
  if (connector === 'webhook' && !/^whsec_[A-Za-z0-9+/]{32,86}={0,2}$/.test(secret))
    throw new UsageError('A secret is `whsec_` and 24 to 64 bytes in base64.');
}
