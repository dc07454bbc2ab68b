import { sql } from 'drizzle-orm';
import { type Executor, type Ledger, type Scope, within } from '../../db/client.ts';
import { hadAccessDuring } from '../../db/queries/grant.ts';
import { type Figure, pairs, quantile, timed, type Wish } from './harness.ts';
import { type Amount, fillLedger, type ManyGrants } from './many-grants.ts';
import { onLedger } from './servers.ts';

const runs = 7;
/** The API's own page. */
const page = 50;
/** Who held what, from when until when. Names, reasons and approvals are told afterwards, line by line, and are not in the question. */
const columns = sql`g.id, g.person_id, g.resource_id, g.entitlement_id, g.request_id, g."from", g.until, g.ended_at, g.ended_by`;
const small: Amount = { grants: 100_000, people: 10_000, hotGrants: 20_000, ordinaryGrants: 500 };
const full: Amount = { grants: 1_000_000, people: 100_000, hotGrants: 20_000, ordinaryGrants: 500 };

/**
 * The median time of finding who had access to a customer's data on one day, a page of it, by the condition that the access
 * report and the list of grants use, over that of fetching one grant by its id. Both as the
 * application's role, in a transaction with the eyes of somebody who reads all records.
 */
export const whoHadVsProbe: Figure = {
  goals: [
    { id: 'who-had-vs-probe-day', bound: '<=', limit: 1.5, quote: 'median' },
    { id: 'who-had-vs-probe-hot', bound: '<=', limit: 2.5, quote: 'median' },
  ],
  measure: (wish) =>
    onLedger(1, async ({ server, app, system }) => {
      const amount = wish.isFull ? full : small;
      wish.say(`${amount.grants} grants of ${amount.people} people are written`);
      const many = await fillLedger(server.url, amount);
      const scope = await securityScope(system.db);
      const probe = probing(app, scope, many);
      const ordinary = asking(app, scope, many, many.ordinary);
      const hot = asking(app, scope, many, [many.hot]);
      return [
        await compare(wish, 'an ordinary day', ordinary, probe),
        await compare(wish, "the hot customer's day", hot, probe),
      ];
    }),
};

/** Asks one time; another thing each time, by the number it is given. Returns how many rows there were. */
type Ask = (turn: number) => Promise<number>;

async function compare({ isFull, say }: Wish, what: string, report: Ask, probe: Ask): Promise<number[]> {
  const count = isFull ? 300 : 100;
  let turn = 0;
  const side = (ask: Ask) => async () => {
    const times: number[] = [];
    let rows = 0;
    for (let done = 0; done < count; done += 1) {
      turn += 1;
      times.push(
        await timed(async () => {
          rows += await ask(turn);
        }),
      );
    }
    return { ms: quantile(times, 0.5), rows: rows / count };
  };
  const sides = { product: side(report), baseline: side(probe) };
  await pairs(1, sides);
  const measured = await pairs(runs, sides, (product, baseline) =>
    say(
      `${what}: ${product.ms.toFixed(2)} ms for ${product.rows.toFixed(1)} rows, ${baseline.ms.toFixed(2)} ms for the probe`,
    ),
  );
  return measured.map(({ product, baseline }) => product.ms / baseline.ms);
}

function asking(app: Ledger, scope: Scope, many: ManyGrants, customers: readonly string[]): Ask {
  return async (turn) => {
    const day = (turn * 31) % (many.days - 1);
    const during = { from: many.midnight(day), to: many.midnight(day + 1) };
    const customer = customers[(turn * 17) % customers.length] ?? '';
    const rows = await within(app, scope, (tx) =>
      tx.execute(sql`select ${columns} from access_grant g where g.organization_id = ${customer}
        and ${hadAccessDuring(during, customer)} order by g.id desc limit ${page + 1}`),
    );
    return rows.length;
  };
}

function probing(app: Ledger, scope: Scope, { grants }: ManyGrants): Ask {
  return async (turn) => {
    const id = grants[turn % grants.length] ?? '';
    const rows = await within(app, scope, (tx) =>
      tx.execute(sql`select ${columns} from access_grant g where g.id = ${id}`),
    );
    return rows.length;
  };
}

async function securityScope(db: Executor): Promise<Scope> {
  const rows = await db.execute<{ id: string; organization: string }>(
    sql`select id, organization_id as organization from person where email = 'sita@northwind.example'`,
  );
  const [sita] = rows;
  if (!sita) throw new RangeError('The example is not there.');
  return { personId: sita.id, organizationId: sita.organization, reach: 'all' };
}
