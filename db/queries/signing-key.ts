import { sql } from 'drizzle-orm';
import type { Executor } from '../client.ts';

/** A key as the ledger keeps it; see crypto/turning-keys.ts. */
export interface SealedKey {
  turn: number;
  sealedPrivateKey: string;
}

/** The keys of some turns that there are already. */
export async function readSigningKeys(db: Executor, turns: readonly number[]): Promise<SealedKey[]> {
  const rows = await db.execute<SealedKey & Record<string, unknown>>(sql`
    select turn, sealed_private_key as "sealedPrivateKey" from signing_key
    where turn = any(${`{${turns.join()}}`}::int[]) order by turn`);
  return [...rows];
}

/** Writes the key of a turn, unless somebody else has meanwhile. */
export async function insertSigningKey(db: Executor, { turn, sealedPrivateKey }: SealedKey): Promise<void> {
  await db.execute(sql`
    insert into signing_key (turn, sealed_private_key) values (${turn}, ${sealedPrivateKey}) on conflict (turn) do nothing`);
}
