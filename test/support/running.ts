import { readReceived } from '../../activities/events.ts';
import { openLedger } from '../../db/client.ts';
import { keepDoing, keepReaping } from '../attacks/scene.ts';
import { type ApiHarness, apiOn } from './api.ts';
import { eventFixture } from './event-fixtures.ts';
import { deliver, provideExampleSources } from './events.ts';
import type { Stack } from './stack.ts';
import { keepRelaying } from './story.ts';
import { eventually } from './wait.ts';

/** The API over a stack's ledger, as people and sources use it; the example's sources sign with the secrets of the tests. */
export async function apiOver(stack: Stack): Promise<ApiHarness> {
  const open = (url: string) => openLedger({ url, max: 4, applicationName: 'tenure-test' });
  const [app, owner] = [open(stack.appUrl), open(stack.ledgerServer.url)];
  const { key, keys, appUrl, systemUrl, ledger: system, ledgerServer } = stack;
  const ledger = {
    key,
    keys,
    appUrl,
    systemUrl,
    system,
    app,
    owner,
    ownerUrl: ledgerServer.url,
    kill: () => ledgerServer.kill(),
    start: () => ledgerServer.start(),
    async stop() {
      await Promise.all([app.close(), owner.close()]);
    },
  };
  await provideExampleSources(ledger);
  return apiOn(ledger);
}

/** What worker and reaper do all the time beside workflows and activities, here in this process. Returns what stops it. */
export function keepRunning(stack: Stack): () => Promise<void> {
  const stops = [keepRelaying(stack), keepDoing(60, () => readReceived(stack.deps)), keepReaping(stack)];
  return async () => {
    for (const stop of stops) await stop();
  };
}

/** A contract as the ERP says it each time: whole. */
export interface ErpContract {
  /** `PRO` or `ENT`. */
  tier?: string;
  seats?: number;
  cancelled?: boolean;
  /** Parts of addresses before the @. */
  owners?: readonly string[];
  users?: readonly string[];
}

let events = 0;

/** Delivers what the ERP says about a customer, signed. */
export async function erpSays(http: ApiHarness, customer: string, said: ErpContract = {}): Promise<void> {
  const { tier = 'PRO', seats = 10, cancelled = false, owners = [], users = [] } = said;
  const named = (name: string) => ({ email: `${name}@${customer}.example`, name });
  const event = {
    ...Object(eventFixture('cloudevent-contract-signed')),
    id: `erp-${(events += 1)}`,
    time: new Date().toISOString(),
    data: {
      account: { number: customer, key: customer, name: customer, region: 'eu' },
      plan: { code: tier, seats },
      ends: '2099-11-20',
      cancelled,
      users: [...owners.map((name) => ({ ...named(name), function: 'owner' })), ...users.map(named)],
    },
  };
  const { status, body } = await deliver(http, 'erp', event);
  if (status !== 202) throw new Error(`The event was not taken: ${status} ${JSON.stringify(body)}`);
}

/** A process as the API shows it. */
export interface ShownProcess {
  id: string;
  kind: string;
  state: string;
  cause: string;
  catalog_revision: number | null;
  last_error: string | null;
  settled_at: string | null;
  progress: Record<'total' | 'waiting' | 'fenced' | 'applying' | 'done' | 'failed' | 'undone', number>;
  tasks: string[];
}

/** A customer's processes, the newest first; none of one that is not known yet. */
export async function processesFor(http: ApiHarness, customer: string): Promise<ShownProcess[]> {
  const path = `/v1/processes?customer=${customer}&limit=200`;
  const { status, body } = await http.call('omar@northwind.example', 'GET', path);
  return status === 200 ? body.items : [];
}

/** Waits until the newest process of a customer, of that kind, is in one of the states. */
export function processIs(
  http: ApiHarness,
  customer: string,
  kind: string,
  states: readonly string[],
  timeoutMs = 60_000,
): Promise<ShownProcess> {
  const newest = async () => (await processesFor(http, customer)).find((one) => one.kind === kind);
  return eventually(
    `${kind} of ${customer}: ${states.join(' or ')}`,
    async () => {
      const found = await newest();
      return found && states.includes(found.state) && found;
    },
    { timeoutMs, everyMs: 100, describe: newest },
  );
}
