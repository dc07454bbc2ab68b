import type { Sql } from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prepareExampleTargets } from '../../../bin/local/example-targets.ts';
import { type ExampleServer, exampleServer, type Grant, refusalOf } from './example-server.ts';

let eu: ExampleServer;
let superuser: Sql;

beforeAll(async () => {
  eu = await exampleServer('eu');
  superuser = eu.superuser('shared_eu');
}, 60_000);
afterAll(() => eu.stop());

const entitlements = ['read', 'write', 'operate', 'administer'] as const;

/** The customers whose rows a session sees, in both tables. */
async function customersSeen(sql: Sql): Promise<string[]> {
  const rows = await sql<{ customer: string }[]>`
    SELECT customer FROM public.orders UNION SELECT customer FROM public.tickets ORDER BY customer`;
  return rows.map((row) => row.customer);
}

async function asAcme(entitlement: string, work: (sql: Sql, grant: Grant) => Promise<void>): Promise<void> {
  const grant = await eu.give('shared_eu', entitlement, 'acme');
  const sql = eu.signIn('shared_eu', grant);
  try {
    await work(sql, grant);
  } finally {
    await sql.end({ timeout: 1 });
    await eu.take('shared_eu', grant);
  }
}

async function foreignRows(): Promise<Record<string, unknown>[]> {
  return [...(await superuser`SELECT * FROM public.orders WHERE customer <> 'acme' ORDER BY customer, id`)];
}

