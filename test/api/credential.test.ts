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

  it('has a URL that clients understand, also where the target has an IPv6 address', async () => {
    const { id } = await standing(http, 'held');
    const move = (host: string) =>
      http.ledger.owner.db.execute(
        sql`update target set endpoint = jsonb_set(endpoint, '{host}', to_jsonb(${host}::text))`,
      );
    await move('2001:db8::7');
    const { body } = await credential(sam, id);
    await move('127.0.0.1');
    expect(body.host).toBe('2001:db8::7');
    const url = new URL(body.url);
    expect([url.host, url.username]).toEqual([`[2001:db8::7]:${body.port}`, body.username]);
  });

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

  it('of what needs a second factor is for who brings one, a replacement too', async () => {
    const write = { entitlement: 'write' };
    const pwd = { amr: ['pwd'] };
    const { id } = await standing(http, 'held', write);
    const without = (body: object) => http.call(sam, 'POST', `${requests}/${id}/credential`, body, pwd);
    expectProblem(await without({}), 403, 'step-up-required');
    expect((await credential(sam, id)).status).toBe(200);
    expectProblem(await without({}), 403, 'step-up-required');
    expectProblem(await without({ replace: true }), 403, 'step-up-required');
    expect((await http.events(id)).slice(-3)).toEqual([
      'credential.shown',
      'decision.refused',
      'decision.refused',
    ]);
    const extension = await act(sam, id, 'extension', { period: 'PT1H', justification: 'More' });
    const byExtension = await http.call(sam, 'POST', `${requests}/${extension.body.id}/credential`, {}, pwd);
    expectProblem(byExtension, 403, 'step-up-required');
  });

  it('of what needs none is shown without, however it was asked for', async () => {
    const { id } = await standing(http, 'held');
    expect((await http.call(sam, 'POST', `${requests}/${id}/credential`, {}, { amr: ['pwd'] })).status).toBe(
      200,
    );
  });

  it('of what policy allows no more is for who signs in as they did when asking', async () => {
    const [read, written] = [
      await standing(http, 'held'),
      await standing(http, 'held', { entitlement: 'write' }),
    ];
    const contract = (employment: string) =>
      http.ledger.owner.db.execute(sql`update person set employment = ${employment} where email = ${sam}`);
    await contract('contractor');
    const tried = (id: string, amr: string[]) =>
      http.call(sam, 'POST', `${requests}/${id}/credential`, {}, { amr });
    expectProblem(await tried(written.id, ['pwd']), 403, 'step-up-required');
    expectProblem(await tried(read.id, ['pwd']), 403, 'step-up-required');
    expect((await tried(read.id, ['pwd', 'mfa'])).status).toBe(200);
    await contract('employee');
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
