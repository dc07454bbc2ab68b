import { appendAudit } from '../../db/audit.ts';
import { type Executor, type Scope, within } from '../../db/client.ts';
import { insertAccessRequest, type NewAccessRequest } from '../../db/queries/access-request.ts';
import { askedRows } from './asked-row.ts';
import { type Figure, inParallel, pairs, timed } from './harness.ts';
import { onLedger } from './servers.ts';

const parallel = 16;
const runs = 7;

/**
 * Facts per second with their audit event, over those of the facts alone. The fact is an access request with its stage; both
 * are written as the API writes, by the application's role in one transaction with the caller's eyes, statements that need
 * no answer of each other sent together.
 */
export const auditVsInsert: Figure = {
  goals: [{ id: 'audit-vs-insert', bound: '>=', limit: 0.8, quote: 'median' }],
  async measure({ isFull, say }) {
    const rows = isFull ? 8_000 : 2_000;
    return onLedger(parallel, async ({ app, system }) => {
      const next = await askedRows(system.db);
      const { personId, holderOrganizationId } = next();
      const scope: Scope = { personId, organizationId: holderOrganizationId, reach: 'own' };
      const write = (work: (tx: Executor, row: NewAccessRequest) => Promise<void>, count = rows) =>
        timed(() => inParallel(parallel, count, () => within(app, scope, (tx) => work(tx, next()))));
      await write(withAudit, rows / 4);
      await write(insertAccessRequest, rows / 4);
      const sides = { product: () => write(withAudit), baseline: () => write(insertAccessRequest) };
      const perSecond = (ms: number) => Math.round((rows * 1_000) / ms);
      const measured = await pairs(runs, sides, (product, baseline) =>
        say(`${perSecond(product)} rows/s with, ${perSecond(baseline)} without an audit event`),
      );
      return [measured.map(({ product, baseline }) => baseline / product)];
    });
  },
};

async function withAudit(tx: Executor, row: NewAccessRequest): Promise<void> {
  await Promise.all([
    insertAccessRequest(tx, row),
    appendAudit(tx, {
      type: 'access_request.asked',
      actor: { kind: 'person', id: row.personId, name: 'Sam' },
      subject: { kind: 'access_request', id: row.id },
      organizationId: row.organizationId,
      holderOrganizationId: row.holderOrganizationId,
      requestId: row.id,
      policyVersion: row.policyVersion,
      reason: row.justification,
    }),
  ]);
}
