import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ApiHarness, startApi } from '../support/api.ts';
import { expectProblem, standing } from '../support/standing.ts';

const sam = 'sam@northwind.example';
const mei = 'mei@northwind.example';
const priya = 'priya@northwind.example';
const sita = 'sita@northwind.example';

let http: ApiHarness;
beforeAll(async () => {
  http = await startApi();
});
afterAll(() => http.stop());
afterEach(() => expect(http.faults.splice(0)).toEqual([]));

const requests = '/v1/access-requests';
const act = (who: string, id: string, what: string, body: object = {}) =>
  http.call(who, 'POST', `${requests}/${id}/${what}`, body);

describe('Credential', () => {
  const credential = (who: string, id: string, body: object = {}) => act(who, id, 'credential', body);
  /** What the worker does: the new password has reached the target. */
  const takeOver = (grantId: string) =>
    http.ledger.system.db.execute(sql`
    update access_grant set sealed_password = sealed_next_password, sealed_next_password = null where id = ${grantId} and sealed_next_password is not null returning id`);

  it('is shown once, to its holder alone', async () => {
    const { id, grantId } = await standing(http, 'held');
    expectProblem(await credential(priya, id), 403, 'forbidden');
    expectProblem(await credential(mei, id), 404, 'not-found');
    const shown = await credential(sam, id);
    expect(shown.status).toBe(200);
    expect(shown.body.username).toContain(grantId.slice(6));
    expectProblem(await credential(sam, id), 409, 'credential-already-shown');
    const answers = await Promise.all(
      [1, 2, 3].map(async () => credential(sam, (await standing(http, 'held')).id)),
    );
    expect(new Set(answers.map((answer) => answer.body.password)).size).toBe(3);
    expect((await http.events(id)).filter((type) => type === 'credential.shown')).toHaveLength(1);
  });

  it('at once by several is shown to one', async () => {
    const { id } = await standing(http, 'held');
    const answers = await Promise.all([1, 2, 3, 4].map(() => credential(sam, id)));
    expect(answers.map((answer) => answer.status).sort((a, b) => a - b)).toEqual([200, 409, 409, 409]);
  });

  it.each(['waiting', 'approved', 'provisioning', 'ended'] as const)(
    'of what is %s is not to be had',
    async (state) => {
      expectProblem(
        await credential(sam, (await standing(http, state)).id),
        409,
        state === 'ended' ? 'already-ended' : 'not-held',
      );
    },
  );

  it('is replaced by another one once the target has taken it', async () => {
    const { id, grantId } = await standing(http, 'held');
    const first = await credential(sam, id);
    const second = credential(sam, id, { replace: true });
    await expect.poll(async () => (await takeOver(grantId)).length, { interval: 50, timeout: 4_000 }).toBe(1);
    const answer = await second;
    expect(answer.status).toBe(200);
    expect(answer.body.password).not.toBe(first.body.password);
    expect(http.hurried.at(-1)).toMatchObject({ kind: 'credential', subjectId: grantId });
    expect((await http.events(id)).slice(-3)).toEqual([
      'credential.shown',
      'credential.replaced',
      'credential.shown',
    ]);
    expectProblem(await credential(sam, id), 409, 'credential-already-shown');
  });

  it('that is on its way is waited for; asking again goes on with the same one', async () => {
    const { id, grantId } = await standing(http, 'held');
    await credential(sam, id);
    const late = await credential(sam, id, { replace: true });
    expectProblem(late, 503, 'target-unavailable');
    expect(late.headers.get('retry-after')).toMatch(/^\d+$/);
    await takeOver(grantId);
    expect((await credential(sam, id, { replace: true })).status).toBe(200);
    expect((await http.events(id)).filter((type) => type === 'credential.replaced')).toHaveLength(1);
  });

  it('is nowhere but in that one answer', async () => {
    const { id } = await standing(http, 'held');
    const { password } = (await credential(sam, id)).body;
    const url = http.ledger.ownerUrl;
    expect(url).toBeTruthy();
    for (const table of ['access_grant', 'outbox', 'idempotency', 'audit_text', 'audit_event']) {
      const rows = await http.ledger.owner.db.execute(
        sql`select 1 from ${sql.identifier(table)} t where t::text like ${`%${password}%`}`,
      );
      expect(rows).toHaveLength(0);
    }
    expect(JSON.stringify((await http.call(sita, 'GET', `${requests}/${id}`)).body)).not.toContain('sealed');
  });
});
