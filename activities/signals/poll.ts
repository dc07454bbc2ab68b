import { unseal } from '../../crypto/sealing.ts';
import type { SealingKeys } from '../../crypto/keys.ts';
import { SecurityEventRefusal } from '../../crypto/signal-token.ts';
import type { Ledger } from '../../db/client.ts';
import { keepSignal } from '../../db/queries/signal.ts';
import { claimPolls, type DuePoll, notePolled } from '../../db/queries/signal-source.ts';
import { type KeyFetching, KeysNotKnown, readSignalToken } from '../../db/signal-keys.ts';
import type { ReadAddress } from '../../domain/key-set.ts';
import { signalContext } from '../../domain/signal.ts';
import type { Post } from '../egress/post.ts';
import { EgressError } from '../egress/request.ts';

/** What asking transmitters works with; bin/ puts it together. */
export interface PollDeps {
  /** Opened as the system role. */
  ledger: Ledger;
  sealing: SealingKeys;
  /** Made to read answers. */
  post: Post;
  /** What keys are fetched with. */
  readAddress: ReadAddress;
}

/** Asked at once, so many. */
const sourcesAtOnce = 10;
/** How long a source is left to the worker that took it, in milliseconds; longer than one round may take. */
const leaseMs = 120_000;
/** Between two rounds of one that answers; after failures the pause grows, up to five minutes. */
const pauseMs = { usual: 2_000, longest: 300_000 };
/** Tokens in one answer. */
const tokensAtOnce = 100;
/** So long one round goes on with one source, in milliseconds, so that a slow one holds up no others. */
const roundMs = 2_000;

/** What of an answer is acknowledged with the next question (RFC 8936, section 2.4). */
interface Settled {
  ack: string[];
  setErrs: Record<string, { err: string; description: string }>;
}

/**
 * Asks the transmitters that are due for their security event tokens (RFC 8936), keeps what they say as if it had been pushed, and
 * acknowledges it: only what is committed, so that whatever is lost on the way is sent again. Returns how many were asked.
 */
export async function pollSignals(deps: PollDeps, signal: AbortSignal): Promise<number> {
  const due = await claimPolls(deps.ledger.db, sourcesAtOnce, leaseMs);
  // What fails for one of them is no reason to leave the others.
  const asked = await Promise.allSettled(due.map((source) => pollOne(deps, source, signal)));
  const failed = asked.find((one) => one.status === 'rejected');
  if (failed) throw failed.reason;
  return due.length;
}

async function pollOne(deps: PollDeps, source: DuePoll, signal: AbortSignal): Promise<void> {
  const error = await askUntilEmpty(deps, source, signal);
  if (signal.aborted) return;
  const nextMs =
    error === null
      ? pauseMs.usual
      : Math.min(pauseMs.usual * 2 ** Math.min(source.tries + 1, 10), pauseMs.longest);
  await notePolled(deps.ledger.db, source.id, { error, nextMs });
}

/** Ids are the transmitter's: one that is called like what every object has is one like the others. */
const nothingSettled = (): Settled => ({ ack: [], setErrs: Object.create(null) });

/** Null when there is nothing more, or the round is over; else a closed code. */
async function askUntilEmpty(deps: PollDeps, source: DuePoll, signal: AbortSignal): Promise<string | null> {
  const begun = performance.now();
  let settled = nothingSettled();
  for (;;) {
    // What was taken is acknowledged in any case; for more there is another round.
    const isLast = performance.now() - begun > roundMs;
    const answer = await ask(deps, source, { ...settled, maxEvents: isLast ? 0 : tokensAtOnce }, signal);
    if (typeof answer === 'string') return answer;
    const tokens = Object.entries(answer.sets);
    // What was there before has been acknowledged by this question.
    if (tokens.length === 0 || isLast) return null;
    settled = nothingSettled();
    for (const [jti, token] of tokens) await keep(deps, source, { jti, token }, settled);
    if (settled.ack.length === 0 && Object.keys(settled.setErrs).length === 0) return 'unknown-key';
  }
}

async function ask(
  { post, sealing }: PollDeps,
  { id, pollUrl, sealedAuthorization }: DuePoll,
  question: Settled & { maxEvents: number },
  signal: AbortSignal,
): Promise<{ sets: Record<string, string> } | string> {
  const authorization =
    sealedAuthorization && unseal(sealing, sealedAuthorization, signalContext(id, 'authorization'));
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json',
    'user-agent': 'tenure',
    // Descriptions are in it (section 2.6).
    'content-language': 'en',
    ...(authorization ? { authorization } : {}),
  };
  const body = JSON.stringify({ returnImmediately: true, ...question });
  try {
    const { status, body: said } = await post(pollUrl, headers, body, signal);
    return status === 200 ? (readAnswer(said) ?? 'malformed') : `status-${status}`;
  } catch (error) {
    if (error instanceof EgressError) return error.code;
    throw error;
  }
}

/** The tokens of an answer (RFC 8936, section 2.3); null for what is none. */
function readAnswer(text: string): { sets: Record<string, string> } | null {
  try {
    const sets: unknown = Object(JSON.parse(text)).sets ?? {};
    if (typeof sets !== 'object' || sets === null) return null;
    const tokens = Object.entries(sets).slice(0, tokensAtOnce);
    if (tokens.some(([, token]) => typeof token !== 'string')) return null;
    return { sets: Object.fromEntries(tokens.map(([jti, token]) => [jti, String(token)])) };
  } catch {
    return null;
  }
}

/**
 * Keeps one token, or notes what is wrong with it. Its own `jti` counts, not what it is sent under. What its key is not known of yet is
 * neither: it is told again.
 */
async function keep(
  { ledger, readAddress }: PollDeps,
  source: DuePoll,
  sent: { jti: string; token: string },
  settled: Settled,
): Promise<void> {
  const within: KeyFetching['within'] = (work) => ledger.db.transaction(work);
  try {
    const said = await readSignalToken({ within, readAddress }, source, sent.token);
    await ledger.db.transaction((tx) => keepSignal(tx, { source, ...said }));
    settled.ack.push(sent.jti);
  } catch (error) {
    if (error instanceof KeysNotKnown) return;
    if (!(error instanceof SecurityEventRefusal)) throw error;
    settled.setErrs[sent.jti] = { err: error.fault, description: error.detail };
  }
}
