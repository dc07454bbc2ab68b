import type { Sql } from 'postgres';
import { scramVerifier } from '../../../crypto/scram.ts';
import { inTransaction } from '../../../db/transaction.ts';
import type { Holding } from '../../../domain/plan.ts';
import type { Attempt } from '../connector.ts';
import { ConnectorError } from '../errors.ts';
import type { Elsewhere } from './elsewhere.ts';
import { retryingConflicts } from './failures.ts';
import { enter, holdLive, moveUntil } from './fence.ts';
import { outlastLogins } from './logins.ts';
import { accountIdentifier, identifier, instantLiteral, verifierLiteral } from './names.ts';
import type { PostgresSettings } from './settings.ts';
import { shutOut, withdraw } from './shut-out.ts';

const connectionLimit = 5;

/** Only said when the role is made: later only a superuser may so much as mention some of these. */
const powerless = 'NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS';

/** Makes the grant's login role, or makes it right again. */
export async function add(
  sql: Sql,
  settings: PostgresSettings,
  holding: Holding,
  attempt: Attempt,
): Promise<void> {
  const account = accountIdentifier(holding.account);
  const role = entitlementRole(settings, holding);
  if (attempt.password === null) throw new ConnectorError('misconfigured');
  await attempt.reach('postgres.before-add');
  const verifier = verifierLiteral(await scramVerifier(attempt.password));
  const attributes = `LOGIN INHERIT CONNECTION LIMIT ${connectionLimit}
    PASSWORD ${verifier} VALID UNTIL ${instantLiteral(holding.until)}`;
  await retryingConflicts(attempt.signal, () =>
    inTransaction(sql, async (tx) => {
      await enter(tx, holding, attempt.number);
      const known = await tx`SELECT FROM pg_roles WHERE rolname = ${holding.account}`;
      attempt.signal.throwIfAborted();
      await tx.unsafe(`${known.length === 0 ? `CREATE ROLE ${account} ${powerless}` : `ALTER ROLE ${account}`}
        ${attributes};
        ${membership(role, holding.account)}`);
      await attempt.reach('postgres.inside-add');
      attempt.signal.throwIfAborted();
    }),
  );
  await attempt.reach('postgres.after-add');
}

/** Moves the end at which the target itself refuses. Open sessions are left alone. */
export async function moveEnd(sql: Sql, account: string, until: string, attempt: Attempt): Promise<void> {
  const statement = `ALTER ROLE ${accountIdentifier(account)} VALID UNTIL ${instantLiteral(until)}`;
  await retryingConflicts(attempt.signal, () =>
    inTransaction(sql, async (tx) => {
      await moveUntil(tx, account, until, attempt.number);
      await tx.unsafe(statement);
      await attempt.reach('postgres.inside-move-end');
      attempt.signal.throwIfAborted();
    }),
  );
}

/**
 * Gives a live account another password, so that whoever knew the former one is out: first the account is shut out as at
 * its end. When no login and no session is left that could change the password once more, or keep the role's row to itself,
 * it gets the new one; and when no login is left that began before it, its login and its membership back. What was begun
 * is completed by repeating it.
 */
export async function replacePassword(
  sql: Sql,
  settings: PostgresSettings,
  account: string,
  attempt: Attempt,
  elsewhere: Elsewhere,
): Promise<void> {
  const { number, password, signal } = attempt;
  if (password === null) throw new ConnectorError('misconfigured');
  const name = accountIdentifier(account);
  const verifier = verifierLiteral(await scramVerifier(password));
  const asLatest = (statement: string) =>
    inTransaction(sql, async (tx) => {
      // A later attempt may have given the account its login back already.
      await holdLive(tx, account, number);
      signal.throwIfAborted();
      await tx.unsafe(statement);
    });
  const { roleOid, role } = await retryingConflicts(signal, () =>
    inTransaction(sql, async (tx) => {
      const live = await holdLive(tx, account, number);
      await withdraw(tx, account, live.memberOf);
      return { ...live, role: roleOfEntitlement(settings, live.entitlement) };
    }),
  );
  const shutOutWith = (more: string) =>
    shutOut(sql, account, roleOid, signal, elsewhere, (statement) => asLatest(statement + more));
  await shutOutWith('');
  await outlastLogins(sql, signal);
  await shutOutWith(` PASSWORD ${verifier}`);
  await outlastLogins(sql, signal);
  await retryingConflicts(signal, () => asLatest(`ALTER ROLE ${name} LOGIN; ${membership(role, account)}`));
}

/** It can be used but neither be given on (ADMIN) nor be put on (SET), so that what the session creates is the account's own. */
export function membership(role: string, account: string): string {
  return `GRANT ${identifier(role)} TO ${accountIdentifier(account)} WITH ADMIN FALSE, INHERIT TRUE, SET FALSE`;
}

function entitlementRole(settings: PostgresSettings, holding: Holding): string {
  // Without a customer a shared database would show nothing, and a customer means nothing where there is only one.
  if (settings.scoped !== (holding.scope !== null)) throw new ConnectorError('misconfigured');
  return roleOfEntitlement(settings, holding.entitlement);
}

/** The database role behind an entitlement. @throws ConnectorError `misconfigured` */
export function roleOfEntitlement(settings: PostgresSettings, entitlement: string): string {
  const role = Object.hasOwn(settings.roles, entitlement) ? settings.roles[entitlement] : undefined;
  if (role === undefined) throw new ConnectorError('misconfigured');
  return role;
}
