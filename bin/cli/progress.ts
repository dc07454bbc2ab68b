import { setTimeout as sleep } from 'node:timers/promises';
import { isSettled } from '../../domain/access-request.ts';
import { type Answer, readAs } from './client.ts';
import { InterruptedError, ProblemError, UnreachableError } from './errors.ts';
import { exitCodeOfProblem, exitCodes } from './exit-codes.ts';
import { requestStanding, whoDecides } from './request-text.ts';
import type { Session } from './session.ts';
import { type AccessRequest, accessRequestShape } from './shapes.ts';
import type { Terminal } from './terminal.ts';
import { neutralise, shorten } from './text.ts';

/** Where the waiting ended: settled, interrupted by Ctrl-C, or without an answer for too long. */
export interface Followed<T> {
  end: 'settled' | 'interrupted' | 'unreachable';
  last: T;
  /** The last answer that came. */
  answer: Answer;
}

/** What is followed, and how it is told. */
export interface Following<T> {
  read(answer: Answer): T;
  path(one: T): string;
  isSettled(one: T): boolean;
  /** How it stands, in a line. */
  line(one: T): string;
  /** What must differ for a new line to be worth printing where none is drawn again; a countdown alone is not. */
  change(one: T): string;
}

/** Polls a request until nothing more will be decided about it, and shows how it stands. */
export function followRequest(session: Session, asked: Answer): Promise<Followed<AccessRequest>> {
  const { deps } = session;
  return follow(session, asked, {
    read: (answer) => readAs(accessRequestShape, answer),
    path: ({ id }) => `/v1/access-requests/${id}`,
    isSettled: ({ state }) => isSettled(state),
    line: (request) => `${request.reference} ${requestStanding(request, deps.now()).text}`,
    change: (request) => `${request.state} ${whoDecides(request)}`,
  });
}

/**
 * Polls until it is settled, and shows how it stands. An API that is away for a moment does not end the waiting: what is
 * followed is in its ledger, and goes on without us.
 */
export async function follow<T>(session: Session, begun: Answer, what: Following<T>): Promise<Followed<T>> {
  const { deps } = session;
  const line = session.isJson ? silentLine : statusLine(deps.terminal);
  let answer = begun;
  let last = what.read(begun);
  let answeredAtMs = deps.now();
  try {
    for (;;) {
      if (what.isSettled(last)) return { end: 'settled', last, answer };
      line.show(neutralise(what.line(last)), what.change(last));
      await sleep(deps.pollEveryMs, undefined, { signal: deps.interrupted }).catch(() => undefined);
      if (deps.interrupted.aborted) return { end: 'interrupted', last, answer };
      const next = await look(session, what.path(last));
      if (next === 'interrupted') return { end: 'interrupted', last, answer };
      if (next !== 'away') {
        answer = next;
        last = what.read(next);
        answeredAtMs = deps.now();
      } else if (deps.now() - answeredAtMs > deps.giveUpAfterMs) {
        return { end: 'unreachable', last, answer };
      }
    }
  } finally {
    line.clear();
  }
}

async function look(session: Session, path: string): Promise<Answer | 'interrupted' | 'away'> {
  try {
    return await session.client.get(path);
  } catch (error) {
    if (error instanceof InterruptedError) return 'interrupted';
    if (error instanceof UnreachableError) return 'away';
    if (error instanceof ProblemError && isPassing(error)) return 'away';
    throw error;
  }
}

/** A busy API, and a fault of one moment: neither says anything about what is followed. */
function isPassing({ problem }: ProblemError): boolean {
  return problem.status >= 500 || exitCodeOfProblem(problem.status, problem.code) === exitCodes.unreachable;
}

interface StatusLine {
  show(text: string, change: string): void;
  clear(): void;
}

const silentLine: StatusLine = { show: () => undefined, clear: () => undefined };

/** One line that is drawn again on a terminal; elsewhere a new line, but only when something changed. */
function statusLine(terminal: Terminal): StatusLine {
  if (terminal.canRedraw) {
    const width = () => (terminal.columns() ?? 80) - 1;
    return {
      show: (text) => terminal.err(`\r\u001b[2K${shorten(text, width())}`),
      clear: () => terminal.err('\r\u001b[2K'),
    };
  }
  let last = '';
  return {
    show: (text, change) => {
      if (change === last) return;
      last = change;
      terminal.err(`${text}\n`);
    },
    clear: () => undefined,
  };
}
