import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { signalListShape, signalShape, signalSourceListShape } from '../../api/schemas/signal.ts';
import { openSignals } from '../../db/queries/signal.ts';
import { newId } from '../../domain/ids.ts';
import { type ApiHarness, startApi } from '../support/api.ts';
import { caep, connect, email, follow, risc, type Transmitter } from '../support/signals.ts';
import { endOrder, expectProblem, standing } from '../support/standing.ts';
import { shuffled } from '../support/shuffled.ts';

const [omar, anna, gus] = ['omar@northwind.example', 'anna@acme.example', 'gus@globex.example'];
const [sam, mei] = ['sam@northwind.example', 'mei@northwind.example'];
const compliance = `${caep}device-compliance-change`;
const seconds = () => Math.floor(Date.now() / 1_000);
const bad = (at = seconds()) => ({ current_status: 'not-compliant', event_timestamp: at });
const good = (at = seconds()) => ({ current_status: 'compliant', event_timestamp: at });

let http: ApiHarness;
let ours: Transmitter;
let acmes: Transmitter;
beforeAll(async () => {
  http = await startApi();
  ours = await connect(http, omar, 'northwind');
  acmes = await connect(http, anna, 'acme');
});
afterAll(() => http.stop());

async function rows<T extends Record<string, unknown>>(statement: ReturnType<typeof sql>): Promise<T[]> {
  const found = await http.ledger.owner.db.execute<T>(statement);
  return found.map((row) => row as T);
}
async function open(person: string): Promise<string[]> {
  const [row] = await rows<{ names: string[] }>(
    sql`select ${openSignals(sql`p.id`)} as names from person p where email = ${person}`,
  );
  return row?.names ?? [];
}
const states = async (source: string) =>
  (await rows<{ state: string }>(sql`select state from signal where source_id = ${source} order by id`)).map(
    ({ state }) => state,
  );

describe('A token that is pushed', () => {
  it('is kept once for its jti, with one audit event, and answered with 202 and nothing', async () => {
    const token = await ours.token(compliance, email(mei), good(), { jti: 'once' });
    for (const _ of [1, 2]) expect(await ours.push(token)).toMatchObject({ status: 202, body: '' });
    const again = await ours.token(compliance, email(mei), bad(), { jti: 'once' });
    expect(await ours.push(again)).toMatchObject({ status: 202 });
    const kept = await rows<{ effect: string; id: string }>(
      sql`select id, effect from signal where jti = 'once'`,
    );
    expect(kept).toMatchObject([{ effect: 'closes' }]);
    const audited = await rows(
      sql`select 1 from audit_event where type = 'signal.received' and subject_id = ${kept[0]?.id ?? ''}`,
    );
    expect(audited).toHaveLength(1);
  });

  it('is refused when it is forged, in the words of RFC 8935, and nothing is kept but one audit event', async () => {
    await follow(http);
    const before = await http.count('signal');
    const token = (forged: Parameters<Transmitter['token']>[3]) =>
      ours.token(compliance, email(sam), bad(), forged);
    const secret = new TextEncoder().encode(JSON.stringify(ours.jwk));
    const none = `${Buffer.from('{"alg":"none","typ":"secevent+jwt"}').toString('base64url')}.${
      (await token({})).split('.')[1]
    }.`;
    const wrong: [string, string][] = [
      [
        'invalid_key',
        await acmes.token(compliance, email(sam), bad(), { issuer: 'https://idp.northwind.example' }),
      ],
      ['invalid_key', await token({ alg: 'HS256', key: secret })],
      ['invalid_key', none],
      ['invalid_issuer', await token({ issuer: 'https://elsewhere.example' })],
      ['invalid_audience', await token({ audience: 'https://elsewhere.example' })],
      ['invalid_request', await token({ typ: 'JWT' })],
      ['invalid_request', await token({ issuedAt: seconds() - 8 * 86_400 })],
      ['invalid_request', await token({ issuedAt: seconds() + 3_600 })],
      ['invalid_request', await token({ jti: '' })],
      ['invalid_request', await token({ claims: { events: {} } })],
      ['invalid_request', await token({ claims: { events: { [compliance]: bad(seconds() + 3_600) } } })],
      ['invalid_request', await token({ claims: { sub_id: { format: 'email' } } })],
      ['invalid_request', 'a.b.c'],
      ['invalid_request', ''],
    ];
    for (const [err, raw] of wrong) {
      const answer = await ours.push(raw);
      expect(answer, raw).toMatchObject({ status: 400, body: { err } });
      expect(answer.headers.get('content-language')).toBe('en');
    }
    const nowhere = await ours.push(await token({}), newId('sigsrc'));
    expect(nowhere).toMatchObject({ status: 401, body: { err: 'authentication_failed' } });
    expect(await http.count('signal')).toBe(before);
    const refused = await rows(sql`select 1 from audit_event where type = 'signal.refused'`);
    expect(refused.length).toBeGreaterThanOrEqual(1);
    expect(refused.length).toBeLessThanOrEqual(4);
  });

  it('takes back of one device what was said of that one, and of no other', async () => {
    const about = (id: string | null) => ({
      format: 'complex',
      user: email(mei),
      ...(id === null ? {} : { device: { format: 'opaque', id } }),
    });
    const isOpen = async () => {
      await follow(http);
      return (await open(mei)).includes('device-not-compliant');
    };
    const at = seconds();
    await ours.say(compliance, about('d1'), bad(at - 9));
    await ours.say(compliance, about('d2'), good(at - 8));
    expect(await isOpen()).toBe(true);
    await ours.say(compliance, about(null), good(at - 7));
    expect(await isOpen()).toBe(true);
    await ours.say(compliance, about('d1'), good(at - 6));
    expect(await isOpen()).toBe(false);
  });

  it('speaks of nobody but the people of its own organization', async () => {
    await acmes.say(`${risc}account-disabled`, email(sam));
    await ours.say(`${risc}account-disabled`, email(anna));
    await follow(http);
    expect([await open(sam), await open(anna)]).toEqual([[], []]);
    expect((await states(acmes.id)).at(-1)).toBe('unmatched');
    // Nor does the ledger let a worker that errs write it down.
    const crossed = http.ledger.system.db.execute(sql`
      update signal set person_id = (select id from person where email = ${sam}), state = 'open' where source_id = ${acmes.id}`);
    await expect(crossed).rejects.toThrow();
  });
});

