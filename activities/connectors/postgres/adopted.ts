import type { Sql } from 'postgres';
import { inTransaction } from '../../../db/transaction.ts';
import type { AccountHindrance, FoundAccount, SoughtAccount } from '../../../domain/found-account.ts';
import type { Change } from '../../../domain/plan.ts';
import type { Attempt } from '../connector.ts';
import { ConnectorError } from '../errors.ts';
import { retryingConflicts } from './failures.ts';
import { enter } from './fence.ts';
import { membership, roleOfEntitlement } from './give.ts';
import { accountIdentifier, instantLiteral, isName } from './names.ts';
import { farAway } from './observe.ts';
import type { PostgresSettings } from './settings.ts';

/**
 * Login roles that were there before us. One may be taken over as the account of one grant when it is like those that we
 * make: it holds one entitlement's role and nothing else, owns nothing, has no power of its own, and the server's
 * administrator has handed it over (`GRANT anna TO tenure_connector WITH ADMIN OPTION`), without which we could not end it.
 */

interface Role {
  account: string;
  canLogIn: boolean;
  /** Null when the role's end is missing or infinite. */
  until: string | null;
  isPowerful: boolean;
  isService: boolean;
  isHandedOver: boolean;
  ownsObjects: boolean;
  /** Rights of its own, or a role that is none of this database's entitlements. */
  hasMore: boolean;
  hasEnded: boolean;
  /** The entitlement roles it is a member of. */
  memberOf: string[];
}

/** Looks for the roles that lists name; null where customers share the database, which shows nobody else anything. */
export async function find(
  sql: Sql,
  settings: PostgresSettings,
  sought: readonly SoughtAccount[],
): Promise<FoundAccount[] | null> {
  if (settings.scoped) return null;
  const names = sought.flatMap(({ account }) => (account !== null && isName(account) ? [account] : []));
  const roles = new Map((await read(sql, settings, names)).map((role) => [role.account, role]));
  return sought.flatMap(({ email, account }) => {
    const role = roles.get(account ?? '');
    if (!role) return [];
    const hindrance = hindranceOf(role);
    const holdings = Object.entries(settings.roles)
      .filter(([, name]) => role.memberOf.includes(name))
      .map(([entitlement]) => ({
        account: role.account,
        entitlement,
        scope: null,
        until: role.until ?? farAway,
      }));
    // One of another database of this server is none of ours.
    if (hindrance === null && holdings.length === 0) return [];
    return [{ email, account: role.account, holdings, hindrance }];
  });
}

function hindranceOf(role: Role): AccountHindrance | null {
  if (role.isService) return 'service';
  if (role.isPowerful) return 'administrator';
  if (role.hasEnded) return 'ended-before';
  if (role.memberOf.length > 1 || (role.memberOf.length > 0 && role.hasMore)) return 'holds-more';
  if (role.ownsObjects) return 'owns-objects';
  if (role.memberOf.length === 0) return null;
  if (!role.canLogIn) return 'cannot-sign-in';
  return role.isHandedOver ? null : 'not-handed-over';
}

/**
 * Whether we may touch a role that we did not make: asked before every change of it, whatever the ledger says. A role that is
 * not there (any more) is not in the way of its end.
 * @throws ConnectorError `target-refused`
 */
export async function requireHandedOver(
  sql: Sql,
  settings: PostgresSettings,
  account: string,
  kind: Change['kind'],
): Promise<void> {
  accountIdentifier(account);
  const [role] = await read(sql, settings, [account]);
  if (!role && kind === 'remove') return;
  if (!role || role.isService || role.isPowerful || !role.isHandedOver)
    throw new ConnectorError('target-refused');
}

/** Confines a role that was there to its grant's end. Its password stays its holder's own. */
export async function takeOver(
  sql: Sql,
  settings: PostgresSettings,
  change: Exclude<Change, { kind: 'remove' }>,
  attempt: Attempt,
): Promise<void> {
  const until = change.kind === 'add' ? change.holding.until : change.until;
  const holding = { ...change.holding, until };
  const account = accountIdentifier(holding.account);
  const role = roleOfEntitlement(settings, holding.entitlement);
  await retryingConflicts(attempt.signal, () =>
    inTransaction(sql, async (tx) => {
      await enter(tx, holding, attempt.number);
      attempt.signal.throwIfAborted();
      await tx.unsafe(`ALTER ROLE ${account} VALID UNTIL ${instantLiteral(until)}
        ${change.kind === 'add' ? `; ${membership(role, holding.account)}` : ''}`);
    }),
  );
}

/** To act for a role at its end, as we may for those that we made. */
export function actingFor(account: string): string {
  return `GRANT ${accountIdentifier(account)} TO CURRENT_USER WITH INHERIT TRUE, SET TRUE`;
}

function read(sql: Sql, settings: PostgresSettings, names: readonly string[]): Promise<Role[]> {
  const entitlements = Object.values(settings.roles).join(',');
  return sql<Role[]>`
    WITH entitlement AS (SELECT oid, rolname FROM pg_roles WHERE rolname = ANY (string_to_array(${entitlements}, ',')))
    SELECT r.rolname AS account, r.rolcanlogin AS "canLogIn",
      CASE WHEN isfinite(r.rolvaliduntil)
        THEN to_char(r.rolvaliduntil AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') END AS until,
      r.rolsuper OR r.rolcreaterole OR r.rolcreatedb OR r.rolreplication OR r.rolbypassrls
        OR EXISTS (SELECT FROM pg_auth_members m WHERE m.member = r.oid AND m.admin_option) AS "isPowerful",
      r.rolname IN (current_user, ${settings.owner}) OR r.rolname ~ '^(pg|tnr)_'
        OR EXISTS (SELECT FROM entitlement e WHERE e.oid = r.oid)
        OR EXISTS (SELECT FROM pg_auth_members m WHERE m.roleid = r.oid AND m.member <> current_user::regrole) AS "isService",
      EXISTS (SELECT FROM pg_auth_members m
        WHERE m.roleid = r.oid AND m.member = current_user::regrole AND m.admin_option) AS "isHandedOver",
      EXISTS (SELECT FROM pg_shdepend s
        WHERE s.refclassid = 'pg_authid'::regclass AND s.refobjid = r.oid AND s.deptype = 'o') AS "ownsObjects",
      EXISTS (SELECT FROM pg_shdepend s
        WHERE s.refclassid = 'pg_authid'::regclass AND s.refobjid = r.oid AND s.deptype = 'a')
        OR EXISTS (SELECT FROM pg_auth_members m
          WHERE m.member = r.oid AND m.roleid NOT IN (SELECT oid FROM entitlement)) AS "hasMore",
      EXISTS (SELECT FROM tenure.account a WHERE a.account = r.rolname AND a.ended_at IS NOT NULL) AS "hasEnded",
      (SELECT coalesce(json_agg(DISTINCT e.rolname), '[]') FROM pg_auth_members m JOIN entitlement e ON e.oid = m.roleid
        WHERE m.member = r.oid) AS "memberOf"
    FROM pg_roles r WHERE r.rolname = ANY (string_to_array(${names.join(',')}, ','))`;
}