describe('a grant for Acme on the shared database', () => {
  it('is tried where other customers have rows, too', async () => {
    expect(await customersSeen(superuser)).toEqual(['acme', 'globex', 'initech']);
  });

  it.each(entitlements)('sees with %s Acme’s rows and no other, whatever it sets', async (entitlement) => {
    await asAcme(entitlement, async (sql, { holding }) => {
      expect(await customersSeen(sql)).toEqual(['acme']);
      const other = await eu.give('shared_eu', entitlement, 'globex');
      const attempts = [
        `SET ROLE shared_eu_${entitlement}`,
        'SET ROLE northwind_application',
        'SET ROLE tenure_connector',
        `SET ROLE ${other.holding.account}`,
        `SET SESSION AUTHORIZATION ${other.holding.account}`,
        'SET SESSION AUTHORIZATION tenure_owner',
        `SET session_authorization = '${other.holding.account}'`,
        `SET tenure.customer = 'globex'`,
        `SELECT set_config('tenure.customer', 'globex', false)`,
        `SELECT set_config('role', 'northwind_application', false)`,
        `SELECT set_config('session_authorization', '${other.holding.account}', false)`,
        `SET search_path = pg_temp, workshop, public`,
        `ALTER ROLE ${holding.account} SET role = 'northwind_application'`,
        `ALTER ROLE ${holding.account} BYPASSRLS`,
        `ALTER ROLE ${holding.account} CONNECTION LIMIT 50`,
        `ALTER ROLE ${holding.account} VALID UNTIL 'infinity'`,
        `ALTER ROLE ${holding.account} RENAME TO ${other.holding.account}x`,
        `GRANT shared_eu_administer TO ${holding.account}`,
        `GRANT ${other.holding.account} TO ${holding.account}`,
        `GRANT shared_eu_read TO ${other.holding.account}`,
        'ALTER TABLE public.orders DISABLE ROW LEVEL SECURITY',
        'ALTER TABLE public.orders NO FORCE ROW LEVEL SECURITY',
        'CREATE POLICY everything ON public.orders USING (true)',
        'DROP POLICY own_customer ON public.orders',
        'ALTER FUNCTION tenure.own_customer() OWNER TO CURRENT_USER',
        `CREATE OR REPLACE FUNCTION tenure.own_customer() RETURNS text LANGUAGE sql AS $$SELECT 'globex'$$`,
        `UPDATE tenure.account SET customer = 'globex'`,
        `DELETE FROM tenure.account`,
        'CREATE TEMP TABLE account (account text, customer text)',
        `CREATE FUNCTION pg_temp.own_customer() RETURNS text LANGUAGE sql AS $$SELECT 'globex'$$`,
        `CREATE FUNCTION public.own_customer() RETURNS text LANGUAGE sql AS $$SELECT 'globex'$$`,
      ];
      for (const statement of attempts) {
        await refusalOf(sql.unsafe(statement));
        expect(await customersSeen(sql), statement).toEqual(['acme']);
      }
      await sql`RESET ALL`;
      const [me] = await sql`SELECT session_user AS session, current_user AS "current"`;
      expect(me).toEqual({ session: holding.account, current: holding.account });
      await eu.take('shared_eu', other);
    });
  });

  it('reads nothing more by other ways: raw copies, row security off, statistics, the fence, the catalogs', async () => {
    await asAcme('administer', async (sql, { holding }) => {
      const copied: Buffer[] = [];
      for await (const chunk of await sql`COPY public.orders TO STDOUT`.readable())
        copied.push(Buffer.from(chunk));
      expect(Buffer.concat(copied).toString()).not.toMatch(/globex|initech/);
      for (const [statement, refusal] of [
        ['COPY tenure.account TO STDOUT', 'permission denied'],
        [`COPY public.orders TO PROGRAM 'cat'`, 'permission denied'],
        [`COPY public.orders TO '/tmp/orders'`, 'permission denied'],
        ['SELECT * FROM tenure.account', 'permission denied'],
        ['SELECT tenure.own_customer()', 'permission denied'],
        ['SELECT rolpassword FROM pg_authid', 'permission denied'],
        ['SELECT * FROM pg_statistic', 'permission denied'],
        [`SELECT pg_read_file('PG_VERSION')`, 'permission denied'],
        ['CREATE EXTENSION dblink', 'permission denied'],
        ['TRUNCATE public.tickets', 'permission denied'],
        ['CREATE TABLE public.planted ()', 'permission denied'],
        [
          'CREATE TABLE workshop.probe (c text, i bigint, FOREIGN KEY (c, i) REFERENCES public.orders)',
          'permission denied',
        ],
        [
          'CREATE TRIGGER spy BEFORE INSERT ON public.orders EXECUTE FUNCTION suppress_redundant_updates_trigger()',
          'permission denied',
        ],
      ] as const) {
        expect(await refusalOf(sql.unsafe(statement)), statement).toContain(refusal);
      }
      await sql`SET row_security = off`;
      expect(await refusalOf(customersSeen(sql))).toContain('would be affected by row-level security');
      await sql`RESET row_security`;
      await superuser`ANALYZE public.orders`;
      const stats = await sql`SELECT * FROM pg_stats WHERE schemaname IN ('public', 'tenure')`;
      expect(stats).toHaveLength(0);
      const others = await sql`
        SELECT query FROM pg_stat_activity WHERE usename <> ${holding.account} AND query NOT LIKE '<insufficient%'`;
      expect([...others].filter((row) => row['query'] !== '')).toEqual([]);
    });
  });

  it('learns nothing by functions of its own, neither in a condition nor by errors on keys', async () => {
    await asAcme('administer', async (sql) => {
      await sql.unsafe(`
        CREATE FUNCTION workshop.tell(text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001
          AS $$BEGIN RAISE EXCEPTION 'heard %', $1; END$$;
        CREATE FUNCTION workshop.note(text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001
          AS $$BEGIN PERFORM set_config('heard.all', coalesce(current_setting('heard.all', true), '') || $1 || ',', false);
            RETURN true; END$$`);
      await sql`SELECT FROM public.orders WHERE workshop.note(customer)`;
      const [row] = await sql<{ all: string }[]>`SELECT current_setting('heard.all') AS all`;
      const heard = (row?.all ?? '').split(',').filter((text) => text !== '');
      expect(new Set(heard)).toEqual(new Set(['acme']));
      expect(
        await refusalOf(sql`SELECT FROM public.orders WHERE customer <> 'acme' AND workshop.tell(customer)`),
      ).toBe('');
      const [foreign] = await foreignRows();
      const insert = sql`
        INSERT INTO public.orders (customer, id, product, quantity, amount_cents) OVERRIDING SYSTEM VALUE
        VALUES ('globex', ${Number(foreign?.['id'])}, 'x', 1, 1)`;
      expect(await refusalOf(insert)).toContain('violates row-level security policy');
      const reference = sql`
        INSERT INTO public.tickets (customer, order_id, subject) VALUES ('acme', ${Number(foreign?.['id'])}, 'x')`;
      expect(await refusalOf(reference)).toContain('violates foreign key constraint');
    });
  });

  it('writes its own rows, and neither into, over nor out of another customer’s', async () => {
    const before = await foreignRows();
    for (const entitlement of ['write', 'operate', 'administer']) {
      await asAcme(entitlement, async (sql) => {
        const [made] = await sql<{ id: string }[]>`
          INSERT INTO public.orders (customer, product, quantity, amount_cents) VALUES ('acme', 'probe', 1, 1) RETURNING id`;
        expect(await sql`UPDATE public.orders SET status = 'paid' WHERE product = 'probe'`).toHaveProperty(
          'count',
          1,
        );
        for (const statement of [
          `INSERT INTO public.orders (customer, product, quantity, amount_cents) VALUES ('globex', 'planted', 1, 1)`,
          `UPDATE public.orders SET customer = 'globex' WHERE product = 'probe'`,
          `MERGE INTO public.orders USING (SELECT 1) s ON false
             WHEN NOT MATCHED THEN INSERT (customer, product, quantity, amount_cents) VALUES ('globex', 'planted', 1, 1)`,
        ]) {
          expect(await refusalOf(sql.unsafe(statement)), statement).toContain(
            'violates row-level security policy',
          );
        }
        expect(await refusalOf(sql`COPY public.orders FROM STDIN`.writable())).toContain(
          'not supported with row-level',
        );
        expect(
          await sql`UPDATE public.orders SET status = 'refunded' WHERE customer <> 'acme'`,
        ).toHaveProperty('count', 0);
        expect(await sql`DELETE FROM public.orders WHERE customer <> 'acme'`).toHaveProperty('count', 0);
        expect(await sql`DELETE FROM public.orders WHERE id = ${made?.id ?? ''}`).toHaveProperty('count', 1);
      });
    }
    expect(await foreignRows()).toEqual(before);
  });

  it('reads only with read, and maintains within Acme with operate', async () => {
    await asAcme('read', async (sql) => {
      expect(await refusalOf(sql`DELETE FROM public.orders`)).toContain('permission denied');
      expect(await refusalOf(sql`SELECT maintenance.close_answered_tickets()`)).toContain(
        'permission denied',
      );
      for (const statement of [
        'CREATE TEMP TABLE t ()',
        'SELECT lo_create(0)',
        `SELECT lo_from_bytea(0, 'x')`,
      ])
        expect(await refusalOf(sql.unsafe(statement)), statement).toContain('permission denied');
    });
    await superuser`INSERT INTO public.tickets (customer, subject, status) VALUES ('globex', 'kept', 'answered')`;
    await asAcme('operate', async (sql) => {
      await sql`SELECT maintenance.close_answered_tickets()`;
      expect(await refusalOf(sql`CREATE TABLE workshop.t ()`)).toContain('permission denied');
    });
    const kept = await superuser`SELECT FROM public.tickets WHERE subject = 'kept' AND status = 'answered'`;
    expect(kept).toHaveLength(1);
  });

  it('leaves no way behind: what it made reaches nothing once it has ended', async () => {
    const reader = await eu.give('shared_eu', 'read', 'globex');
    await asAcme('administer', async (sql) => {
      await sql.unsafe(`
        CREATE VIEW workshop.everything AS SELECT * FROM public.orders;
        CREATE FUNCTION workshop.everything() RETURNS SETOF public.orders LANGUAGE sql SECURITY DEFINER
          AS 'SELECT * FROM public.orders';
        GRANT SELECT ON workshop.everything TO PUBLIC`);
    });
    const sql = eu.signIn('shared_eu', reader);
    expect(await customersSeen(sql)).toEqual(['globex']);
    expect(await refusalOf(sql`SELECT * FROM workshop.everything`)).toContain('permission denied');
    expect(await refusalOf(sql`SELECT * FROM workshop.everything()`)).toContain('permission denied');
    await eu.take('shared_eu', reader);
  });

  it('shows no row any more from its end on, even to a session that is still open', async () => {
    const grant = await eu.give('shared_eu', 'read', 'acme', new Date(Date.now() + 2_000));
    const sql = eu.signIn('shared_eu', grant);
    expect(await customersSeen(sql)).toEqual(['acme']);
    await expect.poll(() => customersSeen(sql), { timeout: 10_000, interval: 100 }).toEqual([]);
    await eu.take('shared_eu', grant);
  });

  it('is confined with a later end as before', async () => {
    const grant = await eu.give('shared_eu', 'write', 'acme');
    const until = new Date(Date.now() + 7_200_000).toISOString();
    const attempt = {
      number: 2,
      password: null,
      holder: null,
      signal: new AbortController().signal,
      reach: async () => {},
    };
    const change = { kind: 'move-end', holding: grant.holding, until } as const;
    await eu.connector.apply(eu.target('shared_eu'), change, attempt);
    expect(await customersSeen(eu.signIn('shared_eu', grant))).toEqual(['acme']);
    await eu.take('shared_eu', grant);
  });
});

