import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createFollower, defaultPace } from '../../api/authzen/follower.ts';
import { newId } from '../../domain/ids.ts';
import { type Asking, boundMs, exact, question, startAsking } from '../support/authzen.ts';
import { expectProblem } from '../support/standing.ts';
import { eventually } from '../support/wait.ts';

const sam = 'sam@northwind.example';
const mei = 'mei@northwind.example';
const omar = 'omar@northwind.example';
const anna = 'anna@acme.example';

let http: Asking['http'];
let ask: Asking['ask'];
let yes: Asking['yes'];
let orderEnd: Asking['orderEnd'];
let holding: Asking['holding'];
beforeAll(async () => {
  ({ http, ask, yes, orderEnd, holding } = await startAsking());
});
afterAll(() => http.stop());
afterEach(() => expect(http.faults.splice(0)).toEqual([]));

describe('An answer is a second old at most', () => {
  it('no from the instant of its end, whatever else is behind', async () => {
    await holding(async ({ grantId }) => {
      const until = Date.now() + 1_500;
      await http.ledger.owner.db.transaction(async (tx) => {
        await tx.execute(sql`alter table access_grant disable trigger user`);
        await tx.execute(
          sql`update access_grant set until = ${new Date(until).toISOString()}::timestamptz where id = ${grantId}`,
        );
        await tx.execute(sql`alter table access_grant enable trigger user`);
      });
      // That was no fact that anybody notes: asked exactly, it is known at once; from memory, when that is forgotten.
      await http.ledger.owner.db.execute(
        sql`insert into change (table_name, row_id, operation) values ('access_grant', ${grantId}, 'UPDATE')`,
      );
      await delay(400);
      for (let askedAt = Date.now(); await yes(question()); askedAt = Date.now())
        expect(askedAt).toBeLessThan(until);
      // From memory it may be said a moment too soon, never too late; exactly, not too soon either.
      while (Date.now() <= until) await delay(1);
      expect(await yes(question(exact))).toBe(false);
    });
  });

  it('its clock is never behind the ledger’s, which leaves out parts of a millisecond', async () => {
    const keeper = { tables: ['access_grant'], take: () => undefined, forgetAll: () => undefined };
    const follower = createFollower(http.ledger.system, { ...defaultPace, everyMs: 1 }, keeper);
    await eventually('it follows', async () => follower.wanted() !== undefined);
    for (const end = performance.now() + 300; performance.now() < end; await delay(1)) {
      const now = Date.now();
      // When this process was held up, it knows nothing and asks.
      expect(follower.wanted() ?? now).toBeGreaterThanOrEqual(now);
    }
    follower.close();
  });

  it('what was told and could not be taken is not taken for known', async () => {
    let forgotten = 0;
    let mayTake = false;
    const keeper = {
      tables: ['person'],
      forgetAll: () => {
        forgotten += 1;
      },
      take: () => {
        if (!mayTake) throw new Error('The connection was cut.');
      },
    };
    const follower = createFollower(http.ledger.system, { ...defaultPace, everyMs: 10 }, keeper);
    await eventually('it follows', async () => follower.wanted() !== undefined);
    const before = forgotten;
    await http.ledger.owner.db.execute(
      sql`insert into change (table_name, row_id, operation) values ('person', 'person_1', 'UPDATE')`,
    );
    await eventually('it begins anew', async () => {
      follower.wanted();
      return forgotten > before;
    });
    mayTake = true;
    await eventually('it follows again', async () => follower.wanted() !== undefined);
    follower.close();
  });

  const administers = question({
    who: anna,
    resource: { type: 'role', id: 'customer-administrator' },
    action: 'hold',
  });

  /** What a source says of Sam's device, in two steps: kept, then read. */
  async function deviceSignal(): Promise<string> {
    const [source, id] = [newId('sigsrc'), newId('sig')];
    await http.ledger.owner.db.execute(sql`
      insert into signal_source (id, organization_id, name, issuer, audience, jwks, made_by)
      select ${source}, organization_id, 'Devices', 'https://mdm.example', 'tenure', '{"keys": []}', id from person where email = ${omar}`);
    await http.ledger.owner.db.execute(sql`
      insert into signal (id, source_id, organization_id, jti, kind, family, effect, name, subject, event_at)
      select ${id}, id, organization_id, ${id}, 'device-compliance-change', 'device', 'opens', 'device-not-compliant', '{}', tenure_now()
      from signal_source where id = ${source}`);
    return id;
  }

  /** While applications go on asking. */
  async function flooded(work: () => Promise<void>): Promise<void> {
    const over = new AbortController();
    const flood = [question(), question({ who: mei }), administers].map(async (one) => {
      for (; !over.signal.aborted; await delay(1)) await ask(one);
    });
    try {
      await work();
    } finally {
      over.abort();
      await Promise.all(flood);
    }
  }

  it('no within a second of a revocation, a suspension, a signal and a role’s end, under load; yes as soon when it is undone', async () => {
    await holding(({ grantId }) =>
      flooded(async () => {
        const turns = async (one: object, to: boolean, act: () => Promise<unknown>) => {
          expect(await yes(one)).toBe(!to);
          await act();
          const done = performance.now();
          while ((await yes(one)) !== to) await delay(2);
          expect(performance.now() - done).toBeLessThan(boundMs);
        };
        const { db } = http.ledger.system;
        const suspend = (at: string | null) => () =>
          db.execute(sql`update person set suspended_at = ${at}::timestamptz where email = ${sam}`);
        await turns(question(), false, suspend(new Date().toISOString()));
        await turns(question(), true, suspend(null));
        await turns(administers, false, () =>
          db.execute(
            sql`update person_role set until = tenure_now() where until is null and person_id = (select id from person where email = ${anna})`,
          ),
        );
        await turns(administers, true, () =>
          db.execute(
            sql`update person_role set until = null where person_id = (select id from person where email = ${anna})`,
          ),
        );
        const signal = await deviceSignal();
        const said = (state: string) => () =>
          db.execute(
            sql`update signal set state = ${state}, closed_at = case ${state} when 'closed' then tenure_now() end, person_id = (select id from person where email = ${sam}) where id = ${signal}`,
          );
        await turns(question(), false, said('open'));
        expect((await ask(question())).body.context).toMatchObject({
          reason: 'refused-by-policy',
          policies: [{ id: 'device-not-compliant' }],
        });
        await turns(question(), true, said('closed'));
        await turns(question(), false, () => orderEnd(grantId));
      }),
    );
  });
});

