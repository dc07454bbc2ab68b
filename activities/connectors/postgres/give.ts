import type { Sql } from 'postgres';
import { scramVerifier } from '../../../crypto/scram.ts';
import type { Holding } from '../../../domain/plan.ts';
import type { Attempt } from '../connector.ts';
import { ConnectorError } from '../errors.ts';
import { retryingConflicts } from './failures.ts';
import { enter, holdLive, moveUntil } from './fence.ts';
import { accountIdentifier, identifier, instantLiteral, verifierLiteral } from './names.ts';
import { endSessions, findRole } from './sessions.ts';
import type { PostgresSettings } from './settings.ts';

const connectionLimit = 5;

/** Only said when the role is made: later only a superuser may so much as mention some of these. */
const powerless = 'NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS';

/**
 * Makes the grant's login role, or makes it right again. The membership can be used but neither be given on (ADMIN) nor
 * be put on (SET), so that what the session creates is always the account's own.
 */
export async function add(
  sql: Sql,
  settings: PostgresSettings,
  holding: Holding,
  attempt: Attempt,
): Promise<void> {
  const account = accountIdentifier(holding.account);
  const role = identifier(entitlementRole(settings, holding));
  if (attempt.password === null) throw new ConnectorError('misconfigured');
  await attempt.reach('postgres.before-add');
  const verifier = verifierLiteral(await scramVerifier(attempt.password));
  const attributes = `LOGIN INHERIT CONNECTION LIMIT ${connectionLimit}
    PASSWORD ${verifier} VALID UNTIL ${instantLiteral(holding.until)}`;
  await retryingConflicts(attempt.signal, () =>
    sql.begin(async (tx) => {
      await enter(tx, holding, attempt.number);
      const known = await tx`SELECT FROM pg_roles WHERE rolname = ${holding.account}`;
      attempt.signal.throwIfAborted();
      await tx.unsafe(`${known.length === 0 ? `CREATE ROLE ${account} ${powerless}` : `ALTER ROLE ${account}`}
        ${attributes};
        GRANT ${role} TO ${account} WITH ADMIN FALSE, INHERIT TRUE, SET FALSE`);
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
    sql.begin(async (tx) => {
      await moveUntil(tx, account, until, attempt.number);
      await tx.unsafe(statement);
      await attempt.reach('postgres.inside-move-end');
      attempt.signal.throwIfAborted();
    }),
  );
}

/** Gives a live account another password, then ends the sessions that were opened with the former one. */
export async function replacePassword(
  sql: Sql,
  account: string,
  password: string,
  signal: AbortSignal,
): Promise<void> {
  const verifier = verifierLiteral(await scramVerifier(password));
  await retryingConflicts(signal, () =>
    sql.begin(async (tx) => {
      await holdLive(tx, account);
      await tx.unsafe(`ALTER ROLE ${accountIdentifier(account)} PASSWORD ${verifier}`);
    }),
  );
  const role = await findRole(sql, account);
  if (role !== null) await endSessions(sql, role, signal);
}

function entitlementRole(settings: PostgresSettings, holding: Holding): string {
  const role = Object.hasOwn(settings.roles, holding.entitlement)
    ? settings.roles[holding.entitlement]
    : undefined;
  // Without a customer a shared database would show nothing, and a customer means nothing where there is only one.
  if (role === undefined || settings.scoped !== (holding.scope !== null))
    throw new ConnectorError('misconfigured');
  return role;
}