describe('Events of one kind', () => {
  it('count by their instant, in whatever order they come, however often', async () => {
    const at = seconds() - 1_000;
    const said = [bad(at), good(at + 10), bad(at + 20), good(at + 30), bad(at + 30)];
    for (const order of shuffled(said, 3)) {
      const source = await connect(http, anna, 'acme');
      for (const payload of [...order, ...order.slice(0, 2)]) {
        await source.say(compliance, email('tom@acme.example'), payload);
        await follow(http);
      }
      const [row] = await rows<{ names: string[] }>(sql`
        select array(select name from signal where source_id = ${source.id} and state = 'open') as names`);
      expect(row?.names).toEqual(['device-not-compliant']);
      await source.say(compliance, email('tom@acme.example'), good(at + 40));
      await follow(http);
      expect(await states(source.id)).not.toContain('open');
    }
  });
});

describe('What is said of somebody', () => {
  beforeEach(async () => {
    await ours.say(compliance, email(sam), good());
    await follow(http);
  });

  it('ends what policy would not allow now, at once, and lets it be asked for again only when it is over', async () => {
    const { grantId } = await standing(http, 'held');
    const at = seconds();
    await ours.say(compliance, { format: 'complex', user: email(sam) }, bad(at));
    await follow(http);
    expect(await open(sam)).toEqual(['device-not-compliant']);
    expect(await endOrder(http, grantId)).toMatchObject({ order: 'engine', due: true });
    const wish = {
      resource: 'globex-env',
      entitlement: 'read',
      period: 'PT1H',
      justification: 'A look',
      ticket: 'S-1',
    };
    expectProblem(await http.call(sam, 'POST', '/v1/access-requests', wish), 403, 'refused-by-policy');
    const [process] = await rows(sql`select kind, cause, source from process order by id desc limit 1`);
    expect(process).toEqual({ kind: 'role-change', cause: 'operations', source: ours.id });
    await ours.say(compliance, email(sam), good(at + 1));
    await follow(http);
    expect(await http.call(sam, 'POST', '/v1/access-requests', wish)).toMatchObject({ status: 201 });
  });

  it('has who signed in before it show again who they are, to ask and to decide', async () => {
    const { id } = await standing(http, 'waiting');
    const priya = 'priya@northwind.example';
    const at = { event_timestamp: seconds() + 2, change_type: 'update', credential_type: 'password' };
    await ours.say(`${caep}credential-change`, email(priya), at);
    await ours.say(`${caep}assurance-level-change`, email(sam), { ...at, change_direction: 'decrease' });
    await follow(http);
    expect([await open(priya), await open(sam)]).toEqual([['credential-changed'], ['assurance-lowered']]);
    const decision = { decision: 'approve' };
    const path = `/v1/access-requests/${id}/decisions`;
    expectProblem(await http.call(priya, 'POST', path, decision), 403, 'step-up-required');
    const wish = {
      resource: 'globex-env',
      entitlement: 'read',
      period: 'PT1H',
      justification: 'A look',
      ticket: 'S-1',
    };
    expectProblem(await http.call(sam, 'POST', '/v1/access-requests', wish), 403, 'step-up-required');
    // The harness signs in anew with each call: from that second on it is after what was said.
    await expect.poll(seconds, { timeout: 4_000 }).toBeGreaterThanOrEqual(at.event_timestamp);
    expect(await http.call(priya, 'POST', path, decision)).toMatchObject({ status: 201 });
    expect(await http.call(sam, 'POST', '/v1/access-requests', wish)).toMatchObject({ status: 201 });
  });

  it('revokes the sessions that began before it, and no later one', async () => {
    const session = async (secondsAgo: number) => {
      const id = newId('ses');
      await http.ledger.owner.db.execute(sql`
        insert into session (id, person_id, organization_id, method, family_hash, token_hash, amr, auth_time, ends_at, idle_ends_at, browser)
        select ${id}, id, organization_id, 'passkey', ${id}, 'token', '{}', tenure_now() - ${secondsAgo} * interval '1 second',
          tenure_now() + interval '1 hour', tenure_now() + interval '1 hour', 'Test' from person where email = ${mei}`);
      return id;
    };
    const [former, later] = [await session(600), await session(0)];
    await ours.say(`${caep}session-revoked`, email(mei), { event_timestamp: seconds() - 300 });
    await follow(http);
    const ended = await rows<{ id: string; by: string }>(
      sql`select id, ended_by as by from session where id in (${former}, ${later}) and ended_at is not null`,
    );
    expect(ended).toEqual([{ id: former, by: 'revocation' }]);
  });

  it('suspends whose account is disabled, and gives back only whom this source had suspended', async () => {
    const suspended = async () =>
      (await rows(sql`select 1 from person where email = ${mei} and suspended_at is not null`)).length === 1;
    const other = await connect(http, omar, 'northwind');
    await ours.say(`${risc}account-disabled`, email(mei), { event_timestamp: seconds() - 60 });
    await other.say(`${risc}account-disabled`, email(mei), { event_timestamp: seconds() - 50 });
    await follow(http);
    expect(await suspended()).toBe(true);
    await ours.say(`${risc}account-enabled`, email(mei), { event_timestamp: seconds() - 40 });
    await follow(http);
    expect(await suspended()).toBe(true);
    await other.say(`${risc}account-enabled`, email(mei), { event_timestamp: seconds() - 30 });
    await follow(http);
    expect(await suspended()).toBe(false);
    // Suspended by somebody here: no source's to give back.
    await http.ledger.owner.db.execute(
      sql`update person set suspended_at = tenure_now() where email = ${mei}`,
    );
    await ours.say(`${risc}account-disabled`, email(mei), { event_timestamp: seconds() - 20 });
    await ours.say(`${risc}account-enabled`, email(mei), { event_timestamp: seconds() - 10 });
    await follow(http);
    expect(await suspended()).toBe(true);
    await http.ledger.owner.db.execute(sql`update person set suspended_at = null where email = ${mei}`);
  });
});

