import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, type ApiHarness, startApi } from '../support/api.ts';

const sam = 'sam@northwind.example';
const mei = 'mei@northwind.example';
const priya = 'priya@northwind.example';
const marek = 'marek@northwind.example';
const lena = 'lena@northwind.example';
const sita = 'sita@northwind.example';
const ada = 'ada@northwind.example';
const anna = 'anna@acme.example';
const tom = 'tom@acme.example';
const gus = 'gus@globex.example';

let http: ApiHarness;
beforeAll(async () => {
  http = await startApi();
});
afterAll(() => http.stop());
afterEach(() => expect(http.faults.splice(0)).toEqual([]));

async function ask(resource = 'globex-env', who = sam): Promise<string> {
  const body = { resource, entitlement: 'read', period: 'PT1H', justification: 'A look', ticket: 'SUP-1' };
  const answer = await http.call(who, 'POST', '/v1/access-requests', body);
  expect(answer.status).toBe(201);
  return answer.body.id;
}

function decide(who: string, id: string, decision = 'approve', more: object = {}): Promise<Answer> {
  return http.call(who, 'POST', `/v1/access-requests/${id}/decisions`, { decision, comment: 'So', ...more });
}

async function stateOf(id: string): Promise<string> {
  return (await http.call(sita, 'GET', `/v1/access-requests/${id}`)).body.state;
}

/** The refusal, and that it left one audit event and no decision. */
async function expectRefused(
  answer: Answer,
  id: string,
  status: number,
  code: string,
  decisions = 0,
): Promise<void> {
  expect(answer).toMatchObject({ status, body: { type: `urn:tenure:problem:${code}` } });
  expect((await http.events(id)).filter((type) => type === 'decision.refused')).toHaveLength(1);
  const rows = await http.ledger.owner.db.execute(sql`select id from decision where request_id = ${id}`);
  expect(rows).toHaveLength(decisions);
}

describe('Nobody decides alone on what is theirs, nor on what is not theirs to decide', () => {
  it('the requester', async () => {
    const id = await ask();
    await expectRefused(await decide(sam, id), id, 403, 'self-approval');
  });

  it('an approver on their own request', async () => {
    await http.ledger.owner.db.execute(sql`
      insert into person_role (person_id, role_id, organization_id)
      select p.id, r.id, p.organization_id from person p, role r where p.email = ${priya} and r.key = 'support-engineer'`);
    const id = await ask('globex-env', priya);
    await expectRefused(await decide(priya, id), id, 403, 'self-approval');
    expect((await decide(marek, id)).status).toBe(201);
  });

  it('who reads every record but holds no stage', async () => {
    const id = await ask();
    await expectRefused(await decide(ada, id), id, 403, 'not-your-stage');
  });

  it('the administrators of a customer whose stage it is not', async () => {
    const id = await ask();
    await expectRefused(await decide(gus, id), id, 403, 'not-your-stage');
  });

  it('an approver on another people’s stage that they name', async () => {
    const id = await ask('acme-env');
    const request = await http.call(anna, 'GET', `/v1/access-requests/${id}`);
    const theirs = request.body.stages.find((stage: { name: string }) => stage.name.includes('customer'));
    await expectRefused(await decide(priya, id, 'approve', { stage: theirs.id }), id, 403, 'not-your-stage');
  });

  it('for whom it is not there at all, it stays so, and nothing is written', async () => {
    const id = await ask();
    const events = await http.count('audit_event');
    for (const who of [lena, mei, anna]) expect((await decide(who, id)).status).toBe(404);
    expect((await decide(priya, 'AR-999999')).status).toBe(404);
    expect(await http.count('audit_event')).toBe(events);
  });

  it('a suspended approver', async () => {
    const id = await ask();
    await http.ledger.owner.db.execute(
      sql`update person set suspended_at = tenure_now() where email = ${marek}`,
    );
    expect((await decide(marek, id)).status).toBe(401);
    await http.ledger.owner.db.execute(sql`update person set suspended_at = null where email = ${marek}`);
  });

  it('an approver whose role was taken meanwhile', async () => {
    const id = await ask();
    const role = sql`person_id = (select id from person where email = ${marek})`;
    await http.ledger.owner.db.execute(sql`update person_role set until = tenure_now() where ${role}`);
    expect((await decide(marek, id)).status).toBe(404);
    await http.ledger.owner.db.execute(sql`update person_role set until = null where ${role}`);
  });
});

