import {
  readSecurityEventToken,
  type SecurityEventToken,
  UnknownKey,
  verifyingKeysIn,
} from '../crypto/signal-token.ts';
import { type KeySet, readKeySet, type ReadAddress } from '../domain/key-set.ts';
import type { Executor } from './client.ts';
import {
  claimDueKeys,
  claimKeys,
  type KeySource,
  noteKeys,
  noteKeysFailed,
  readKeys,
} from './queries/signal-keys.ts';
import type { SpeakingSource } from './queries/signal.ts';

/** What fetching keys works with. Nothing is locked in the ledger while something is fetched. */
export interface KeyFetching {
  /** One transaction of somebody who may write what a source's keys are. */
  within: <T>(work: (tx: Executor) => Promise<T>) => Promise<T>;
  readAddress: ReadAddress;
}

/** However many tokens name keys that nobody knows, those of one source are fetched once in so long. */
const pauseMs = 60_000;
/** And so often where nothing was asked for, so that a key that was withdrawn is not good for longer; sooner where that failed. */
const backgroundPauseMs = { usual: 24 * 3_600_000, failed: 3_600_000 };
const sourcesAtOnce = 10;

/** A token's key may be a new one, and what keys there are cannot be found out now: nobody knows yet whether it is good. */
export class KeysNotKnown extends Error {
  override readonly name = 'KeysNotKnown';
}

/** The keys that stand at an address, those alone that signatures are checked with; or the closed code of why there are none. */
export async function fetchKeys(
  readAddress: ReadAddress,
  address: string,
): Promise<KeySet | { error: string }> {
  const answer = await readAddress(address);
  if ('error' in answer) return answer;
  const keys = readKeySet(answer.text);
  return keys === null ? { error: 'malformed' } : { keys: await verifyingKeysIn(keys) };
}

/**
 * Reads a token of a source ({@link readSecurityEventToken}). Where it names a key that is none of the source's, these are fetched anew.
 * @throws SecurityEventRefusal; KeysNotKnown while they cannot be, so that the token is sent again and nothing wrong is said of it
 */
export async function readSignalToken(
  fetching: KeyFetching,
  source: SpeakingSource,
  token: string,
): Promise<SecurityEventToken> {
  try {
    return await readSecurityEventToken(token, source, source.nowMs);
  } catch (error) {
    if (!(error instanceof UnknownKey) || source.jwksUri === null) throw error;
  }
  const { id, organizationId, jwksUri } = source;
  const { isOurTurn, now } = await fetching.within(async (tx) => {
    const isOurs = await claimKeys(tx, id, pauseMs);
    // Somebody else may have fetched them since the source was read.
    return { isOurTurn: isOurs, now: isOurs ? null : await readKeys(tx, id) };
  });
  const jwks = isOurTurn ? await refresh(fetching, { id, organizationId, jwksUri }) : now;
  if (jwks === null) throw new KeysNotKnown();
  try {
    return await readSecurityEventToken(token, { ...source, jwks: { ...jwks } }, source.nowMs);
  } catch (error) {
    throw error instanceof UnknownKey && !isOurTurn ? new KeysNotKnown() : error;
  }
}

/** Fetches the keys of sources whose turn it is; returns how many these were. */
export async function refreshDueKeys(fetching: KeyFetching): Promise<number> {
  const due = await fetching.within((tx) => claimDueKeys(tx, sourcesAtOnce, backgroundPauseMs));
  await Promise.all(due.map((source) => refresh(fetching, source)));
  return due.length;
}

/** Null where they could not be fetched: then those before stay. */
async function refresh({ within, readAddress }: KeyFetching, source: KeySource): Promise<KeySet | null> {
  const fetched = await fetchKeys(readAddress, source.jwksUri);
  if ('error' in fetched) {
    await within((tx) => noteKeysFailed(tx, source.id, fetched.error));
    return null;
  }
  await within((tx) => noteKeys(tx, source, fetched));
  return fetched;
}
