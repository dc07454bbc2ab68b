import { join, resolve } from 'node:path';
import { shownUrl } from './address.ts';
import { checkout } from './node-script.ts';

/** An environment, as `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What the launcher is told by its environment. */
export interface LauncherSettings {
  /** The installation's folder as users know it; absolute. */
  readonly home: string;
  readonly host: string;
  readonly port: number;
  /** No example, no trial tokens, no embedded targets. */
  readonly isProduction: boolean;
  /** A ledger of the user's own (its owner's address); embedded when undefined. */
  readonly databaseUrl: string | undefined;
  /** A Temporal of the user's own; embedded when undefined. */
  readonly temporalAddress: string | undefined;
  readonly temporalNamespace: string;
  /** The sealing key; made in the home when undefined. */
  readonly key: string | undefined;
  readonly publicUrl: string;
}

function given(environment: Environment, name: string): string | undefined {
  const value = environment[name]?.trim();
  return value === '' ? undefined : value;
}

function portOf(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
  throw new Error(`PORT must be a number from 1 to 65535, not "${text}".`);
}

function isProductionIn(environment: Environment): boolean {
  const name = given(environment, 'TENURE_ENV') ?? 'local';
  if (name !== 'production' && name !== 'local') {
    throw new Error(`TENURE_ENV may be "production" or left out, not "${name}".`);
  }
  const needed = ['TENURE_KEY', 'TENURE_PUBLIC_URL', 'TENURE_SMTP_URL', 'TENURE_MAIL_FROM'].filter(
    (needs) => given(environment, needs) === undefined,
  );
  if (name === 'production' && needed.length > 0) {
    throw new Error(`With TENURE_ENV=production these must be set too: ${needed.join(', ')}.`);
  }
  return name === 'production';
}

/**
 * Reads the launcher's settings.
 *
 * @throws with a sentence for the user when one makes no sense.
 */
export function launcherSettings(environment: Environment): LauncherSettings {
  const port = portOf(given(environment, 'PORT') ?? '3000');
  const host = given(environment, 'HOST') ?? '127.0.0.1';
  const temporalAddress = given(environment, 'TEMPORAL_ADDRESS');
  const isProduction = isProductionIn(environment);
  return {
    home: resolve(given(environment, 'TENURE_HOME') ?? join(checkout, '.tenure')),
    host,
    port,
    isProduction,
    databaseUrl: given(environment, 'DATABASE_URL'),
    temporalAddress,
    // The embedded server has this one namespace; any other belongs to a server of the user's own.
    temporalNamespace:
      temporalAddress === undefined ? 'default' : (given(environment, 'TEMPORAL_NAMESPACE') ?? 'default'),
    key: given(environment, 'TENURE_KEY'),
    publicUrl: given(environment, 'TENURE_PUBLIC_URL') ?? shownUrl({ host, port }),
  };
}

/**
 * What every child inherits: our environment without what npm put there for scripts, and without what would lead the
 * clients of embedded servers elsewhere.
 */
export function inheritedEnvironment(environment: Environment, settings: LauncherSettings): Environment {
  const isForeign = (name: string): boolean =>
    name.startsWith('npm_') ||
    (settings.temporalAddress === undefined && name.startsWith('TEMPORAL_')) ||
    (settings.databaseUrl === undefined && name.startsWith('PG'));
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !isForeign(name)));
}
