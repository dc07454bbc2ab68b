import { z } from 'zod';
import { pageOf } from './ask-commands.ts';
import { parseAs, readAs } from './client.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { instantInWords } from './instants.ts';
import { type Cell, nameOf, type Page, table } from './layout.ts';
import { wholeList } from './lists.ts';
import { checkedId } from './paths.ts';
import { entity } from './shapes.ts';
import type { Session } from './session.ts';
import { readDocument, readSecret } from './source-commands.ts';
import { neutralise } from './text.ts';

const signalShape = z.object({
  id: z.string(),
  source: z.object({ name: z.string() }),
  kind: z.string(),
  name: z.string().nullish(),
  effect: z.string(),
  state: z.string(),
  person: entity.nullish(),
  event_at: z.string(),
  ends_at: z.string().nullish(),
});
const sourceShape = z.object({
  id: z.string(),
  organization: entity,
  kind: z.string(),
  name: z.string(),
  endpoint: z.string().nullish(),
  poll: z.object({ url: z.string(), last_error: z.string().nullish() }).nullish(),
  ended_at: z.string().nullish(),
});
const madeShape = sourceShape.extend({ secret: z.string().nullish() });
const itemsShape = z.object({ items: z.array(z.unknown()) });
type Signal = z.infer<typeof signalShape>;
type Source = z.infer<typeof sourceShape>;

/** What sources have said about people, newest first: what is open, what stands so, or `all`. */
export async function signalsCommand(session: Session, { state }: { state: string }): Promise<ExitCode> {
  const list = await wholeList(session, '/v1/signals', { state: state === 'all' ? undefined : state });
  session.print(list.answer, () => {
    const signals = list.items.map((item) => parseAs(signalShape, item));
    return signals.length > 0 ? signalTable(pageOf(session), signals) : 'No signal.\n';
  });
  return exitCodes.done;
}

function signalTable(page: Page, signals: readonly Signal[]): string {
  const rows = signals.map((one): Cell[] => [
    instantInWords(one.event_at, page.nowMs),
    one.person ? nameOf(one.person) : '–',
    saidIn(one),
    one.state === 'open' ? { text: one.state, style: 'yellow' } : one.state,
    one.ends_at ? instantInWords(one.ends_at, page.nowMs) : '–',
    one.source.name,
    one.id,
  ]);
  return table(page, ['SINCE', 'PERSON', 'SAID', 'STATE', 'UNTIL', 'SOURCE', 'SIGNAL'], rows);
}

function saidIn({ name, kind, effect }: Signal): string {
  if (!name) return kind;
  return effect === 'closes' ? `${name} is over` : name;
}

/** Closes an open signal by hand. */
export async function closeSignalCommand(session: Session, id: string, reason: string): Promise<ExitCode> {
  const answer = await session.client.post(`/v1/signals/${checkedId(id)}/closing`, { reason });
  session.print(answer, () => {
    const signal = readAs(signalShape, answer);
    const whose = signal.person ? ` of ${nameOf(signal.person)}` : '';
    return `${neutralise(saidIn(signal))}${neutralise(whose)} is closed.\n`;
  });
  return exitCodes.done;
}

/** Who speaks of risks about people. */
export async function signalSourcesCommand(session: Session): Promise<ExitCode> {
  const answer = await session.client.get('/v1/signal-sources');
  session.print(answer, () => {
    const sources = readAs(itemsShape, answer).items.map((item) => parseAs(sourceShape, item));
    if (sources.length === 0) return 'No source.\n';
    const rows = sources.map((one) => [
      one.id,
      one.name,
      nameOf(one.organization),
      one.kind,
      standingOf(one),
      one.poll?.url ?? one.endpoint ?? '–',
    ]);
    return table(pageOf(session), ['SOURCE', 'NAME', 'WHOSE', 'KIND', 'STATE', 'ADDRESS'], rows);
  });
  return exitCodes.done;
}

function standingOf({ ended_at: endedAt, poll }: Source): string {
  if (endedAt) return 'ended';
  return poll?.last_error ?? 'live';
}

/** Who is to be heard, and how. What it is asked with is read from a file, so that it stands in no command line. */
export interface NewSignalSource {
  organization: string;
  kind: string;
  issuer?: string;
  audience?: string;
  transmitter?: string;
  jwksUri?: string;
  jwks?: string;
  url?: string;
  authorizationFile?: string;
}

/** Connects a source. What belongs to which kind the API says. */
export async function connectSourceCommand(
  session: Session,
  name: string,
  { jwks, jwksUri, url, authorizationFile, ...said }: NewSignalSource,
): Promise<ExitCode> {
  const authorization =
    authorizationFile === undefined ? {} : { authorization: await readSecret(authorizationFile) };
  const body = {
    name,
    ...said,
    ...(jwks === undefined ? {} : { jwks: await readDocument(jwks) }),
    ...(jwksUri === undefined ? {} : { jwks_uri: jwksUri }),
    ...(url === undefined && authorizationFile === undefined ? {} : { poll: { url, ...authorization } }),
  };
  // Sent once: a second try would make a second source.
  const answer = await session.client.post('/v1/signal-sources', body, { once: true });
  session.print(answer, () => {
    const { endpoint, secret, ...made } = readAs(madeShape, answer);
    return [
      `${neutralise(made.name)} is connected as ${neutralise(made.id)}.\n`,
      endpoint ? `It sends to:  ${neutralise(endpoint)}\n` : '',
      secret ? `Its secret, shown once:  ${neutralise(secret)}\n` : '',
    ].join('');
  });
  return exitCodes.done;
}

/** Takes nothing from a source any more. */
export async function endSourceCommand(session: Session, id: string): Promise<ExitCode> {
  const answer = await session.client.post(`/v1/signal-sources/${checkedId(id)}/ending`, {});
  session.print(answer, () => `${neutralise(readAs(sourceShape, answer).name)} is ended.\n`);
  return exitCodes.done;
}
