import type { SealingKeys } from '../crypto/keys.ts';
import {
  makeTurningKey,
  openTurningKey,
  turnAt,
  type TurningKey,
  turnsPublished,
} from '../crypto/turning-keys.ts';
import type { Executor } from './client.ts';
import { insertSigningKey, readSigningKeys } from './queries/signing-key.ts';

/** The keys that what leaves this installation is signed with. They take turns by the clock; nobody has to do anything for it. */
export interface SigningKeys {
  /** The one to sign with at an instant, in milliseconds since 1970. @throws SealingError, and what the ledger throws */
  current(nowMs: number): Promise<TurningKey>;
  /** Those that others check with then: of the former, this one and the next those that are made. Whoever asks for them makes none. */
  published(nowMs: number): Promise<TurningKey[]>;
}

/** Makes the keys of a ledger available; one that is missing is made by whoever needs it first. */
export function signingKeysOf(db: Executor, sealing: SealingKeys): SigningKeys {
  const opened = new Map<number, TurningKey>();

  async function made(turns: readonly number[]): Promise<TurningKey[]> {
    const missing = turns.filter((turn) => !opened.has(turn));
    const found = missing.length > 0 ? await readSigningKeys(db, missing) : [];
    for (const { turn, sealedPrivateKey } of found)
      opened.set(turn, await openTurningKey(sealing, turn, sealedPrivateKey));
    return turns.flatMap((turn) => opened.get(turn) ?? []);
  }

  async function makeMissing(turns: readonly number[]): Promise<void> {
    const there = await made(turns);
    const absent = turns.filter((turn) => !there.some((key) => key.turn === turn));
    // What another process makes meanwhile is the one that counts.
    await Promise.all(
      absent.map(async (turn) =>
        insertSigningKey(db, { turn, sealedPrivateKey: await makeTurningKey(sealing, turn) }),
      ),
    );
  }

  return {
    async current(nowMs) {
      // The others too, so that the next one is published long before it is signed with.
      const [turn, turns] = [turnAt(nowMs), turnsPublished(nowMs)];
      await makeMissing(turns);
      const key = (await made(turns)).find((one) => one.turn === turn);
      if (!key) throw new TypeError('A turn without its key.');
      return key;
    },
    published: (nowMs) => made(turnsPublished(nowMs)),
  };
}
