import { join, resolve } from 'node:path';
import { environmentInWords, environmentProblems } from '../config.ts';
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

function portProblem(text: string): string[] {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return [];
  return [`PORT must be a number from 1 to 65535, not "${text}".`];
}

function productionProblems(environment: Environment): string[] {
  const name = given(environment, 'TENURE_ENV') ?? 'local';
  if (name !== 'production' && name !== 'local')
    return [`TENURE_ENV may be "production" or left out, not "${name}".`];
  const needed = neededInProduction.filter((needs) => given(environment, needs) === undefined);
  return name === 'production' && needed.length > 0
    ? [`With TENURE_ENV=production these must be set too: ${needed.join(', ')}.`]
    : [];
}

const neededInProduction = ['TENURE_KEY', 'TENURE_PUBLIC_URL', 'TENURE_SMTP_URL', 'TENURE_MAIL_FROM'];

/** What the children would be refused for, asked before anything is made; the two that the launcher can bring itself set aside. */
function childProblems(environment: Environment): string[] {
  const brought = { DATABASE_URL: 'postgres://embedded/tenure', TENURE_KEY: 'k'.repeat(64) };
  const told = [...neededInProduction.map((name) => `${name}: needed`), 'PORT: ', 'TENURE_ENV: '];
  return environmentProblems({ ...brought, ...withoutBlank(environment) }).filter(
    (problem) => !told.some((begin) => problem.startsWith(begin)),
  );
}

function withoutBlank(environment: Environment): Environment {
  return Object.fromEntries(
    Object.keys(environment).flatMap((name) => {
      const value = given(environment, name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/**
 * Reads the launcher's settings.
 *
 * @throws with a sentence for the user when one makes no sense, and with all of them when several do.
 */
export function launcherSettings(environment: Environment): LauncherSettings {
  const portText = given(environment, 'PORT') ?? '3000';
  const [first, ...others] = [
    ...portProblem(portText),
    ...productionProblems(environment),
    ...childProblems(environment),
  ];
  if (first !== undefined)
    throw new Error(others.length === 0 ? first : environmentInWords([first, ...others]));
  const port = Number(portText);
  const host = given(environment, 'HOST') ?? '127.0.0.1';
  const temporalAddress = given(environment, 'TEMPORAL_ADDRESS');
  const isProduction = given(environment, 'TENURE_ENV') === 'production';
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