describe('making the example ready again, as at every start', () => {
  it('changes nothing while a grant lives: rows, rights and the open session stay', async () => {
    const grant = await eu.give('shared_eu', 'write', 'acme');
    const sql = eu.signIn('shared_eu', grant);
    await sql`DELETE FROM public.tickets`;
    const rows = () => superuser`SELECT * FROM public.orders ORDER BY customer, id`;
    const before = [...(await rows())];
    await Promise.all([
      prepareExampleTargets('eu', eu.server.url, eu.connectorPassword),
      eu.give('acme_env', 'read', null).then((other) => eu.take('acme_env', other)),
    ]);
    expect([...(await rows())]).toEqual(before);
    expect(await sql`SELECT FROM public.tickets`).toHaveLength(0);
    expect(await customersSeen(sql)).toEqual(['acme']);
    await eu.take('shared_eu', grant);
  });

  it('leaves no database that everybody may connect to', async () => {
    const open = await superuser`
      SELECT datname FROM pg_database, aclexplode(coalesce(datacl, acldefault('d', datdba)))
      WHERE datallowconn AND grantee = 0`;
    expect([...open]).toEqual([]);
  });
});

describe('the connector’s own account', () => {
  it('is no superuser, and sees no customer’s row', async () => {
    const [role] = await superuser`
      SELECT rolsuper, rolcreatedb, rolbypassrls, rolreplication FROM pg_roles WHERE rolname = 'tenure_connector'`;
    expect(role).toEqual({ rolsuper: false, rolcreatedb: false, rolbypassrls: false, rolreplication: false });
    const holding = { ...(await eu.give('shared_eu', 'read', 'acme')) };
    const connector = eu.signIn('shared_eu', {
      holding: { ...holding.holding, account: 'tenure_connector' },
      password: eu.connectorPassword,
    });
    expect(
      await connector`SELECT FROM public.orders`.then(
        (rows) => rows.length,
        () => 0,
      ),
    ).toBe(0);
    await eu.take('shared_eu', holding);
  });
});
