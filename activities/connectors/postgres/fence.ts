import type { TransactionSql } from 'postgres';
import type { Holding } from '../../../domain/plan.ts';
import { ConnectorError } from '../errors.ts';

/**
 * `tenure.account` in the target holds, for each account, the latest attempt that was here and whether the account has
 * ended. It is written in the same transaction as the role, so that an attempt which was overtaken (a worker that
 * woke up late, a packet that took long) is refused by the target itself.
 */

/** Enters an attempt to give, or refuses it. @throws ConnectorError `already-ended`, `superseded`, `target-refused`. */
export async function enter(tx: TransactionSql, holding: Holding, attemptNumber: number): Promise<void> {
  const { account, scope, entitlement, until } = holding;
  const entered = await tx`
    INSERT INTO tenure.account AS known (account, customer, entitlement, until, attempt)
    VALUES (${account}, ${scope}, ${entitlement}, ${until}, ${attemptNumber})
    ON CONFLICT (account) DO UPDATE SET until = excluded.until, attempt = excluded.attempt
    WHERE known.ended_at IS NULL AND known.attempt <= excluded.attempt
      AND known.customer IS NOT DISTINCT FROM excluded.customer AND known.entitlement = excluded.entitlement
    RETURNING account`;
  if (entered.length === 0) throw await refusal(tx, account, attemptNumber);
}

/** Moves a live account's end, or refuses. @throws ConnectorError as `enter`. */
export async function moveUntil(
  tx: TransactionSql,
  account: string,
  until: string,
  attemptNumber: number,
): Promise<void> {
  const moved = await tx`
    UPDATE tenure.account SET until = ${until}, attempt = ${attemptNumber}
    WHERE account = ${account} AND ended_at IS NULL AND attempt <= ${attemptNumber}
    RETURNING account`;
  if (moved.length === 0) throw await refusal(tx, account, attemptNumber);
}

/** Enters an attempt at a live account and holds its row until the transaction ends, or refuses. @throws ConnectorError as `enter`. */
export async function holdLive(
  tx: TransactionSql,
  account: string,
  attemptNumber: number,
): Promise<LiveAccount> {
  const [live] = await tx<{ entitlement: string }[]>`
    UPDATE tenure.account SET attempt = ${attemptNumber}
    WHERE account = ${account} AND ended_at IS NULL AND attempt <= ${attemptNumber}
    RETURNING entitlement`;
  if (!live) throw await refusal(tx, account, attemptNumber);
  const [role] = await tx<Omit<LiveAccount, 'entitlement'>[]>`
    SELECT oid AS "roleOid", ${memberOf(tx)} AS "memberOf" FROM pg_roles role WHERE rolname = ${account}`;
  // A foreign hand dropped the role.
  if (!role) throw new ConnectorError('target-refused');
  return { ...live, ...role };
}

/** An account that has not ended. */
export interface LiveAccount {
  entitlement: string;
  roleOid: number;
  /** The roles we made it a member of. */
  memberOf: string[];
}

/** What is left of an account whose end has been marked. */
export interface Remains {
  /** The role's own number, also when the role is gone already; null when there never was one. */
  roleOid: number | null;
  exists: boolean;
  /** The roles we made it a member of. */
  memberOf: string[];
}

/** Marks the account as ended, for good. Never refuses: an end wins over every attempt, and may be marked twice. */
export async function markEnded(
  tx: TransactionSql,
  holding: Holding,
  attemptNumber: number,
): Promise<Remains> {
  const { account, scope, entitlement, until } = holding;
  await tx`
    INSERT INTO tenure.account AS known (account, customer, entitlement, until, attempt, ended_at)
    VALUES (${account}, ${scope}, ${entitlement}, ${until}, ${attemptNumber}, clock_timestamp())
    ON CONFLICT (account) DO UPDATE SET ended_at = coalesce(known.ended_at, excluded.ended_at)`;
  // A statement of its own: the one above may have waited for an add, whose role only a later snapshot shows.
  const [row] = await tx<Remains[]>`
    WITH role AS (SELECT oid FROM pg_roles WHERE rolname = ${account})
    UPDATE tenure.account SET role_oid = coalesce((SELECT oid FROM role), role_oid) WHERE account = ${account}
    RETURNING role_oid AS "roleOid", EXISTS (SELECT FROM role) AS exists,
      coalesce((SELECT ${memberOf(tx)} FROM role), '[]') AS "memberOf"`;
  return row ?? { roleOid: null, exists: false, memberOf: [] };
}

/** The roles that we made `role` a member of, as part of a statement that knows `role.oid`. */
function memberOf(tx: TransactionSql) {
  return tx`(
    SELECT coalesce(json_agg(given.rolname), '[]') FROM pg_auth_members m JOIN pg_roles given ON given.oid = m.roleid
    WHERE m.member = role.oid AND m.grantor = current_user::regrole)`;
}

async function refusal(tx: TransactionSql, account: string, attemptNumber: number): Promise<ConnectorError> {
  const [known] = await tx<{ ended: boolean; attempt: number }[]>`
    SELECT ended_at IS NOT NULL AS ended, attempt FROM tenure.account WHERE account = ${account}`;
  if (known?.ended) return new ConnectorError('already-ended');
  if (known && known.attempt > attemptNumber) return new ConnectorError('superseded');
  // Nothing of that name was ever given here, or it was given as something else.
  return new ConnectorError('target-refused');
}
