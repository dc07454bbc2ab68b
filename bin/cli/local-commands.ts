import { type ExitCode, exitCodes } from './exit-codes.ts';
import { neutralise } from './text.ts';
import { type CliDependencies, type FirstWish, refuseInProduction } from './session.ts';
import { readDocument, readSecret } from './source-commands.ts';

/** The processes of a local installation that can be held down, to see how the others go on without them. */
export const holdableProcesses = [
  'ledger',
  'target-eu',
  'target-us',
  'northwind-app',
  'temporal',
  'worker',
  'reaper',
  'api',
] as const;

export interface TokenOptions {
  amr: string[];
  /** Milliseconds. */
  for: number;
  json?: boolean;
}

/** Prints a trial token of the local installation and nothing else. */
export async function tokenCommand(
  deps: CliDependencies,
  email: string,
  options: TokenOptions,
): Promise<ExitCode> {
  refuseInProduction(deps.environment);
  const minted = await deps.mintLocalToken({ email, amr: options.amr, ttlMs: options.for });
  const { token, id, baseUrl } = minted;
  const asJson = { token, id, expires_at: new Date(minted.expiresAt).toISOString(), base_url: baseUrl };
  deps.terminal.out(`${options.json ? JSON.stringify(asJson) : token}\n`);
  return exitCodes.done;
}

/** Prints an event source's signing secret of the local installation and nothing else. */
export async function secretCommand(
  deps: CliDependencies,
  source: string,
  options: { json?: boolean },
): Promise<ExitCode> {
  refuseInProduction(deps.environment);
  const { secret, id, expiresAt, baseUrl } = await deps.readLocalSecret(source);
  const asJson = { secret, id, expires_at: expiresAt, base_url: baseUrl };
  deps.terminal.out(`${options.json ? JSON.stringify(asJson) : secret}\n`);
  return exitCodes.done;
}

export async function holdCommand(deps: CliDependencies, name: string): Promise<ExitCode> {
  await deps.hold(deps.environment.home, name);
  deps.terminal.out(
    `${name} is held down. It comes back with:  npm run -s tenure -- local release ${name}\n`,
  );
  return exitCodes.done;
}

export async function releaseCommand(deps: CliDependencies, name: string): Promise<ExitCode> {
  await deps.release(deps.environment.home, name);
  deps.terminal.out(`${name} is released: it starts again.\n`);
  return exitCodes.done;
}

/** Says where a target is. Its secret comes from a file, so that none stands in a command line. */
export async function setTargetCommand(
  deps: CliDependencies,
  key: string,
  files: { connector: string; endpoint: string; secretFile: string },
): Promise<ExitCode> {
  const { connector } = files;
  const [endpoint, secret] = [await readDocument(files.endpoint), await readSecret(files.secretFile)];
  const wasKnown = await deps.setTarget({ key, connector, endpoint, secret });
  deps.terminal.out(
    wasKnown
      ? `${neutralise(key)} is reached there from now on.\n`
      : `${neutralise(key)} is a target. The catalog’s resources may name it.\n`,
  );
  return exitCodes.done;
}

/** Makes one of the vendor's first two administrators, and prints the link that lets them in, once. */
export async function firstCommand(
  deps: CliDependencies,
  wish: FirstWish & { json: boolean },
): Promise<ExitCode> {
  const { json, ...first } = wish;
  const { link, expiresAt } = await deps.makeFirst(first);
  deps.terminal.out(
    json
      ? `${JSON.stringify({ link, expires_at: expiresAt })}\n`
      : `${link}\n  It works once, until ${expiresAt}. Whoever opens it makes their passkey, so open it yourself.\n`,
  );
  return exitCodes.done;
}
