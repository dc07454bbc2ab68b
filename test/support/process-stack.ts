import { sql } from 'drizzle-orm';
import type { WorkflowHandle } from '@temporalio/client';
import { ConnectorError } from '../../activities/connectors/errors.ts';
import type { Executor } from '../../db/client.ts';
import type { ProcessWish } from '../../db/queries/process.ts';
import type { ProcessKind } from '../../domain/process.ts';
import { workflowId } from '../../workflows/contract.ts';
import type { MemoryTarget } from './memory-connector.ts';
import { type PausingReach, pausingReach } from './pausing-reach.ts';
import { processBecomes, prospect, someUsers, startProcess } from './processes.ts';
import { type Stack, startStack } from './stack.ts';
import { keepRelaying } from './story.ts';

/** What somebody of a customer holds in the vendor's application. */
export interface HeldByUser {
  email: string;
  account: string;
  entitlement: string;
}

/** What the vendor's application holds for the people of that customer. */
export async function heldBy(
  { ledger, application }: { ledger: { db: Executor }; application: MemoryTarget },
  organizationId: string,
): Promise<HeldByUser[]> {
  const rows = await ledger.db.execute<{ id: string; email: string }>(
    sql`select id, email from person where organization_id = ${organizationId}`,
  );
  const emails = new Map(rows.map(({ id, email }) => [id, email]));
  return application.holdings().flatMap(({ account, entitlement }) => {
    const email = emails.get(account);
    return email === undefined ? [] : [{ email, account, entitlement }];
  });
}

/** A whole Tenure whose workers carry processes, and what tests of them ask it again and again. */
export interface ProcessStack {
  stack: Stack;
  pausing: PausingReach;
  /** A customer of whom a contract with so many people was heard; nobody is written to. */
  newCustomer(name: string, count: number): Promise<{ organizationId: string; wish: ProcessWish }>;
  /** The same, onboarded. */
  customer(name: string, count: number): Promise<{ organizationId: string }>;
  /** As `email entitlement`. */
  heldBy(organizationId: string): Promise<string[]>;
  openMembers(organizationId: string): Promise<number>;
  handle(kind: ProcessKind, processId: string, run?: number): WorkflowHandle;
  /** The application refuses whatever it shall give to the person with this address. */
  refuse(email: string): void;
  /** Nothing pauses or is refused any more. */
  calm(): void;
  stop(): Promise<void>;
}

export async function startProcessStack(): Promise<ProcessStack> {
  const stack = await startStack();
  const pausing = pausingReach();
  await stack.startWorkers({ reach: pausing.reach });
  const stopRelaying = keepRelaying(stack);
  const { db } = stack.ledger;
  const newCustomer: ProcessStack['newCustomer'] = async (name, count) => {
    const people = someUsers(count, `${name.toLowerCase()}.example`);
    const { organizationId, wish } = await prospect(db, { name, people });
    return { organizationId, wish: { ...wish, welcome: false } };
  };
  return {
    stack,
    pausing,
    newCustomer,
    async customer(name, count) {
      const known = await newCustomer(name, count);
      await processBecomes(db, await startProcess(db, { kind: 'onboarding', ...known }), 'done');
      return known;
    },
    heldBy: async (organizationId) =>
      (await heldBy(stack, organizationId)).map(({ email, entitlement }) => `${email} ${entitlement}`).sort(),
    async openMembers(organizationId) {
      const rows = await db.execute(
        sql`select from membership where organization_id = ${organizationId} and until is null`,
      );
      return rows.length;
    },
    handle: (kind, processId, run = 1) => stack.client.workflow.getHandle(workflowId(kind, processId, run)),
    refuse(email) {
      stack.application.before = async (change, { holder }) => {
        if (change.kind === 'add' && holder?.email === email) throw new ConnectorError('target-refused');
      };
    },
    calm() {
      pausing.release();
      stack.application.before = async () => undefined;
    },
    async stop() {
      await stopRelaying();
      await stack.stop();
    },
  };
}
