import type { WantedAccount } from '../../db/queries/account.ts';
import { syncAccount, wantAccounts } from '../account.ts';
import { ConnectorError } from '../connectors/errors.ts';
import type { ActivityDeps } from '../deps.ts';
import { endsPerTarget } from '../../domain/limits.ts';
import { failureCode, isRetryable } from '../failures.ts';
import { inLanes } from './lanes.ts';
import type { TouchedAccount } from './touched.ts';

/** How it went with everything that a person's accounts were to be brought to. */
export interface PersonResult {
  personId: string;
  /** Ids of grants that were read back to be held, or to be gone. */
  held: string[];
  gone: string[];
  /** Closed code of the first failure, the final ones before the others; null when all is as it shall be. */
  error: string | null;
  isFinal: boolean;
  cause: unknown;
}

const perTarget = endsPerTarget;
const overall = 16;
const groupAtMost = 25;
/** How long one try on one account may keep its place, in milliseconds. */
const tryMs = 20_000;
/** So many tries in a row that a target does not answer: it is away, and the rest of the page is not tried on it. */
const silentAtMost = 4;

/**
 * Brings a page's accounts to what the ledger says, several at once, what ends first, and hands over each person as soon as
 * all theirs were tried. One target that hangs keeps those waiting who need it, and nobody else.
 * @throws the signal's reason when it aborts.
 */
export async function bringTargets(
  deps: ActivityDeps,
  accounts: readonly TouchedAccount[],
  signal: AbortSignal,
  over: (result: PersonResult) => void,
): Promise<void> {
  const unique = withoutRepeats(accounts);
  const left = new Map<string, number>();
  for (const { personId } of unique) left.set(personId, (left.get(personId) ?? 0) + 1);
  const results = new Map<string, PersonResult>();
  const silent = new Map<string, number>();
  const limits = { keyOf: (some: Group) => some.targetKey, perKey: perTarget, overall };
  await inLanes(groups(unique), limits, async (some) => {
    signal.throwIfAborted();
    const wanted = await wantGroup(deps, some);
    for (const [at, one] of some.accounts.entries()) {
      signal.throwIfAborted();
      const result = results.get(one.personId) ?? untried(one.personId);
      results.set(one.personId, result);
      await tryAccount(deps, one, { result, silent, signal, wanted: wanted[at] ?? null });
      const rest = (left.get(one.personId) ?? 1) - 1;
      left.set(one.personId, rest);
      if (rest === 0) over(result);
    }
  });
}

/** Accounts of one kind on one target, about which the ledger is asked at once. */
interface Group {
  targetKey: string;
  connector: string;
  accounts: TouchedAccount[];
}

/** As few groups as leave something for every lane of a target. */
function groups(accounts: readonly TouchedAccount[]): Group[] {
  const byTarget = new Map<string, TouchedAccount[]>();
  for (const one of accounts) {
    const key = `${one.targetKey} ${one.connector}`;
    const known = byTarget.get(key);
    if (known) known.push(one);
    else byTarget.set(key, [one]);
  }
  return [...byTarget.values()].flatMap((all) => {
    const size = Math.min(Math.ceil(all.length / (2 * perTarget)), groupAtMost);
    return Array.from({ length: Math.ceil(all.length / size) }, (_, at) => {
      const some = all.slice(at * size, (at + 1) * size);
      return { targetKey: some[0]?.targetKey ?? '', connector: some[0]?.connector ?? '', accounts: some };
    });
  });
}

async function wantGroup(
  deps: ActivityDeps,
  { connector, accounts }: Group,
): Promise<(WantedAccount | null)[]> {
  const shares = deps.connectors.get(connector)?.capabilities.sharesAccounts;
  return shares === undefined ? [] : wantAccounts(deps, accounts, shares);
}

function untried(personId: string): PersonResult {
  return { personId, held: [], gone: [], error: null, isFinal: false, cause: null };
}

/** Each account once; those of which something ends stand first. */
function withoutRepeats(accounts: readonly TouchedAccount[]): TouchedAccount[] {
  const found = new Map<string, TouchedAccount>();
  for (const one of accounts) {
    const key = `${one.resourceId} ${one.account}`;
    const known = found.get(key);
    found.set(key, known ? { ...known, isEnding: known.isEnding || one.isEnding } : one);
  }
  return [...found.values()].sort((a, b) => Number(b.isEnding) - Number(a.isEnding));
}

interface Try {
  result: PersonResult;
  /** How often in a row each target did not answer. */
  silent: Map<string, number>;
  signal: AbortSignal;
  /** What the account shall hold; null when nothing. */
  wanted: WantedAccount | null;
}

async function tryAccount(
  deps: ActivityDeps,
  one: TouchedAccount,
  { result, silent, signal, wanted }: Try,
): Promise<void> {
  try {
    if ((silent.get(one.targetKey) ?? 0) >= silentAtMost) throw new ConnectorError('target-unreachable');
    const shares = deps.connectors.get(one.connector)?.capabilities.sharesAccounts;
    if (shares === undefined) throw new ConnectorError('misconfigured');
    if (!wanted) return;
    const synced = await syncAccount(deps, one, {
      shares,
      lane: one.isEnding ? 'ending' : 'giving',
      signal: AbortSignal.any([signal, AbortSignal.timeout(tryMs)]),
      wanted,
    });
    silent.delete(one.targetKey);
    result.held.push(...synced.held);
    result.gone.push(...synced.gone);
    if (synced.failure) note(result, synced.failure);
  } catch (error) {
    // Whoever stops us has not failed at anything.
    signal.throwIfAborted();
    if (failureCode(error) === 'target-unreachable')
      silent.set(one.targetKey, (silent.get(one.targetKey) ?? 0) + 1);
    else silent.delete(one.targetKey);
    deps.log.warn(
      { resourceId: one.resourceId, personId: one.personId, code: failureCode(error) },
      'not applied',
    );
    note(result, error);
  }
}

function note(result: PersonResult, cause: unknown): void {
  const isFinal = !isRetryable(cause);
  if (result.error !== null && (result.isFinal || !isFinal)) return;
  Object.assign(result, { error: failureCode(cause), isFinal, cause });
}
