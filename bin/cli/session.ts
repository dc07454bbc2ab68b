import { z } from 'zod';
import { type Answer, type ApiClient, createApiClient } from './client.ts';
import type { CliEnvironment } from './environment.ts';
import { NotAllowedError, UsageError } from './errors.ts';
import type { Terminal } from './terminal.ts';

/** A trial token of the local installation. */
interface LocalToken {
  token: string;
  id: string;
  /** An instant: ISO 8601, a Date, or milliseconds since the epoch. */
  expiresAt: string | number | Date;
  /** The API the token is for, e.g. `http://localhost:3000`. */
  baseUrl: string;
}

/** A signing secret of an event source of the local installation. */
interface LocalSecret {
  secret: string;
  id: string;
  expiresAt: string | null;
  baseUrl: string;
}

/** Who shall be one of the vendor's first two administrators. */
export interface FirstWish {
  email: string;
  name: string;
  /** What the vendor is called, on the first start. */
  organization: string | null;
  region: string;
  /** Why somebody is let in again where two already could sign in; null: they are not. */
  recovery: string | null;
}

type MintLocalToken = (wish: { email: string; amr: string[]; ttlMs: number }) => Promise<LocalToken>;

/** Where a target is, and what its connector signs in with. */
export interface TargetWish {
  key: string;
  connector: string;
  /** What the connector's own schema asks for. */
  endpoint: unknown;
  secret: string;
}

/** Everything the command line touches besides the API; tests bring their own. */
export interface CliDependencies {
  environment: CliEnvironment;
  terminal: Terminal;
  mintLocalToken: MintLocalToken;
  readLocalSecret(source: string): Promise<LocalSecret>;
  /** Makes one of the vendor's first two administrators, on the machine of the installation. */
  makeFirst(wish: FirstWish): Promise<{ link: string; expiresAt: string }>;
  /** Says where a target is, on the machine of the installation. True when it was known before. */
  setTarget(wish: TargetWish): Promise<boolean>;
  /** Keeps a process of the local installation down, until `release`. */
  hold(home: string, process: string): Promise<void>;
  release(home: string, process: string): Promise<void>;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Aborted by Ctrl-C. */
  interrupted: AbortSignal;
  pollEveryMs: number;
  /** A wait ends when the API has not answered for this long. */
  giveUpAfterMs: number;
  timeoutMs: number;
}

/** What every command that talks to the API understands. */
export interface SessionOptions {
  json?: boolean;
  as?: string;
}

/** One command's conversation with the API, as one caller. */
export interface Session {
  deps: CliDependencies;
  client: ApiClient;
  isJson: boolean;
  /** An e-mail or id that names the caller; null when the token does not say. */
  caller: string | null;
  /** The command line to type for a next step, by the same caller. */
  command(words: string): string;
  /** Prints the body as it came when `--json` was given, else what `write` makes of it. */
  print(answer: Answer, write: () => string): void;
}

export const trialAmr = ['pwd', 'otp', 'mfa'];
export const trialTtlMs = 15 * 60_000;
const renewBeforeMs = 60_000;

export async function openSession(deps: CliDependencies, options: SessionOptions): Promise<Session> {
  const { environment, terminal } = deps;
  const { url, token, caller } = options.as ? await localCaller(deps, options.as) : givenCaller(environment);
  const { interrupted, timeoutMs } = deps;
  return {
    deps,
    client: createApiClient({ url, token, interrupted, timeoutMs }),
    isJson: options.json === true,
    caller,
    command: (words) => `npm run -s tenure -- ${words}${options.as ? ` --as ${options.as}` : ''}`,
    print: (answer, write) => terminal.out(options.json ? withNewline(answer.body) : write()),
  };
}

/** A body ends its line; nothing else is added to it. */
export function withNewline(body: string): string {
  return body.endsWith('\n') ? body : `${body}\n`;
}

/** @throws NotAllowedError in production, where no trial tokens exist */
export function refuseInProduction(environment: CliEnvironment): void {
  if (environment.isProduction) {
    throw new NotAllowedError(
      'This is a production installation: it has no trial tokens. Sign in, and set TENURE_TOKEN.',
    );
  }
}

interface Caller {
  url: string;
  token: () => Promise<string | null>;
  caller: string | null;
}

async function localCaller(deps: CliDependencies, email: string): Promise<Caller> {
  refuseInProduction(deps.environment);
  const mint = () => deps.mintLocalToken({ email, amr: trialAmr, ttlMs: trialTtlMs });
  let current = await mint();
  const token = async () => {
    if (new Date(current.expiresAt).getTime() - deps.now() < renewBeforeMs) current = await mint();
    return current.token;
  };
  const { url, isUrlGiven } = deps.environment;
  return { url: isUrlGiven ? url : current.baseUrl.replace(/\/+$/, ''), token, caller: email };
}

function givenCaller({ url, token }: CliEnvironment): Caller {
  if (token && !/^[\u0021-\u007e]+$/.test(token)) throw new UsageError('TENURE_TOKEN does not hold a token.');
  return { url, token: () => Promise.resolve(token), caller: token ? subjectOf(token) : null };
}

/** Whom a token is about, unchecked: it only fills a filter that the API applies by its own reading of the token. */
function subjectOf(token: string): string | null {
  try {
    const [, payload = ''] = token.split('.');
    return z.object({ sub: z.string() }).parse(JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')))
      .sub;
  } catch {
    // The token may be of a kind that only the API can read.
    return null;
  }
}
