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
export interface Followed {
  end: 'settled' | 'interrupted' | 'unreachable';
  request: AccessRequest;
  /** The last answer that came. */
  answer: Answer;
}

/**
 * Polls a request until nothing more will be decided about it, and shows how it stands. An API that is away for a
 * moment does not end the waiting: the request is in its ledger, and goes on without us.
 */
export async function followRequest(session: Session, asked: Answer): Promise<Followed> {
  const { deps } = session;
  const line = session.isJson ? silentLine : statusLine(deps.terminal);
  let answer = asked;
  let request = readAs(accessRequestShape, asked);
  let answeredAtMs = deps.now();
  try {
    for (;;) {
      if (isSettled(request.state)) return { end: 'settled', request, answer };
      line.show(
        neutralise(`${request.reference} ${requestStanding(request, deps.now()).text}`),
        changeOf(request),
      );
      await sleep(deps.pollEveryMs, undefined, { signal: deps.interrupted }).catch(() => undefined);
      if (deps.interrupted.aborted) return { end: 'interrupted', request, answer };
      const next = await look(session, request.id);
      if (next === 'interrupted') return { end: 'interrupted', request, answer };
      if (next !== 'away') {
        answer = next;
        request = readAs(accessRequestShape, next);
        answeredAtMs = deps.now();
      } else if (deps.now() - answeredAtMs > deps.giveUpAfterMs) {
        return { end: 'unreachable', request, answer };
      }
    }
  } finally {
    line.clear();
  }
}

async function look(session: Session, id: string): Promise<Answer | 'interrupted' | 'away'> {
  try {
    return await session.client.get(`/v1/access-requests/${id}`);
  } catch (error) {
    if (error instanceof InterruptedError) return 'interrupted';
    if (error instanceof UnreachableError) return 'away';
    if (error instanceof ProblemError && isPassing(error)) return 'away';
    throw error;
  }
}

/** A busy API, and a fault of one moment: neither says anything about the request. */
function isPassing({ problem }: ProblemError): boolean {
  return problem.status >= 500 || exitCodeOfProblem(problem.status, problem.code) === exitCodes.unreachable;
}

/** What must differ for a new line to be worth printing; the countdown alone is not. */
function changeOf(request: AccessRequest): string {
  return `${request.state} ${whoDecides(request)}`;
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