describe('A decision is made once, in time, and stays', () => {
  it('twice by the same person', async () => {
    const id = await ask('acme-env');
    await decide(priya, id);
    await expectRefused(await decide(priya, id), id, 409, 'already-decided', 1);
  });

  it('by a second person on a stage that is decided', async () => {
    const id = await ask('acme-env');
    await decide(anna, id);
    await expectRefused(await decide(tom, id), id, 409, 'already-decided', 1);
    expect(await stateOf(id)).toBe('waiting');
  });

  it('after a denial, in whichever order the stages speak', async () => {
    const id = await ask('acme-env');
    await decide(anna, id, 'deny');
    expect(await stateOf(id)).toBe('denied');
    await expectRefused(await decide(priya, id), id, 409, 'no-longer-waiting', 1);
  });

  it('after silence let it lapse, even while no process has said so', async () => {
    const id = await ask();
    const { owner } = http.ledger;
    await owner.db.execute(sql`alter table access_request disable trigger guard_request_words`);
    await owner.db.execute(sql`update access_request set lapses_at = tenure_now() where id = ${id}`);
    await owner.db.execute(sql`alter table access_request enable trigger guard_request_words`);
    await expectRefused(await decide(priya, id), id, 409, 'no-longer-waiting');
    expect(
      (await http.call(priya, 'GET', '/v1/access-requests?waiting_for=me')).body.items.map(
        (one: { id: string }) => one.id,
      ),
    ).not.toContain(id);
  });

  it('after it was cancelled', async () => {
    const id = await ask();
    await http.call(sam, 'POST', `/v1/access-requests/${id}/cancellation`, {});
    await expectRefused(await decide(priya, id), id, 409, 'no-longer-waiting');
  });

  it('of several people at once, on one stage, one counts', async () => {
    const id = await ask();
    const answers = await Promise.all([
      decide(priya, id),
      decide(marek, id, 'deny'),
      decide(priya, id),
      decide(marek, id),
    ]);
    expect(answers.filter((answer) => answer.status === 201)).toHaveLength(1);
    for (const answer of answers) if (answer.status !== 201) expect(answer.status).toBe(409);
    const made = answers.find((answer) => answer.status === 201)?.body.decision;
    expect(await stateOf(id)).toBe(made === 'deny' ? 'denied' : 'approved');
  });

  it('repeated under the same Idempotency-Key it is the same decision', async () => {
    const id = await ask();
    const again = () =>
      http.call(
        priya,
        'POST',
        `/v1/access-requests/${id}/decisions`,
        { decision: 'approve' },
        { headers: { 'idempotency-key': 'd-1' } },
      );
    const first = await again();
    expect(first.status).toBe(201);
    expect(await again()).toMatchObject({ status: 201, body: first.body });
  });

  it('a stage that the request does not have', async () => {
    const id = await ask();
    const answer = await decide(priya, id, 'approve', { stage: 'board' });
    expect(answer).toMatchObject({
      status: 422,
      body: { type: 'urn:tenure:problem:unknown-reference', errors: [{ pointer: '/stage' }] },
    });
  });

  it('who may decide several stages names one', async () => {
    const id = await ask('acme-env');
    await http.ledger.owner.db.execute(sql`
      insert into stage (id, request_id, position, name, role_id, organization_id, needed, lapses_at, text)
      select 'stage_7zzzzzzzzzzzzzzzzzzzzzzzzz', request_id, 2, 'second look', role_id, organization_id, 1, lapses_at, text
      from stage where request_id = ${id} and position = 0`);
    expect(await decide(priya, id)).toMatchObject({ status: 422, body: { errors: [{ pointer: '/stage' }] } });
    expect((await decide(priya, id, 'approve', { stage: 'second look' })).status).toBe(201);
  });
});

describe('What waits for me', () => {
  it('is what I could decide and have not', async () => {
    const id = await ask('acme-env');
    const waiting = async (who: string) =>
      (await http.call(who, 'GET', '/v1/access-requests?waiting_for=me&limit=200')).body.items.map(
        (one: { id: string }) => one.id,
      );
    for (const who of [priya, marek, anna, tom]) expect(await waiting(who)).toContain(id);
    for (const who of [sam, sita, ada, gus]) expect(await waiting(who)).not.toContain(id);
    await decide(priya, id);
    expect(await waiting(priya)).not.toContain(id);
    expect(await waiting(anna)).toContain(id);
  });
});
