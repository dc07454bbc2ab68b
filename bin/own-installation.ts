import { UsageError } from './cli/errors.ts';
import { ConfigError, readConfig } from './config.ts';
import { localInstallation } from './local-token.ts';

/** The installation of this machine, as whoever owns it reaches it. */
export interface OwnInstallation {
  ownerUrl: string;
  masterKey: string;
  publicUrl: string;
}

/**
 * The installation that the environment names, or the local one.
 * @throws UsageError for an environment that lacks something
 */
export function ownInstallation(isProduction: boolean): OwnInstallation {
  return isProduction ? configured() : local();
}

function configured(): OwnInstallation {
  try {
    const { databaseUrl, masterKey, publicUrl } = readConfig();
    return { ownerUrl: databaseUrl, masterKey, publicUrl };
  } catch (error) {
    throw error instanceof ConfigError ? new UsageError(error.message) : error;
  }
}

function local(): OwnInstallation {
  const { ownerUrl, masterKey, baseUrl } = localInstallation();
  return { ownerUrl, masterKey, publicUrl: baseUrl };
}
