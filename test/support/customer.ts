import { sql } from 'drizzle-orm';
import type { ActivityDeps } from '../../activities/deps.ts';
import { drawUpProcess } from '../../activities/processes/draw-up.ts';
import { customerStep } from '../../activities/processes/customer-step.ts';
import { readDefaultPolicies } from '../../bin/policies.ts';
import type { ProcessWish } from '../../db/queries/process.ts';
import type { CustomerSituation } from '../../workflows/activities.ts';
import type { EphemeralLedger } from './ledger.ts';
import { silent } from './events.ts';

/** A process as a test looks at it. */
export interface SeenProcess extends Record<string, unknown> {
  id: string;
  kind: string;
  state: string;
  cause: string;
  wish: ProcessWish;
  person: string | null;
  due: boolean;
}

/** What the customer's part of the worker works with: no targets. */
export function customerDeps({ system, keys }: EphemeralLedger): ActivityDeps {
  const { decide, mayHoldMany } = readDefaultPolicies();
  return {
    ledger: system,
    connectors: new Map(),
    sealing: keys.sealing,
    decide,
    mayHoldMany,
    reach: async () => undefined,
    log: silent,
  };
}

/** Steps until nothing is left to start, as the customer's workflow does; what came of the last. */
export async function stepOn(
  ledger: EphemeralLedger,
  organizationId: string,
): Promise<Extract<CustomerSituation, { phase: 'idle' }>> {
  for (;;) {
    const now = await customerStep(customerDeps(ledger), organizationId);
    if (now.phase === 'idle') return now;
  }
}

/** Draws a process up, as its workflow does when its time has come: what was agreed becomes facts. */
export function drawUp(ledger: EphemeralLedger, processId: string): Promise<void> {
  return drawUpProcess(customerDeps(ledger), processId, () => undefined);
}

/** Whose an object of a source is. */
export async function ownerOf({ owner }: EphemeralLedger, source: string, name: string): Promise<string> {
  const rows = await owner.db.execute<{ id: string }>(
    sql`select organization_id as id from contract_link where source = ${source} and external_id = ${name}`,
  );
  return rows[0]?.id ?? '';
}

/** All processes of a customer, oldest first. */
export async function processesOf(
  { owner }: EphemeralLedger,
  organizationId: string,
): Promise<SeenProcess[]> {
  const rows = await owner.db.execute<SeenProcess>(sql`
    select s.id, s.kind, s.state, s.cause, s.wish, p.email as person, s.due_at <= tenure_now() as due
    from process s left join person p on p.id = s.person_id where s.organization_id = ${organizationId} order by s.id`);
  return [...rows];
}
