import type { Sql } from 'postgres';
import type { Holding } from '../../../domain/plan.ts';
import type { Observation } from '../connector.ts';
import type { PostgresSettings } from './settings.ts';

interface Row {
  account: string;
  canLogIn: boolean;
  /** Null when the role's end is missing or infinite. */
  until: string | null;
  customer: string | null;
  memberOf: string[];
  sessions: number;
}

/** What a role without an end is said to hold until: later than every grant, so that a plan moves it back. */
export const farAway = '9999-12-31T23:59:59.999Z';

/**
 * What the server's own catalogs say about these accounts, in one statement. A role that cannot log in, or has no
 * entitlement's role, holds nothing; the customer comes from the table that the row policies read.
 */
export async function observe(
  sql: Sql,
  settings: PostgresSettings,
  accounts: readonly string[],
): Promise<Observation> {
  const rows = await sql<Row[]>`
    WITH session AS MATERIALIZED (SELECT usesysid, count(*)::integer AS open FROM pg_stat_activity GROUP BY usesysid)
    SELECT r.rolname AS account, r.rolcanlogin AS "canLogIn", known.customer, coalesce(session.open, 0) AS sessions,
      CASE WHEN isfinite(r.rolvaliduntil)
        THEN to_char(r.rolvaliduntil AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') END AS until,
      (SELECT coalesce(json_agg(given.rolname ORDER BY given.rolname), '[]') FROM pg_auth_members m
        JOIN pg_roles given ON given.oid = m.roleid WHERE m.member = r.oid) AS "memberOf"
    FROM pg_roles r
    LEFT JOIN tenure.account known ON known.account = r.rolname
    LEFT JOIN session ON session.usesysid = r.oid
    WHERE r.rolname = ANY (string_to_array(${accounts.join(',')}, ','))
    ORDER BY r.rolname`;
  return {
    holdings: rows.flatMap((row) => holdings(row, settings)),
    accounts: rows.map((row) => row.account),
    sessions: rows.reduce((sum, row) => sum + row.sessions, 0),
  };
}

function holdings(row: Row, settings: PostgresSettings): Holding[] {
  if (!row.canLogIn) return [];
  const { account, customer: scope } = row;
  const held = Object.entries(settings.roles).filter(([, role]) => row.memberOf.includes(role));
  return held.map(([entitlement]) => ({ account, entitlement, scope, until: row.until ?? farAway }));
}
