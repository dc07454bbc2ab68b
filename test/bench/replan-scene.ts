import { sql } from 'drizzle-orm';
import type { Connector } from '../../activities/connectors/connector.ts';
import { bringAboutPage } from '../../activities/processes/bring-about.ts';
import type { Executor } from '../../db/client.ts';
import { applied, type Holding } from '../../domain/plan.ts';
import { bringAll, type Customer, type Roster, startRoster } from '../support/roster.ts';
import { durable } from './servers.ts';
import { timed } from './harness.ts';

const connections = 18;

/** A ledger with the test's own company, whose targets are in memory. */
export async function onRoster<T>(work: (roster: Roster) => Promise<T>): Promise<T> {
  const roster = await startRoster(
    { app: keeper(), vault: keeper() },
    { ledger: { settings: durable }, connections },
  );
  try {
    return await work(roster);
  } finally {
    await roster.stop();
  }
}

/** A target that keeps what it is told, account by account, and does nothing else. */
function keeper(): Connector {
  const accounts = new Map<string, Holding[]>();
  return {
    kind: 'keeper',
    capabilities: {
      yieldsCredential: false,
      revokesSessions: true,
      hasOwnExpiry: true,
      sharesAccounts: true,
    },
    account: ({ personId }) => personId,
    async observe(_target, wanted) {
      const holdings = wanted.flatMap((account) => accounts.get(account) ?? []);
      return { holdings, accounts: wanted.filter((account) => accounts.has(account)), sessions: 0 };
    },
    async apply(_target, change) {
      const { account } = change.holding;
      accounts.set(account, applied(accounts.get(account) ?? [], [change]));
    },
    replacePassword: async () => undefined,
    close: async () => undefined,
  };
}

/** A customer with so many users on the tier `free`, each of whom holds what it gives. */
export async function settledCustomer(roster: Roster, users: number): Promise<Customer> {
  const customer = await roster.customer({ users, tier: 'free' });
  await bringAll(roster.deps, await processOf(roster, customer), Math.ceil(users / 100) + 5);
  await roster.owner.db.execute(sql.raw('analyze'));
  return customer;
}

/** Milliseconds that it takes to bring all its users to another tier, in pages as the worker does. */
export async function replanMs(roster: Roster, customer: Customer, tier: 'free' | 'pro'): Promise<number> {
  await moveTo(roster.ledger.db, customer, tier);
  const processId = await processOf(roster, customer);
  const signal = new AbortController().signal;
  const ms = await timed(async () => {
    for (let page = 0; page < customer.people.length / 200; page += 1)
      await bringAboutPage(roster.deps, processId, signal, () => undefined);
  });
  await expectAllDone(roster.ledger.db, processId);
  return ms;
}

export async function moveTo(db: Executor, customer: Customer, tier: 'free' | 'pro'): Promise<void> {
  await db.execute(sql`update organization set tier_key = ${tier} where id = ${customer.id}`);
}

export function processOf(roster: Roster, customer: Customer): Promise<string> {
  return roster.process({ organizationId: customer.id, people: customer.people });
}

/** @throws RangeError when anybody is left: then nothing was measured. */
export async function expectAllDone(db: Executor, processId: string): Promise<void> {
  const left = await db.execute(
    sql`select 1 from process_person where process_id = ${processId} and state <> 'done' limit 1`,
  );
  if (left.length > 0) throw new RangeError('Somebody is left.');
}
