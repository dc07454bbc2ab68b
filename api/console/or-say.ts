import type { ProblemCode } from '../../domain/errors.ts';
import { problems, refusalOf } from '../problem.ts';
import { faultsOf, refusalIn } from './answer.tsx';
import type { Faults } from './components/form.tsx';

/** The statuses with which a page says that something was not done. */
const refusedStatuses = [403, 409, 422, 503] as const;
export type RefusedStatus = (typeof refusedStatuses)[number];

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

/**
 * What a list or an answer is made of; or, where somebody has typed a name that is not known, what is wrong by the names of the
 * fields. `codes`: the refusals that are about what was typed.
 */
export async function orFaults<T>(
  work: () => Promise<T>,
  codes: readonly ProblemCode[] = ['unknown-reference'],
): Promise<{ found: T } | { faults: Faults }> {
  try {
    return { found: await work() };
  } catch (error) {
    const refusal = refusalIn(error);
    if (!refusal || !codes.includes(refusal.code)) throw error;
    return { faults: faultsOf(refusal.errors) };
  }
}

/** The problem's own status; one that none of our pages is answered with is a refusal all the same. */
function statusOf(code: ProblemCode): RefusedStatus {
  const [status] = problems[code];
  return refusedStatuses.find((one) => one === status) ?? 403;
}

/** Does what a page outside any session is for; a ledger that is away is said in a page, because people read it. */
export async function orSayNotNow<T, Said>(
  work: () => Promise<T>,
  say: () => Said,
): Promise<T | Awaited<Said>> {
  try {
    return await work();
  } catch (error) {
    if (refusalOf(error).code !== 'ledger-unavailable') throw error;
    return await say();
  }
}
