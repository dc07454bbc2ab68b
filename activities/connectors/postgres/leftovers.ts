import type { Sql } from 'postgres';
import { identifier } from './names.ts';

const pageSize = 2_000;

type Page = { oid: number; statement: string }[];

/**
 * Statements, in pages, that take every right to what the account owns in this database from everybody else, PUBLIC
 * included, and let no function run with its owner's rights: an owner is about to take over that reaches what other
 * accounts left. The statements are written by the server, which quotes every name.
 */
export async function* closingStatements(sql: Sql, account: string): AsyncGenerator<string[]> {
  const others = (acl: string) => `
    (SELECT string_agg(DISTINCT CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END, ', ')
     FROM aclexplode(${acl}) WHERE grantee <> me.oid)`;
  const kinds = [
    // A sequence's and a column's rights go with the table's keyword, too.
    `SELECT c.oid, format('REVOKE ALL ON TABLE %s FROM %s CASCADE', c.oid::regclass, others.names) AS statement
     FROM me JOIN pg_class c ON c.relowner = me.oid AND c.relkind NOT IN ('i', 'I', 't', 'c'),
     LATERAL (SELECT ${others(`(SELECT nullif(coalesce(c.relacl, '{}') || coalesce(array_agg(one), '{}'), '{}')
       FROM pg_attribute a, unnest(a.attacl) one WHERE a.attrelid = c.oid)`)}) others (names)
     WHERE others.names IS NOT NULL`,
    `SELECT p.oid, concat_ws(';',
       CASE WHEN p.prosecdef THEN format('ALTER ROUTINE %s SECURITY INVOKER', p.oid::regprocedure) END,
       CASE WHEN others.names IS NOT NULL
         THEN format('REVOKE ALL ON ROUTINE %s FROM %s CASCADE', p.oid::regprocedure, others.names) END) AS statement
     FROM me JOIN pg_proc p ON p.proowner = me.oid,
     LATERAL (SELECT ${others(`coalesce(p.proacl, acldefault('f', p.proowner))`)}) others (names)
     WHERE p.prosecdef OR others.names IS NOT NULL`,
    `SELECT l.oid, format('REVOKE ALL ON LARGE OBJECT %s FROM %s CASCADE', l.oid, others.names) AS statement
     FROM me JOIN pg_largeobject_metadata l ON l.lomowner = me.oid,
     LATERAL (SELECT ${others('l.lomacl')}) others (names)
     WHERE others.names IS NOT NULL`,
    `SELECT n.oid, format('REVOKE ALL ON SCHEMA %s FROM %s CASCADE', n.oid::regnamespace, others.names) AS statement
     FROM me JOIN pg_namespace n ON n.nspowner = me.oid,
     LATERAL (SELECT ${others('n.nspacl')}) others (names)
     WHERE others.names IS NOT NULL`,
  ];
  for (const kind of kinds) yield* pages(sql, account, kind);
}

/**
 * Statements, in pages, that give what the account owns in this database to `owner`, one object each. What is rare or
 * has no such statement is left for REASSIGN OWNED, which takes all there is in one transaction.
 */
export function movingStatements(sql: Sql, account: string, owner: string): AsyncGenerator<string[]> {
  return pages(
    sql,
    account,
    `SELECT s.objid AS oid, format('ALTER %s %s OWNER TO ${identifier(owner)}', upper(object.type), object.identity) AS statement
     FROM me JOIN pg_shdepend s ON s.refobjid = me.oid AND s.refclassid = 'pg_authid'::regclass AND s.deptype = 'o'
       AND s.dbid = (SELECT oid FROM pg_database WHERE datname = current_database()),
     LATERAL pg_identify_object(s.classid, s.objid, s.objsubid) object
     WHERE object.type IN ('table', 'view', 'materialized view', 'foreign table', 'sequence', 'type', 'function',
       'procedure', 'aggregate', 'large object', 'operator', 'collation', 'conversion', 'text search configuration',
       'text search dictionary')
     -- A serial column's sequence moves with its table, and refuses to move alone.
     AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = s.objid
       AND s.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
       AND d.refobjsubid > 0 AND object.type = 'sequence')`,
  );
}

/** Goes through them by number, so that what a statement cannot change is met once and not for ever. */
async function* pages(sql: Sql, account: string, query: string): AsyncGenerator<string[]> {
  for (let after = 0; ; ) {
    const page = await sql.unsafe<Page>(
      `WITH me AS (SELECT oid FROM pg_roles WHERE rolname = $1)
       SELECT oid, statement FROM (${query}) listed WHERE oid > $2 ORDER BY oid LIMIT ${pageSize}`,
      [account, after],
    );
    const last = page.at(-1);
    if (!last) return;
    yield page.map((row) => row.statement);
    after = last.oid;
  }
}
