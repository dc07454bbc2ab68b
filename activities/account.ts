import { unseal } from '../crypto/sealing.ts';
import {
  type AccountGrant,
  type AccountRef,
  newestNumber,
  wantOwn,
  type WantedAccount,
  wantShared,
} from '../db/queries/account.ts';
import { keepingFound } from '../domain/found-account.ts';
import { gate } from '../domain/gates.ts';
import { type Change, type Holding, holdingKey, plan, union } from '../domain/plan.ts';
import type { Connector, Observation, Target } from './connectors/connector.ts';
import { ConnectorError } from './connectors/errors.ts';
import { type ActivityDeps, reachTarget } from './deps.ts';
import { createTurns, type Turns } from './turns.ts';

/** What an account was read back to hold, grant by grant. Ids of grants; none stands in two lists. */
export interface SyncedAccount {
  /** The target gives what it says. */
  held: string[];
  /** Its time has come, and nothing is left of it. */
  gone: string[];
  /** Neither: `failure` says why. */
  left: string[];
  failure: unknown;
}

export interface SyncWish {
  /** Of the connector: grants share the account. */
  shares: boolean;
  /** What begins and what ends do not wait for each other; the newer state wins. */
  lane: 'giving' | 'ending';
  signal: AbortSignal;
  /** What the account shall hold, as `wantAccounts` has read it a moment ago; it is read anew when that is overtaken. */
  wanted?: WantedAccount;
}

const nothing: SyncedAccount = { held: [], gone: [], left: [], failure: null };
/** Newer states that overtake ours; each was read later, and something else goes on if there are more. */
const triesWhenOvertaken = 8;

/**
 * Brings one account to the union of all its live grants and reads it back: one look at the ledger, a plan, its gate, the
 * changes under one number, removals first, another look at the target. What is due is told to go even when the target
 * shows it no more, and a shared account is told something in any case, so that whatever is still on its way there comes
 * too late. When a newer state overtakes this one it looks again. An account that has nothing open is left as it is. So is
 * what an account that was taken over held before and no grant gives, unless whose it is has left.
 * @throws when the target could not be brought to it at all; what went wrong with a single grant is in the answer.
 */
export function syncAccount(deps: ActivityDeps, ref: AccountRef, wish: SyncWish): Promise<SyncedAccount> {
  const key = `${wish.lane} ${ref.resourceId} ${ref.account}`;
  return turnsOf(deps).within(key, wish.signal, () => untilNewest(deps, ref, wish));
}

/** Reads what several accounts of one kind shall hold, in one transaction; see `syncAccount`. */
export function wantAccounts(
  deps: ActivityDeps,
  refs: readonly AccountRef[],
  shares: boolean,
): Promise<(WantedAccount | null)[]> {
  return shares ? wantShared(deps.ledger.db, refs) : wantOwn(deps.ledger.db, refs);
}

/** Of one process of ours; another one is told apart by the numbers alone. */
const turns = new WeakMap<ActivityDeps, Turns>();

function turnsOf(deps: ActivityDeps): Turns {
  const known = turns.get(deps) ?? createTurns();
  turns.set(deps, known);
  return known;
}

async function untilNewest(deps: ActivityDeps, ref: AccountRef, wish: SyncWish): Promise<SyncedAccount> {
  for (let tries = 1; ; tries += 1) {
    const read = tries === 1 ? wish.wanted : undefined;
    const wanted = read ?? (await wantAccounts(deps, [ref], wish.shares))[0];
    if (!wanted) return nothing;
    try {
      const synced = await bring(deps, ref, wanted, wish);
      if (!synced.failure || tries === triesWhenOvertaken) return synced;
      if (!wish.shares || (await newestNumber(deps.ledger.db, ref)) === wanted.number) return synced;
    } catch (error) {
      if (!isOvertaken(error)) throw error;
      if (tries === triesWhenOvertaken) throw new ConnectorError('not-confirmed');
    }
  }
}

/** Where a grant has its account to itself, its end overtakes its beginning. */
function isOvertaken(error: unknown): boolean {
  return error instanceof ConnectorError && (error.code === 'superseded' || error.code === 'already-ended');
}

