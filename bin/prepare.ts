import { deriveKeys } from '../crypto/keys.ts';
import { openLedger } from '../db/client.ts';
import { keepPolicyVersion } from '../db/queries/policy-version.ts';
import { migrateLedger } from '../db/migrate.ts';
import { claimInstallation } from '../db/installation.ts';
import { provideRoles } from '../db/roles.ts';
import { readDefaultPolicies } from './policies.ts';

export interface PreparedLedger {
  /** For the API: row-level security binds it. */
  appUrl: string;
  /** For the worker and the reaper. */
  systemUrl: string;
  installation: string;
}

/**
 * Makes a ledger ready for this version: migrates it, gives it its installation id, and provides the two roles that our
 * processes sign in with. Safe at every start. `ownerUrl` is `DATABASE_URL`: a role that may create tables and roles.
 */
export async function prepareLedger(options: { ownerUrl: string; key: string }): Promise<PreparedLedger> {
  const { ownerUrl } = options;
  const keys = deriveKeys(options.key);
  await migrateLedger(ownerUrl);
  const { id, applicationRole, systemRole } = await claimInstallation(ownerUrl);
  const ownerPassword = decodeURIComponent(new URL(ownerUrl).password);
  const login = (name: string) => ({ name, password: keys.databasePassword(name, ownerPassword) });
  const application = login(applicationRole);
  const system = login(systemRole);
  await provideRoles(ownerUrl, { application, system });
  const systemUrl = urlFor(ownerUrl, system);
  await keepPolicies(systemUrl);
  return { appUrl: urlFor(ownerUrl, application), systemUrl, installation: id };
}

async function keepPolicies(systemUrl: string): Promise<void> {
  const ledger = openLedger({ url: systemUrl, max: 1, applicationName: 'tenure-prepare' });
  try {
    await keepPolicyVersion(ledger.db, readDefaultPolicies());
  } finally {
    await ledger.close();
  }
}

function urlFor(ownerUrl: string, role: { name: string; password: string }): string {
  const url = new URL(ownerUrl);
  url.username = role.name;
  url.password = role.password;
  return url.href;
}
