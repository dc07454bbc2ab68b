import { faultsOf, refusalIn } from './answer.tsx';
import type { Faults } from './components/form.tsx';

/** The statuses with which a page says that something was not done. */
export type RefusedStatus = 403 | 409 | 422 | 503;

/**
 * Does what a form asks, or says in a page why not. What is nobody's business here, or went wrong on our side, stays what it
 * is.
 */
export async function orSay(
  work: () => Promise<Response>,
  say: (refusal: string, faults: Faults, status: RefusedStatus) => Promise<Response>,
): Promise<Response> {
  try {
    return await work();
  } catch (error) {
    const refusal = refusalIn(error);
    if (!refusal || refusal.code === 'not-found') throw error;
    return say(refusal.detail, faultsOf(refusal.errors), statusOf(refusal.code));
  }
}

function statusOf(code: string): RefusedStatus {
  if (/^(invalid|unknown|period|role)/.test(code)) return 422;
  if (code.endsWith('unavailable')) return 503;
  return /^(already|no-|not-held|credential|nothing|customer)/.test(code) ? 409 : 403;
}
