import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { z } from 'zod';
import { formatPeriod } from '../../domain/period.ts';
import { pageOf } from './ask-commands.ts';
import { parseAs, readAs } from './client.ts';
import { ProblemError, UsageError } from './errors.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { instantInWords } from './instants.ts';
import { fields, headline, type Page, table } from './layout.ts';
import { pathPart } from './paths.ts';
import type { Session } from './session.ts';
import { neutralise, neutraliseLines } from './text.ts';

const secret = z.object({ id: z.string(), created_at: z.string(), expires_at: z.string().nullish() });
const sourceShape = z.object({
  key: z.string(),
  name: z.string(),
  scheme: z.string(),
  mapping: z.unknown(),
  secrets: z.array(secret),
  has_api_key: z.boolean(),
  url: z.string(),
  changed_at: z.string(),
});
const sourceListShape = z.object({ items: z.array(z.unknown()) });
const newSecretShape = z.object({ secret: z.string().nullish(), former_expires_at: z.string().nullish() });
type Source = z.infer<typeof sourceShape>;

/** The systems that may send events. */
export async function sourcesCommand(session: Session): Promise<ExitCode> {
  const answer = await session.client.get('/v1/event-sources');
  session.print(answer, () => {
    const sources = readAs(sourceListShape, answer).items.map((item) => parseAs(sourceShape, item));
    return sources.length > 0 ? sourceTable(pageOf(session), sources) : 'No source.\n';
  });
  return exitCodes.done;
}

function sourceTable(page: Page, sources: readonly Source[]): string {
  const rows = sources.map((one) => [
    one.key,
    one.name,
    one.scheme,
    String(one.secrets.length),
    instantInWords(one.changed_at, page.nowMs),
    one.url,
  ]);
  return table(page, ['SOURCE', 'NAME', 'SIGNS BY', 'SECRETS', 'CHANGED', 'DELIVERS TO'], rows);
}

/** One of them, with what its words mean here. What its secrets are is told nobody. */
export async function sourceCommand(session: Session, key: string): Promise<ExitCode> {
  const answer = await session.client.get(pathOf(key));
  session.print(answer, () => {
    const source = readAs(sourceShape, answer);
    return `${sourceText(pageOf(session), source)}\n${neutraliseLines(JSON.stringify(source.mapping, null, 2))}\n`;
  });
  return exitCodes.done;
}

function sourceText(page: Page, source: Source): string {
  return (
    headline(page, source.name, source.scheme) +
    fields(page, [
      ['Key', source.key],
      ['Delivers to', source.url],
      ['Secrets', source.secrets.map((one) => secretInWords(one, page.nowMs)).join('; ') || 'none yet'],
      ['Its own API', source.has_api_key ? 'read where events leave a doubt' : null],
      ['Changed', instantInWords(source.changed_at, page.nowMs)],
    ])
  );
}

function secretInWords(
  { created_at: from, expires_at: until }: z.infer<typeof secret>,
  nowMs: number,
): string {
  const since = `since ${instantInWords(from, nowMs)}`;
  return until ? `${since}, until ${instantInWords(until, nowMs)}` : since;
}

/** What is read from files, so that no secret stands in a command line. `-` is the standard input. */
export interface SourceFiles {
  name?: string;
  secretFile?: string;
  apiKeyFile?: string;
}

/** Makes a system known that may send events from now on. */
export async function addSourceCommand(
  session: Session,
  key: string,
  options: SourceFiles & { scheme: string; mapping: string },
): Promise<ExitCode> {
  if (await isKnown(session, key))
    throw new UsageError(
      `${key} is there already: source map says what its words mean, source rotate its secret.`,
    );
  const { scheme, mapping } = options;
  const body = { scheme, mapping: await readDocument(mapping), ...(await wishOf(options)) };
  const answer = await session.client.put(pathOf(key), body);
  session.print(answer, () => {
    const source = readAs(sourceShape, answer);
    const next =
      source.secrets.length > 0 ? '' : `Make one:  ${session.command(`source rotate ${source.key}`)}\n`;
    return sourceText(pageOf(session), source) + next;
  });
  return exitCodes.done;
}

async function isKnown(session: Session, key: string): Promise<boolean> {
  try {
    await session.client.get(pathOf(key));
    return true;
  } catch (error) {
    if (error instanceof ProblemError && error.problem.code === 'not-found') return false;
    throw error;
  }
}

/** Says what a source's words mean from now on. What waits is read again when it is replayed. */
export async function mapSourceCommand(
  session: Session,
  key: string,
  mapping: string,
  options: SourceFiles,
): Promise<ExitCode> {
  const { scheme } = readAs(sourceShape, await session.client.get(pathOf(key)));
  const body = { scheme, mapping: await readDocument(mapping), ...(await wishOf(options)) };
  const answer = await session.client.put(pathOf(key), body);
  session.print(answer, () => {
    const source = readAs(sourceShape, answer);
    const next = session.command(`event replay --source ${source.key}`);
    return `${sourceText(pageOf(session), source)}Read again what waits:  ${next}\n`;
  });
  return exitCodes.done;
}

/** `formerFor` in milliseconds: how long the secret before stays valid. */
export interface Rotation {
  secretFile?: string;
  formerFor?: number;
  atOnce?: boolean;
}

/** Makes a new secret valid, beside the one before for a while. */
export async function rotateSourceCommand(
  session: Session,
  key: string,
  { secretFile, formerFor, atOnce = false }: Rotation,
): Promise<ExitCode> {
  const given = secretFile === undefined ? {} : { secret: await readSecret(secretFile) };
  const former = atOnce || formerFor !== undefined ? { former_valid_for: formatPeriod(formerFor ?? 0) } : {};
  // Sent once: the answer to a second try would be another secret.
  const answer = await session.client.post(`${pathOf(key)}/secrets`, { ...given, ...former }, { once: true });
  session.print(answer, () => {
    const made = readAs(newSecretShape, answer);
    const { nowMs } = pageOf(session);
    const until = made.former_expires_at;
    const before = until ? `The one before is valid until ${instantInWords(until, nowMs)}.\n` : '';
    const shown = made.secret
      ? `Shown once:  ${neutralise(made.secret)}\n`
      : `${neutralise(key)} signs by it from now on.\n`;
    return shown + before;
  });
  return exitCodes.done;
}

function pathOf(key: string): string {
  return `/v1/event-sources/${pathPart(key)}`;
}

async function wishOf({ name, secretFile, apiKeyFile }: SourceFiles): Promise<Record<string, string>> {
  return {
    ...(name === undefined ? {} : { name }),
    ...(secretFile === undefined ? {} : { secret: await readSecret(secretFile) }),
    ...(apiKeyFile === undefined ? {} : { api_key: await readSecret(apiKeyFile) }),
  };
}

/** What a file says, as JSON or YAML. @throws UsageError */
export async function readDocument(file: string): Promise<unknown> {
  const text = await readText(file);
  try {
    return parse(text);
  } catch {
    throw new UsageError(`${file} can be read neither as JSON nor as YAML.`);
  }
}

/** The first line of a file, or of the standard input. @throws UsageError where there is none */
export async function readSecret(file: string): Promise<string> {
  const [line = ''] = (await readText(file)).split(/\r?\n/, 1);
  if (line.trim() === '')
    throw new UsageError(`${file === '-' ? 'The standard input' : file} holds no secret.`);
  return line.trim();
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file === '-' ? '/dev/stdin' : file, 'utf8');
  } catch {
    throw new UsageError(`${file} cannot be read.`);
  }
}