describe('Signals and their sources', () => {
  it('are listed for their organization, and closed by hand by others than whom they are about', async () => {
    await acmes.say(compliance, email(anna), bad());
    await follow(http);
    const list = await http.call(anna, 'GET', '/v1/signals?state=open');
    const mine = signalListShape.parse(list.body).items.find(({ person }) => person?.email === anna);
    const path = `/v1/signals/${mine?.id}/closing`;
    const reason = { reason: 'The laptop was returned.' };
    expectProblem(await http.call(anna, 'POST', path, reason), 403, 'self-approval');
    expectProblem(await http.call(gus, 'POST', path, reason), 404, 'not-found');
    const tom = 'tom@acme.example';
    const closed = signalShape.parse((await http.call(tom, 'POST', path, reason)).body);
    expect(closed).toMatchObject({ state: 'closed', closed_by: { email: tom }, close_reason: reason.reason });
    expectProblem(await http.call(tom, 'POST', path, reason), 409, 'already-ended');
    expect(await open(anna)).toEqual([]);
    const theirs = signalListShape.parse((await http.call(gus, 'GET', '/v1/signals')).body);
    expect(theirs.items).toEqual([]);
  });

  it('are connected with public keys alone, for one’s own people, and heard no more once ended', async () => {
    const wish = {
      organization: 'acme',
      name: 'T',
      issuer: 'https://i.example',
      audience: 'a',
      jwks: { keys: [{ ...acmes.jwk, d: 'secret' }] },
    };
    expectProblem(await http.call(anna, 'POST', '/v1/signal-sources', wish), 422, 'invalid-input');
    const symmetric = { ...wish, jwks: { keys: [{ kty: 'oct', k: 'c2VjcmV0' }] } };
    expectProblem(await http.call(anna, 'POST', '/v1/signal-sources', symmetric), 422, 'invalid-input');
    const foreign = { ...wish, organization: 'northwind', jwks: { keys: [acmes.jwk] } };
    expectProblem(await http.call(anna, 'POST', '/v1/signal-sources', foreign), 404, 'not-found');
    const source = await connect(http, anna, 'acme');
    const path = `/v1/signal-sources/${source.id}/ending`;
    expectProblem(await http.call(gus, 'POST', path, {}), 404, 'not-found');
    expect(await http.call(anna, 'POST', path, {})).toMatchObject({ status: 201 });
    expectProblem(await http.call(anna, 'POST', path, {}), 409, 'already-ended');
    expect(await source.push(await source.token(compliance, email(anna), bad()))).toMatchObject({
      status: 401,
    });
    const listed = signalSourceListShape.parse((await http.call(anna, 'GET', '/v1/signal-sources')).body);
    expect(listed.items.every(({ organization }) => organization.key === 'acme')).toBe(true);
  });
});
