import type { Customer, Roster } from '../support/roster.ts';
import { type Figure, median, pairs, timed } from './harness.ts';
import { plainRows, runPlainly } from './plain-replan.ts';
import { expectAllDone, moveTo, onRoster, processOf, replanMs, settledCustomer } from './replan-scene.ts';

const runs = 7;

/**
 * Users per second that are brought to another tier, with targets in memory, over those for whom the same rows are read and
 * written in as many transactions by plain statements. Each user gains two grants and another role.
 */
export const replan: Figure = {
  goals: [{ id: 'replan-vs-plain', bound: '>=', limit: 0.5, quote: 'median' }],
  measure: ({ isFull, say }) =>
    onRoster(async (roster) => {
      const users = isFull ? 2_000 : 600;
      const [planned, plain] = [await settledCustomer(roster, users), await settledCustomer(roster, users)];
      const sides = { product: () => up(roster, planned), baseline: () => plainly(roster, plain) };
      await pairs(1, sides);
      const perSecond = (ms: number) => Math.round((users * 1_000) / ms);
      const measured = await pairs(runs, sides, (product, baseline) =>
        say(`${perSecond(product)} users/s re-planned, ${perSecond(baseline)} by plain statements`),
      );
      return [measured.map(({ product, baseline }) => baseline / product)];
    }),
};

/** Only the way up is measured. */
async function up(roster: Roster, customer: Customer): Promise<number> {
  const ms = await replanMs(roster, customer, 'pro');
  await replanMs(roster, customer, 'free');
  return ms;
}

async function plainly(roster: Roster, customer: Customer): Promise<number> {
  const processId = await processOf(roster, customer);
  const rows = await plainRows(roster, customer, processId);
  await moveTo(roster.ledger.db, customer, 'pro');
  const ms = await timed(() => runPlainly(roster, customer, rows));
  await expectAllDone(roster.ledger.db, processId);
  await replanMs(roster, customer, 'free');
  return ms;
}

/**
 * What a user costs in an upgrade of the largest customer, over what one costs in that of the smallest. Each repetition measures
 * all sizes, in turn from the smallest and from the largest on.
 */
export const replanFlat: Figure = {
  goals: [{ id: 'replan-flat', bound: '<=', limit: 1.25, quote: 'median' }],
  measure: ({ isFull, say }) =>
    onRoster(async (roster) => {
      const sizes = isFull ? [100, 1_000, 10_000] : [100, 1_000];
      const customers: Customer[] = [];
      for (const users of sizes) {
        say(`${users} users are made`);
        customers.push(await settledCustomer(roster, users));
      }
      const ratios: number[] = [];
      const all = new Map<number, number[]>(sizes.map((users) => [users, []]));
      for (let round = 1; round <= (isFull ? 5 : runs); round += 1) {
        const costs = new Map<number, number>();
        for (const customer of round % 2 === 1 ? customers : customers.toReversed())
          costs.set(customer.people.length, await costOf(roster, customer));
        for (const [users, cost] of costs) all.get(users)?.push(cost);
        say(
          `a user costs ${sizes.map((users) => `${costs.get(users)?.toFixed(2)} ms at ${users}`).join(', ')}`,
        );
        ratios.push((costs.get(sizes.at(-1) ?? 0) ?? Number.NaN) / (costs.get(sizes[0] ?? 0) ?? Number.NaN));
      }
      const curve = sizes.map((users) => ({
        at: `${users} users`,
        value: median(all.get(users) ?? []),
        unit: 'ms for each',
      }));
      return [{ values: ratios, curve }];
    }),
};

/** Milliseconds for each user; the median of several where they are few, so that one pause does not count for all. */
async function costOf(roster: Roster, customer: Customer): Promise<number> {
  const users = customer.people.length;
  const times: number[] = [];
  for (let time = 0; time < Math.max(1, 1_000 / users); time += 1) times.push(await up(roster, customer));
  return median(times) / users;
}
