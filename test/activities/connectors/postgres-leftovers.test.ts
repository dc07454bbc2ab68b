import type { Sql } from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ExampleServer, exampleServer, refusalOf } from './example-server.ts';

let eu: ExampleServer;
let superuser: Sql;

beforeAll(async () => {
  eu = await exampleServer('eu');
  superuser = eu.superuser('shared_eu');
}, 60_000);
afterAll(() => eu.stop());

describe('what a grant leaves behind', () => {
  it('is out of every other grant’s reach, whatever its maker allowed, and runs with no rights but its caller’s', async () => {
    const maker = await eu.give('shared_eu', 'administer', 'acme');
    const friend = await eu.give('shared_eu', 'administer', 'globex');
    const reader = await eu.give('shared_eu', 'read', 'globex');
    const { account } = friend.holding;
    const made = eu.signIn('shared_eu', maker);
    await made.unsafe(`
      CREATE TABLE workshop.copied AS SELECT * FROM public.orders;
      GRANT SELECT (product) ON workshop.copied TO PUBLIC;
      GRANT ALL ON workshop.copied TO shared_eu_read;
      CREATE TABLE workshop.shared AS SELECT * FROM public.orders;
      GRANT SELECT ON workshop.shared TO ${account} WITH GRANT OPTION;
      CREATE VIEW workshop."The View" AS SELECT * FROM workshop.copied;
      GRANT SELECT ON workshop."The View" TO PUBLIC;
      CREATE SEQUENCE workshop.counter;
      GRANT USAGE ON SEQUENCE workshop.counter TO PUBLIC;
      CREATE FUNCTION workshop.peek(text) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
        AS $$DECLARE n bigint; BEGIN EXECUTE $1 INTO n; RETURN n; END$$;
      CREATE PROCEDURE workshop."do"(text) LANGUAGE plpgsql SECURITY DEFINER AS $$BEGIN EXECUTE $1; END$$;
      CREATE FUNCTION workshop.plain() RETURNS integer LANGUAGE sql AS 'SELECT 1'`);
    const [large] = await made<{ id: number }[]>`SELECT lo_from_bytea(0, 'acme') AS id`;
    await made.unsafe(`GRANT SELECT ON LARGE OBJECT ${large?.id} TO PUBLIC`);
    const friendly = eu.signIn('shared_eu', friend);
    await friendly`GRANT SELECT ON workshop.shared TO PUBLIC`;
    const reading = eu.signIn('shared_eu', reader);
    expect(await refusalOf(reading`SELECT * FROM workshop.shared`)).toBe('');

    await eu.take('shared_eu', maker);

    for (const statement of [
      'SELECT product FROM workshop.copied',
      'SELECT * FROM workshop.shared',
      'SELECT * FROM workshop."The View"',
      `SELECT nextval('workshop.counter')`,
      `SELECT workshop.peek('SELECT count(*) FROM workshop.copied')`,
      `CALL workshop."do"('TABLE workshop.copied')`,
      'SELECT workshop.plain()',
      `SELECT lo_get(${large?.id})`,
      'ALTER TABLE workshop.copied ADD x integer',
    ]) {
      for (const sql of [reading, friendly])
        expect(await refusalOf(sql.unsafe(statement)), statement).toMatch(/permission denied|must be owner/u);
    }
    const [left] = await superuser`
      SELECT (SELECT count(*)::int FROM pg_proc WHERE pronamespace = 'workshop'::regnamespace AND prosecdef) AS definers,
        (SELECT count(*)::int FROM pg_class c, aclexplode(c.relacl) WHERE relnamespace = 'workshop'::regnamespace
          AND grantee <> relowner) AS rights`;
    expect(left).toEqual({ definers: 0, rights: 0 });
    await eu.take('shared_eu', friend);
    await eu.take('shared_eu', reader);
  });

  it('is handed over in steps that stay: an end that was broken off goes on where it was', async () => {
    const maker = await eu.give('shared_eu', 'administer', 'acme');
    await eu.signIn('shared_eu', maker)`SELECT count(lo_create(0)) FROM generate_series(1, 12000)`;
    const handed = async () => {
      const [row] = await superuser<{ count: number }[]>`
        SELECT count(*)::integer AS count FROM pg_largeobject_metadata
        WHERE lomowner = 'shared_eu_keeper'::regrole`;
      return row?.count ?? 0;
    };
    const before = await handed();
    const controller = new AbortController();
    const reason = new Error('cancelled');
    const attempt = {
      number: 1,
      password: null,
      holder: null,
      signal: controller.signal,
      reach: async () => {},
    };
    const change = { kind: 'remove', holding: maker.holding } as const;
    const ending = expect(eu.connector.apply(eu.target('shared_eu'), change, attempt)).rejects.toBe(reason);
    await expect.poll(handed, { timeout: 20_000, interval: 5 }).toBeGreaterThan(before);
    controller.abort(reason);
    await ending;
    expect(await handed()).toBeLessThan(before + 12_000);
    await eu.take('shared_eu', maker);
    expect(await handed()).toBe(before + 12_000);
  }, 60_000);
});

describe('an end that is given up', () => {
  it('leaves the other ends on that target alone', async () => {
    const [stuck, other] = [await eu.give('acme_env', 'read', null), await eu.give('acme_env', 'read', null)];
    const locked = async (account: string) => {
      const session = await eu.superuser('acme_env').reserve();
      await session`BEGIN`;
      await session`SELECT FROM tenure.account WHERE account = ${account} FOR UPDATE`;
      return session;
    };
    const [first, second] = [await locked(stuck.holding.account), await locked(other.holding.account)];
    const ending = eu.take('acme_env', other);
    const attempt = {
      number: 1,
      password: null,
      holder: null,
      signal: AbortSignal.timeout(300),
      reach: async () => {},
    };
    const change = { kind: 'remove', holding: stuck.holding } as const;
    await expect(eu.connector.apply(eu.target('acme_env'), change, attempt)).rejects.toMatchObject({
      name: 'TimeoutError',
    });
    await second`ROLLBACK`;
    await ending;
    await first`ROLLBACK`;
    await eu.take('acme_env', stuck);
  });
});
