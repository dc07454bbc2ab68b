import { formatPeriod } from '../../domain/period.ts';
import { type Answer, readAs } from './client.ts';
import { InterruptedError, UsageError } from './errors.ts';
import { type ExitCode, exitCodeOfState, exitCodes } from './exit-codes.ts';
import type { Page } from './layout.ts';
import { requestPath } from './paths.ts';
import { type Followed, followRequest } from './progress.ts';
import { isTooLong, previewText, requestText } from './request-text.ts';
import { type Session, withNewline } from './session.ts';
import { type AccessRequest, accessRequestShape, previewShape } from './shapes.ts';

/** What is wished, as typed and already parsed: periods in milliseconds, instants in ISO 8601. */
export interface Wish {
  for: number;
  why?: string;
  ticket?: string;
  customer?: string;
  person?: string;
  at?: string;
}

export interface RequestOptions extends Wish {
  yes?: boolean;
  wait: boolean;
}

/** Says what policy would want. A refusal is 3 and too long a period 2, so that a script need not read the words. */
export async function previewCommand(
  session: Session,
  resource: string,
  entitlement: string,
  wish: Wish,
): Promise<ExitCode> {
  const answer = await session.client.post(
    '/v1/access-requests/preview',
    askBody(resource, entitlement, wish),
  );
  const preview = readAs(previewShape, answer);
  session.print(answer, () =>
    previewText(pageOf(session), { what: `${entitlement} on ${resource}`, periodMs: wish.for }, preview),
  );
  if (preview.outcome === 'refused') return exitCodes.refused;
  return isTooLong(preview, wish.for) ? exitCodes.invalid : exitCodes.done;
}

/** Previews, asks for confirmation, asks the API, and waits until the request is settled. */
export async function requestCommand(
  session: Session,
  resource: string,
  entitlement: string,
  options: RequestOptions,
): Promise<ExitCode> {
  const { deps, isJson } = session;
  if (!isJson && !options.yes && !deps.terminal.isInteractive) {
    throw new UsageError('Nobody is there to confirm: without a terminal, add --yes (or --json).');
  }
  if (!isJson) {
    const previewed = await previewCommand(session, resource, entitlement, options);
    if (previewed !== exitCodes.done) return previewed;
    deps.terminal.out('\n');
    if (!options.yes && !(await confirm(session))) return exitCodes.done;
  }
  if (deps.interrupted.aborted) throw new InterruptedError('Nothing was asked.');
  const asked = await session.client.post('/v1/access-requests', askBody(resource, entitlement, options));
  return options.wait ? waitFor(session, asked) : showAsked(session, asked);
}

export interface ExtendOptions {
  for: number;
  why: string;
  wait?: boolean;
}

/** Asks for a later end. It is a request of its own; the old end holds until it is approved. */
export async function extendCommand(session: Session, id: string, options: ExtendOptions): Promise<ExitCode> {
  const path = await requestPath(session, id);
  const body = { period: formatPeriod(options.for), justification: options.why };
  const asked = await session.client.post(`${path}/extension`, body);
  return options.wait ? waitFor(session, asked) : showAsked(session, asked);
}

function askBody(resource: string, entitlement: string, wish: Wish): Record<string, string> {
  const { why, ticket, customer, person, at } = wish;
  return {
    resource,
    entitlement,
    period: formatPeriod(wish.for),
    ...(why === undefined ? {} : { justification: why }),
    ...(ticket === undefined ? {} : { ticket }),
    ...(customer === undefined ? {} : { customer }),
    ...(person === undefined ? {} : { person }),
    ...(at === undefined ? {} : { starts_at: at }),
  };
}

async function confirm(session: Session): Promise<boolean> {
  const answer = await session.deps.terminal.ask('Ask for it? [y/N] ');
  if (session.deps.interrupted.aborted) throw new InterruptedError('Nothing was asked.');
  if (answer !== null && /^\s*y(es)?\s*$/i.test(answer)) return true;
  session.deps.terminal.err('Nothing was asked.\n');
  return false;
}

function showAsked(session: Session, asked: Answer): ExitCode {
  session.print(asked, () => {
    const request = readAs(accessRequestShape, asked);
    return requestText(pageOf(session), request) + afterwards(session, request);
  });
  return exitCodes.done;
}

async function waitFor(session: Session, asked: Answer): Promise<ExitCode> {
  const { reference } = readAs(accessRequestShape, asked);
  const followed = await followRequest(session, asked).catch((error: unknown) => {
    session.deps.terminal.err(`${stays(session, reference)}\n`);
    throw error;
  });
  return report(session, followed);
}

function report(session: Session, { end, last: request, answer }: Followed<AccessRequest>): ExitCode {
  const { terminal } = session.deps;
  if (end === 'settled') {
    session.print(answer, () => requestText(pageOf(session), request) + afterwards(session, request));
    return exitCodeOfState(request.state);
  }
  if (session.isJson) terminal.out(withNewline(answer.body));
  if (end === 'unreachable') terminal.err('The API has stopped answering.\n');
  terminal.err(`${stays(session, request.reference)}\n`);
  return end === 'interrupted' ? exitCodes.interrupted : exitCodes.unreachable;
}

function stays(session: Session, reference: string): string {
  return [
    `${reference} stays in place and goes on without this window.`,
    `  look     ${session.command(`show ${reference}`)}`,
    `  cancel   ${session.command(`cancel ${reference}`)}`,
  ].join('\n');
}

/** The next thing its holder will want to type. */
function afterwards(session: Session, request: AccessRequest): string {
  const { reference } = request;
  if (request.state === 'waiting' || request.state === 'approved') {
    return `\nLook again:  ${session.command(`show ${reference}`)}\n`;
  }
  if (request.state !== 'granted' || request.kind === 'extension') return '';
  return `\nGet the credential:  ${session.command(`credential ${reference}`)}\nGive it back early:  ${session.command(`return ${reference}`)}\n`;
}

/** Where and when a command prints. */
export function pageOf({ deps }: Session): Page {
  return { terminal: deps.terminal, nowMs: deps.now() };
}