async function bring(
  deps: ActivityDeps,
  ref: AccountRef,
  wanted: WantedAccount,
  { shares, signal }: SyncWish,
): Promise<SyncedAccount> {
  const { connector, target } = reachTarget(deps, wanted);
  const { restored, kept } = keepingFound(wanted.found ?? [], wanted.grants, wanted.isCut);
  const live = union([
    ...wanted.grants.filter((grant) => !grant.isDue).map((grant) => grant.holding),
    ...restored,
  ]);
  const due = wanted.grants.filter((grant) => grant.isDue).map((grant) => grant.holding);
  const before = without(kept, await connector.observe(target, [ref.account], signal));
  const planned = plan(live, [...before.holdings, ...unseen(due, [...live, ...before.holdings])]);
  const changes = shares && planned.length === 0 ? sayAgain(live) : planned;
  gate(changes, ref.account);
  const refused = await applyAll(deps, connector, target, changes, wanted, signal);
  const after = without(kept, await connector.observe(target, [ref.account], signal));
  // What is kept may have sessions: then the account need not be empty when nothing else is held.
  return judge(wanted.grants, [...live, ...kept], after, connector, refused);
}

/** What is seen, but for these holdings. */
function without(kept: readonly Holding[], seen: Observation): Observation {
  return kept.length === 0 ? seen : { ...seen, holdings: unseen(seen.holdings, kept) };
}

/**
 * What changes nothing, but brings the number to the target: else something that an earlier try has sent, and that is still
 * on its way, would be taken for the newest word.
 */
function sayAgain(live: readonly Holding[]): Change[] {
  return live.slice(0, 1).map((holding) => ({ kind: 'move-end', holding, until: holding.until }));
}

/** Those that are not among the others, whatever their ends. */
function unseen(holdings: readonly Holding[], others: readonly Holding[]): Holding[] {
  const known = new Set(others.map(holdingKey));
  return holdings.filter((holding) => !known.has(holdingKey(holding)));
}

/**
 * Makes the changes in their order. One that the target refuses for good does not keep the others from being made; returns
 * the first such refusal.
 */
async function applyAll(
  deps: ActivityDeps,
  connector: Connector,
  target: Target,
  changes: readonly Change[],
  { number, grants, found, holder }: WantedAccount,
  signal: AbortSignal,
): Promise<unknown> {
  let refused: unknown = null;
  for (const change of changes) {
    // An account that was there before us has a password, which is its holder's.
    const yieldsCredential = connector.capabilities.yieldsCredential && found === null;
    const password = yieldsCredential ? passwordFor(deps, change, grants) : null;
    // Who it is matters only to a target that makes a user of it.
    const to = change.kind === 'remove' ? null : holder;
    try {
      await connector.apply(target, change, { number, password, holder: to, signal, reach: deps.reach });
    } catch (error) {
      if (!(error instanceof ConnectorError) || error.code !== 'target-refused') throw error;
      refused ??= error;
    }
  }
  return refused;
}

function passwordFor(deps: ActivityDeps, change: Change, grants: readonly AccountGrant[]): string | null {
  if (change.kind !== 'add') return null;
  const grant = grants.find((one) => holdingKey(one.holding) === holdingKey(change.holding));
  // While it is being replaced the account holds nothing for a moment: the next try finds it again.
  if (!grant?.sealedPassword || grant.isReplacing) throw new ConnectorError('not-confirmed');
  return unseal(deps.sealing, grant.sealedPassword, `grant:${grant.id}`);
}

/** A grant is as it shall be when the target holds for its entitlement just what all live grants together say. */
function judge(
  grants: readonly AccountGrant[],
  live: readonly Holding[],
  after: Observation,
  connector: Connector,
  refused: unknown,
): SyncedAccount {
  const wrong = new Set(plan(live, after.holdings).map((change) => holdingKey(change.holding)));
  const mustBeEmpty = live.length === 0;
  const isInUse =
    after.sessions > 0 || (connector.capabilities.yieldsCredential && after.accounts.length > 0);
  const isRight = (grant: AccountGrant) => !wrong.has(holdingKey(grant.holding)) && !(mustBeEmpty && isInUse);
  const ids = (which: (grant: AccountGrant) => boolean) => grants.filter(which).map((grant) => grant.id);
  const left = ids((grant) => !isRight(grant));
  return {
    held: ids((grant) => !grant.isDue && isRight(grant)),
    gone: ids((grant) => grant.isDue && isRight(grant)),
    left,
    failure: left.length > 0 ? (refused ?? new ConnectorError('not-confirmed')) : null,
  };
}
