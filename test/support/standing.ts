import { sql } from 'drizzle-orm';
import { expect } from 'vitest';
import type { Answer, ApiHarness } from './api.ts';

const requests = '/v1/access-requests';

export type Progress = 'waiting' | 'approved' | 'provisioning' | 'held' | 'ended';

/** Sam's request to read Globex's environment (or what `more` says), as far as it shall have come; its grant's id or ''. */
export async function standing(
  http: ApiHarness,
  progress: Progress,
  more: object = {},
): Promise<{ id: string; grantId: string }> {
  const wish = { resource: 'globex-env', entitlement: 'read', period: 'PT1H', justification: 'A look' };
  const asked = await http.call('sam@northwind.example', 'POST', requests, {
    ...wish,
    ticket: 'SUP-1',
    ...more,
  });
  expect(asked.status).toBe(201);
  const { id } = asked.body;
  if (progress === 'waiting') return { id, grantId: '' };
  if (asked.body.state === 'waiting') {
    await http.call('priya@northwind.example', 'POST', `${requests}/${id}/decisions`, {
      decision: 'approve',
    });
  }
  if (progress === 'approved') return { id, grantId: '' };
  const grantId = await http.provision(id, progress === 'provisioning' ? 'provisioning' : 'held');
  if (progress === 'ended') {
    await http.ledger.owner.db.execute(
      sql`update access_grant set end_at = tenure_now(), end_order = 'revocation' where id = ${grantId}`,
    );
    await http.end(grantId, 'revocation');
  }
  return { id, grantId };
}

/** What was ordered about a grant's end, and by whom. */
export async function endOrder(http: ApiHarness, grantId: string) {
  const rows = await http.ledger.owner.db.execute<{
    order: string | null;
    due: boolean;
    by: string | null;
  }>(sql`
    select end_order as order, due_at <= tenure_now() as due, (select email from person where id = end_ordered_by) as by
    from access_grant where id = ${grantId}`);
  return rows[0];
}

export function expectProblem(answer: Answer, status: number, code: string): void {
  expect(answer).toMatchObject({ status, body: { type: `urn:tenure:problem:${code}` } });
}