describe('When changes cannot be followed', () => {
  /** As usual, with another bound: what is waited for is shorter. */
  const following = { ...defaultPace, everyMs: 50, goodForMs: 300 };
  const pastBound = () => delay(following.goodForMs + 100);

  it('the usual bound is a second', () => {
    expect(defaultPace.goodForMs).toBe(boundMs);
  });

  /** While nobody reads these tables. */
  const blocked = (tables: string, work: () => Promise<void>) =>
    http.ledger.owner.db.transaction(async (tx) => {
      await tx.execute(sql.raw(`lock table ${tables} in access exclusive mode`));
      await work();
    });

  it('what is in memory serves no longer than its bound; then the ledger is asked, and is right', async () => {
    await holding(async ({ grantId }) => {
      const api = http.over({ following });
      expect(await yes(question(), { api })).toBe(true);
      // Everything else can be read.
      await blocked('change', async () => {
        await pastBound();
        const later = (await ask(question(), { api })).body;
        expect(later.decision).toBe(true);
        expect(Date.parse(later.context.as_of)).toBeGreaterThan(Date.now() - 200);
      });
      await orderEnd(grantId);
      expect(await yes(question(exact), { api })).toBe(false);
    });
  });

  it('not at all when the ledger says nothing either', async () => {
    await holding(async () => {
      const api = http.over({ following, patience: { answerMs: 300, wholeReportMs: 300 } });
      expect(await yes(question(), { api })).toBe(true);
      await blocked('change, access_grant', async () => {
        await pastBound();
        expectProblem(await ask(question(), { api }), 503, 'ledger-unavailable');
      });
      await eventually('it is back', async () => (await ask(question(), { api })).status === 200);
    });
  });
});
