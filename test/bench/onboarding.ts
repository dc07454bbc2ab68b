import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { sql } from 'drizzle-orm';
import { createEngine } from '../../bin/temporal.ts';
import { applicationSecret } from '../../bin/local/application.ts';
import { freePort } from '../../bin/local/ports.ts';
import { freshFolder } from '../../bin/local/server-user.ts';
import { appendAudit } from '../../db/audit.ts';
import type { Executor } from '../../db/client.ts';
import type { OutboxLine } from '../../db/outbox.ts';
import { storeEvents } from '../../db/queries/inbound-event.ts';
import { nudgeProcess } from '../../db/queries/process.ts';
import { confirmOpenWelcome } from '../../db/queries/welcome.ts';
import { hookPath } from '../../examples/receiver/receiver.ts';
import { newId } from '../../domain/ids.ts';
import { workflowId } from '../../workflows/contract.ts';
import type { Stack } from '../support/stack.ts';
import { tell } from './lifecycle.ts';
import { readingMs } from './shape/ids.ts';
import type { Installation } from './servers.ts';

/** How often welcomes are looked for that wait for their people. */
const lookEveryMs = 100;

/** The two workflows of one onboarding: the customer's, which stays open, and its child's, which is over. */
export interface Onboarded {
  customer: WorkflowHandle;
  onboarding: WorkflowHandle;
}

/** Has customers onboarded as an installation does, from the contract's event to the confirmation of its first user. */
export interface Onboardings {
  /** Resolves when the onboarding is over. */
  play(): Promise<Onboarded>;
  stop(): Promise<void>;
}

/** A welcome whose person can be expected to confirm it. */
type Arrived = { email: string; hash: string; processId: string; organizationId: string };

/** Starts the vendor's own application as a process of its own and makes it the target `northwind-app`. */
export async function startApplication({ stack, crew }: Installation): Promise<void> {
  const folder = freshFolder('tenure-bench-', undefined);
  const secretFile = join(folder, 'secret');
  await writeFile(secretFile, `${applicationSecret(stack.keys)}\n`, { mode: 0o600 });
  const port = await freePort();
  await crew.startReady(
    {
      script: 'examples/receiver/main.ts',
      words: ['--secret-file', secretFile, '--port', String(port)],
      role: 'application',
    },
    'ready http',
  );
  // It has read it.
  await rm(folder, { recursive: true });
  const endpoint = JSON.stringify({ url: `http://127.0.0.1:${port}${hookPath}` });
  await stack.ledger.db.execute(
    sql`update target set endpoint = ${endpoint}::jsonb where key = 'northwind-app'`,
  );
}

/** Makes it for a stack whose worker and application are processes of their own. */
export function onboardingsOf(stack: Stack): Onboardings {
  const { db } = stack.ledger;
  const engine = createEngine(stack.client, 30_000);
  const expected = new Map<string, (arrived: Arrived) => void>();
  const looking = new AbortController();
  const looked = look(db, expected, looking.signal);
  let last = 0;
  return {
    async play() {
      last += 1;
      const email = `owner@c${last}.example`;
      const arrival = new Promise<Arrived>((resolve) => expected.set(email, resolve));
      await deliver(db, last, email);
      const { hash, processId, organizationId } = await arrival;
      await delay(readingMs);
      await tell(stack, engine, await confirm(db, hash, processId));
      const onboarding = stack.client.workflow.getHandle(workflowId('onboarding', processId, 1));
      await onboarding.result();
      return {
        customer: stack.client.workflow.getHandle(workflowId('customer', organizationId, 1)),
        onboarding,
      };
    },
    async stop() {
      looking.abort();
      await looked;
    },
  };
}

/** Stores an event of the example's ERP as the API does, unread: a signed contract that names one user. */
async function deliver(db: Executor, number: number, email: string): Promise<void> {
  const id = newId('evt');
  const body = JSON.stringify({
    specversion: '1.0',
    id,
    source: 'https://erp.northwind.example/contracts',
    type: 'example.northwind.contract.changed',
    subject: String(number),
    time: new Date().toISOString(),
    data: {
      account: { number: `C-${number}`, key: `c${number}`, name: `Customer ${number}`, region: 'us' },
      plan: { code: 'PRO', seats: 10 },
      ends: '2099-12-31',
      cancelled: false,
      users: [{ email, name: 'Owner', function: 'owner' }],
    },
  });
  const signed = { method: 'POST', url: 'http://localhost:3000/v1/events/erp', headers: {} };
  const contentType = 'application/cloudevents+json';
  const delivery = { id: newId('dlv'), source: 'erp', contentType, body: null, signed };
  await storeEvents(db, delivery, [{ id, eventId: id, body }]);
}

/** One look for all that wait, so that looking costs the same however many they are. */
async function look(
  db: Executor,
  expected: Map<string, (arrived: Arrived) => void>,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const rows = await db.execute<Arrived>(sql`
      select p.email, w.token_hash as hash, s.id as "processId", s.organization_id as "organizationId"
      from process s join welcome w on w.process_id = s.id join person p on p.id = w.person_id
      where s.state = ${'confirming'} and w.confirmed_at is null`);
    for (const row of rows) {
      expected.get(row.email)?.(row);
      expected.delete(row.email);
    }
    await delay(lookEveryMs, undefined, { signal }).catch(() => undefined);
  }
}

/** What the API writes when a link is confirmed. */
function confirm(db: Executor, hash: string, processId: string): Promise<OutboxLine> {
  return db.transaction(async (tx) => {
    const welcome = await confirmOpenWelcome(tx, hash);
    if (!welcome) throw new RangeError('Nothing to confirm.');
    const { id, personId, organizationId } = welcome;
    await appendAudit(tx, {
      type: 'welcome.confirmed',
      actor: { kind: 'person', id: personId, name: 'Owner' },
      subject: { kind: 'welcome', id },
      organizationId,
      holderOrganizationId: organizationId,
    });
    const line = await nudgeProcess(tx, processId, 'confirm', null);
    if (!line) throw new RangeError('No such process.');
    return line;
  });
}
