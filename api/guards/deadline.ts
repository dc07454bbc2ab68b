import { createMiddleware } from 'hono/factory';
import { TenureError } from '../../domain/errors.ts';
import type { ApiEnv } from '../env.ts';

/** How long anybody waits for an answer, and for a whole report as one file or a whole import, in milliseconds. */
export interface Patience {
  answerMs: number;
  wholeReportMs: number;
}

/** The ledger ends a statement by itself after fifteen seconds; a ledger that says nothing at all ends nothing. */
export const defaultPatience: Patience = { answerMs: 10_000, wholeReportMs: 60_000 };

const wholeReport = /\/access-report$|^\/v1\/imports(?:\/|$)/;

/**
 * Answers even when the ledger does not: a server that is frozen, or behind a network that swallows everything, keeps its
 * connections and never says a word. What was sent to it may still be carried out, so the answer does not say that it was not.
 */
export function answerInTime({ answerMs, wholeReportMs }: Patience) {
  return createMiddleware<ApiEnv>(async (c, next) => {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      const refuse = () => reject(new TenureError('ledger-unavailable', lateDetail(c.req.method)));
      timer = setTimeout(refuse, wholeReport.test(c.req.path) ? wholeReportMs : answerMs);
    });
    try {
      await Promise.race([next(), late]);
    } finally {
      clearTimeout(timer);
    }
  });
}

function lateDetail(method: string): string {
  const isReading = method === 'GET' || method === 'HEAD';
  if (isReading) return 'It has not answered in time. Try again shortly.';
  return 'It has not answered in time, and may still record this. Look before you try again, or use the same Idempotency-Key.';
}
