import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { createRemoteJWKSet, customFetch, decodeProtectedHeader, jwtVerify } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Api } from '../../api/route.ts';
import { digestOf } from '../../crypto/digest.ts';
import { newId } from '../../domain/ids.ts';
import { loadPolicies } from '../../policy/load.ts';
import { defaultSource } from '../policy/default-policies.ts';
import { type Answer, type ApiHarness, startApi } from '../support/api.ts';
import { expectProblem, standing } from '../support/standing.ts';
import { eventually } from '../support/wait.ts';

const sam = 'sam@northwind.example';
const mei = 'mei@northwind.example';
const omar = 'omar@northwind.example';
const priya = 'priya@northwind.example';
const anna = 'anna@acme.example';
/** So old is an answer at most. */
const boundMs = 1_000;

let http: ApiHarness;
let token: string;
let tokenId: string;
beforeAll(async () => {
  http = await startApi();
  const made = await http.call(omar, 'POST', '/v1/service-tokens', { label: 'Northwind’s application' });
  expect(made.status).toBe(201);
  ({ token, id: tokenId } = made.body);
});
afterAll(() => http.stop());
afterEach(() => expect(http.faults.splice(0)).toEqual([]));

async function ask(
  body: unknown,
  options: { api?: Api; path?: string; headers?: Record<string, string> } = {},
) {
  const { api = http.api, path = '/access/v1/evaluation', headers = {} } = options;
  const response = await api.request(path, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await response.text();
  // Looked into by each test, in many shapes.
  return { status: response.status, headers: response.headers, body: JSON.parse(text) } satisfies Answer;
}

/** May Sam read Globex’s environment? Or somebody else something else. */
const question = (
  more: { who?: string; action?: string; resource?: object; context?: object; options?: object } = {},
) => ({
  subject: { type: 'person', id: more.who ?? sam },
  action: { name: more.action ?? 'read' },
  resource: { type: 'resource', id: 'globex-env', ...more.resource },
  ...(more.context ? { context: more.context } : {}),
  ...(more.options ? { options: more.options } : {}),
});
const exact = { options: { exact: true } };
const yes = async (...given: Parameters<typeof ask>) => (await ask(...given)).body.decision;

/** Orders a grant to end, as a revocation does. */
const orderEnd = (grantId: string) =>
  http.ledger.owner.db.execute(
    sql`update access_grant set end_at = tenure_now(), end_order = 'revocation' where id = ${grantId} and due_at > tenure_now()`,
  );

/** Sam holds `read` on Globex’s environment; ended when the test is over. */
async function holding(work: (held: { id: string; grantId: string }) => Promise<void>): Promise<void> {
  const held = await standing(http, 'held');
  await eventually('the grant is seen', () => yes(question()));
  try {
    await work(held);
  } finally {
    await orderEnd(held.grantId);
  }
  await eventually('the end is seen', async () => !(await yes(question())));
}

describe('May this person do this now?', () => {
  it('yes while the grant lives, with why, by which, and until when; no before and after', async () => {
    expect((await ask(question())).body).toMatchObject({ decision: false, context: { reason: 'no-grant' } });
    await holding(async ({ grantId }) => {
      const { status, headers, body } = await ask(question());
      expect([status, headers.get('cache-control')]).toEqual([200, 'no-store']);
      const { body: grant } = await http.call(sam, 'GET', `/v1/grants/${grantId}`);
      expect(body).toMatchObject({
        decision: true,
        context: { reason: 'granted', grant_id: grantId, origin: 'request', until: grant.until },
      });
      expect(Date.parse(body.context.as_of)).toBeGreaterThan(Date.now() - 2 * boundMs);
      const { person, resource } = grant;
      const alike = [
        question({ who: sam.toUpperCase() }),
        question({ who: person.id }),
        { ...question(), subject: { type: 'user', id: sam, properties: { department: 'none of ours' } } },
        question({ resource: { id: resource.id } }),
        question({ resource: { type: 'database' } }),
        question({ resource: { properties: { customer: 'globex' } } }),
        question({ context: { customer: 'globex', time: 'ignored', more: { unknown: [] } } }),
        { ...question(), unknown: true, action: { name: 'read', properties: { method: 'GET' } } },
        question(exact),
      ];
      for (const one of alike) expect(await yes(one), JSON.stringify(one)).toBe(true);
      const unlike = [
        question({ who: mei }),
        question({ who: 'nobody@northwind.example' }),
        question({ who: "' or 1=1 --" }),
        question({ who: '__proto__' }),
        question({ action: 'write' }),
        question({ action: 'constructor' }),
        question({ resource: { id: 'acme-env' } }),
        question({ resource: { id: 'toString' } }),
        question({ resource: { type: 'application' } }),
        question({ resource: { properties: { customer: 'acme' } } }),
        { ...question(), subject: { type: 'customer', id: sam } },
        question({ ...exact, who: mei }),
      ];
      for (const one of unlike) expect(await yes(one), JSON.stringify(one)).toBe(false);
    });
    expect(await yes(question(exact))).toBe(false);
  });

  it('no from the instant of its end, whatever else is behind', async () => {
    await holding(async ({ grantId }) => {
      const until = Date.now() + 1_500;
      await http.ledger.owner.db.transaction(async (tx) => {
        await tx.execute(sql`alter table access_grant disable trigger user`);
        await tx.execute(
          sql`update access_grant set until = ${new Date(until).toISOString()}::timestamptz where id = ${grantId}`,
        );
        await tx.execute(sql`alter table access_grant enable trigger user`);
      });
      // That was no fact that anybody notes: asked exactly, it is known at once; from memory, when that is forgotten.
      await http.ledger.owner.db.execute(
        sql`insert into change (table_name, row_id, operation) values ('access_grant', ${grantId}, 'UPDATE')`,
      );
      await delay(400);
      for (let askedAt = Date.now(); await yes(question()); askedAt = Date.now())
        expect(askedAt).toBeLessThan(until);
      // From memory it may be said a moment too soon, never too late; exactly, not too soon either.
      while (Date.now() <= until) await delay(1);
      expect(await yes(question(exact))).toBe(false);
    });
  });

  const administers = question({
    who: anna,
    resource: { type: 'role', id: 'customer-administrator' },
    action: 'hold',
  });

  /** What a source says of Sam's device, in two steps: kept, then read. */
  async function deviceSignal(): Promise<string> {
    const [source, id] = [newId('sigsrc'), newId('sig')];
    await http.ledger.owner.db.execute(sql`
      insert into signal_source (id, organization_id, name, issuer, audience, jwks, made_by)
      select ${source}, organization_id, 'Devices', 'https://mdm.example', 'tenure', '{"keys": []}', id from person where email = ${omar}`);
    await http.ledger.owner.db.execute(sql`
      insert into signal (id, source_id, organization_id, jti, kind, family, effect, name, subject, event_at)
      select ${id}, id, organization_id, ${id}, 'device-compliance-change', 'device', 'opens', 'device-not-compliant', '{}', tenure_now()
      from signal_source where id = ${source}`);
    return id;
  }

  /** While applications go on asking. */
  async function flooded(work: () => Promise<void>): Promise<void> {
    const over = new AbortController();
    const flood = [question(), question({ who: mei }), administers].map(async (one) => {
      for (; !over.signal.aborted; await delay(1)) await ask(one);
    });
    try {
      await work();
    } finally {
      over.abort();
      await Promise.all(flood);
    }
  }

  it('no within a second of a revocation, a suspension, a signal and a role’s end, under load; yes as soon when it is undone', async () => {
    await holding(({ grantId }) =>
      flooded(async () => {
        const turns = async (one: object, to: boolean, act: () => Promise<unknown>) => {
          expect(await yes(one)).toBe(!to);
          await act();
          const done = performance.now();
          while ((await yes(one)) !== to) await delay(2);
          expect(performance.now() - done).toBeLessThan(boundMs);
        };
        const { db } = http.ledger.system;
        const suspend = (at: string | null) => () =>
          db.execute(sql`update person set suspended_at = ${at}::timestamptz where email = ${sam}`);
        await turns(question(), false, suspend(new Date().toISOString()));
        await turns(question(), true, suspend(null));
        await turns(administers, false, () =>
          db.execute(
            sql`update person_role set until = tenure_now() where until is null and person_id = (select id from person where email = ${anna})`,
          ),
        );
        await turns(administers, true, () =>
          db.execute(
            sql`update person_role set until = null where person_id = (select id from person where email = ${anna})`,
          ),
        );
        const signal = await deviceSignal();
        const said = (state: string) => () =>
          db.execute(
            sql`update signal set state = ${state}, closed_at = case ${state} when 'closed' then tenure_now() end, person_id = (select id from person where email = ${sam}) where id = ${signal}`,
          );
        await turns(question(), false, said('open'));
        expect((await ask(question())).body.context).toMatchObject({
          reason: 'refused-by-policy',
          policies: [{ id: 'device-not-compliant' }],
        });
        await turns(question(), true, said('closed'));
        await turns(question(), false, () => orderEnd(grantId));
      }),
    );
  });

  it('features of the person’s own customer', async () => {
    const feature = (id: string, who = anna) =>
      question({ who, resource: { type: 'feature', id }, action: 'use' });
    const { body } = await http.call(anna, 'GET', '/v1/customers/acme/features');
    const [on] = Object.entries(body.features).find(([, enabled]) => enabled) ?? [''];
    expect(on).not.toBe('');
    expect(await yes(feature(on))).toBe(true);
    expect(await yes(feature('no-such-feature'))).toBe(false);
    expect(await yes(feature('constructor'))).toBe(false);
    expect(await yes(feature(on, sam))).toBe(false);
  });
});

describe('When changes cannot be followed', () => {
  it('what is in memory serves no longer than its bound; then the ledger is asked, and is right', async () => {
    await holding(async ({ grantId }) => {
      expect(await yes(question())).toBe(true);
      // Nobody reads the change table while this stands; everything else can be read.
      const blocker = http.ledger.owner.db.transaction(async (tx) => {
        await tx.execute(sql`lock table change in access exclusive mode`);
        await delay(1_900);
      });
      await delay(boundMs + 400);
      const later = (await ask(question())).body;
      expect(later.decision).toBe(true);
      expect(Date.parse(later.context.as_of)).toBeGreaterThan(Date.now() - 200);
      await blocker;
      await orderEnd(grantId);
      expect(await yes(question(exact))).toBe(false);
    });
  });

  it('not at all when the ledger says nothing either', async () => {
    await holding(async () => {
      const api = http.over({ patience: { answerMs: 300, wholeReportMs: 300 } });
      expect(await yes(question(), { api })).toBe(true);
      const blocker = http.ledger.owner.db.transaction(async (tx) => {
        await tx.execute(sql`lock table change, access_grant in access exclusive mode`);
        await delay(2_000);
      });
      await delay(boundMs + 400);
      expectProblem(await ask(question(), { api }), 503, 'ledger-unavailable');
      await blocker;
      await eventually('it is back', async () => (await ask(question(), { api })).status === 200);
    });
  });
});

describe('Policy', () => {
  const using = (text: string) => {
    const source = defaultSource();
    return loadPolicies({ ...source, texts: { ...source.texts, 'more.cedar': text } }, digestOf);
  };
  const onlyWhen = (when: string) =>
    `@id("not-now") @title("Not now") forbid (principal, action == Action::"use", resource) unless { ${when} };`;

  it('is asked of every call where it looks at the call, and its no names the rule', async () => {
    const network = using(onlyWhen('context has ip && context.ip.isInRange(ip("10.0.0.0/8"))'));
    expect(network.useSight).toEqual({ readsCall: true, readsTime: false });
    await holding(async () => {
      const api = http.over({ using: network });
      const from = (ip: string) => ask(question({ context: { ip } }), { api });
      expect((await from('10.1.2.3')).body.decision).toBe(true);
      for (const answer of [await from('192.0.2.1'), await from('::1'), await ask(question(), { api })])
        expect(answer.body).toMatchObject({
          decision: false,
          context: { reason: 'refused-by-policy', policies: [{ id: 'not-now', title: 'Not now' }] },
        });
      expectProblem(await from('10.0.0.0/8'), 400, 'malformed-parameter');
      const second = using(onlyWhen('context has amr && context.amr.contains("mfa")'));
      const strict = http.over({ using: second });
      expect(await yes(question({ context: { amr: ['pwd', 'mfa'] } }), { api: strict })).toBe(true);
      expect(await yes(question({ context: { amr: ['pwd'] } }), { api: strict })).toBe(false);
    });
  });

  it('that looks at facts alone is asked once, and again when a fact changes', async () => {
    const set = using(onlyWhen('!(principal has department && principal.department == "left")'));
    expect(set.useSight).toEqual({ readsCall: false, readsTime: false });
    let asked = 0;
    const mayUse: typeof set.mayUse = (one) => {
      asked += 1;
      return set.mayUse(one);
    };
    const department = (name: string) =>
      http.ledger.system.db.execute(sql`update person set department = ${name} where email = ${sam}`);
    await holding(async () => {
      const api = http.over({ using: { ...set, mayUse } });
      await eventually('it is in memory', async () => {
        asked = 0;
        return (await yes(question(), { api })) && asked === 0;
      });
      for (let time = 0; time < 20; time += 1) expect(await yes(question(), { api })).toBe(true);
      expect(asked).toBe(0);
      await department('left');
      await eventually('it counts', async () => !(await yes(question(), { api })));
      await department('support');
      await eventually('it counts no more', () => yes(question(), { api }));
    });
  });
});

describe('Several at once', () => {
  const several = (body: object) => ask(body, { path: '/access/v1/evaluations' });
  const parts = (...names: string[]) => names.map((name) => ({ action: { name } }));

  it('by each of the three semantics, in their order, with what one leaves out taken from the whole', async () => {
    await holding(async () => {
      const { action: _action, ...rest } = question();
      const by = async (semantic: string | null, ...names: string[]) => {
        const options = semantic === null ? {} : { options: { evaluations_semantic: semantic } };
        const { body } = await several({ ...rest, evaluations: parts(...names), ...options });
        return body.evaluations.map((one: { decision: boolean }) => one.decision);
      };
      expect(await by(null, 'write', 'read', 'operate')).toEqual([false, true, false]);
      expect(await by('execute_all', 'read', 'write')).toEqual([true, false]);
      expect(await by('deny_on_first_deny', 'read', 'write', 'read')).toEqual([true, false]);
      expect(await by('deny_on_first_deny', 'read', 'read')).toEqual([true, true]);
      expect(await by('permit_on_first_permit', 'write', 'read', 'write')).toEqual([false, true]);
      const mixed = await several({
        ...rest,
        evaluations: [
          {},
          { action: { name: 5 } },
          { action: { name: 'read' }, subject: { type: 'person', id: mei } },
          ...parts('read'),
        ],
      });
      expect(mixed.body.evaluations).toMatchObject([
        { decision: false, context: { error: { status: 400 } } },
        {
          decision: false,
          context: { error: { status: 400, message: expect.stringContaining('action.name') } },
        },
        { decision: false, context: { reason: 'no-grant' } },
        { decision: true },
      ]);
      expect((await several(question())).body).toMatchObject({ decision: true });
      expect((await several({ ...question(), evaluations: [] })).body).toMatchObject({ decision: true });
    });
    expectProblem(
      await several({ ...question(), evaluations: parts('read'), options: { evaluations_semantic: 'some' } }),
      400,
      'malformed-parameter',
    );
    expectProblem(
      await several({ ...question(), evaluations: parts(...Array<string>(501).fill('read')) }),
      400,
      'malformed-parameter',
    );
  });
});

describe('What is no question', () => {
  it.each<[string, unknown, string]>([
    ['no JSON', '{', 'malformed-json'],
    ['a list', [], 'malformed-parameter'],
    ['nothing', 'null', 'malformed-parameter'],
    ['no subject', { ...question(), subject: undefined }, 'malformed-parameter'],
    ['a subject without a type', { ...question(), subject: { id: sam } }, 'malformed-parameter'],
    ['an id that is a number', { ...question(), subject: { type: 'person', id: 7 } }, 'malformed-parameter'],
    ['an empty action', { ...question(), action: { name: '' } }, 'malformed-parameter'],
    ['a resource that is a text', { ...question(), resource: 'globex-env' }, 'malformed-parameter'],
    [
      'properties that are none',
      { ...question(), subject: { type: 'person', id: sam, properties: 'x' } },
      'malformed-parameter',
    ],
    ['a context that is none', { ...question(), context: 'x' }, 'malformed-parameter'],
    ['an endless name', question({ who: 'x'.repeat(1_000) }), 'malformed-parameter'],
  ])('%s is answered with 400, and with the question’s id', async (_what, body, code) => {
    const answer = await ask(body, { headers: { 'x-request-id': 'q-1' } });
    expectProblem(answer, 400, code);
    expect(answer.headers.get('x-request-id')).toBe('q-1');
  });

  it('another type of body, too large a one, another method', async () => {
    expectProblem(
      await ask(question(), { headers: { 'content-type': 'text/plain' } }),
      400,
      'malformed-json',
    );
    expectProblem(await ask({ ...question(), more: 'x'.repeat(70_000) }), 413, 'payload-too-large');
    expectProblem(await http.call(null, 'GET', '/access/v1/evaluation'), 405, 'method-not-allowed');
  });

  it('repeats the question’s id, but none that a header does not take', async () => {
    expect(
      (await ask(question(), { headers: { 'x-request-id': 'bfe9eb29-ab87' } })).headers.get('x-request-id'),
    ).toBe('bfe9eb29-ab87');
    expect(
      (await ask(question(), { headers: { 'x-request-id': 'x'.repeat(300) } })).headers.get('x-request-id'),
    ).toBeNull();
  });

  it('says where questions are asked', async () => {
    const { body } = await http.call(null, 'GET', '/.well-known/authzen-configuration');
    expect(body).toEqual({
      policy_decision_point: 'http://localhost:3000',
      access_evaluation_endpoint: 'http://localhost:3000/access/v1/evaluation',
      access_evaluations_endpoint: 'http://localhost:3000/access/v1/evaluations',
    });
  });
});

describe('Who asks', () => {
  it('is an application with a token that is good, and nobody else', async () => {
    const scim = await http.call(anna, 'POST', '/v1/organizations/acme/scim-tokens', { label: 'Okta' });
    const others = [
      'Bearer',
      'Basic c2FtOnNhbQ==',
      `Bearer ${await http.token(omar)}`,
      `Bearer ${scim.body.token}`,
      `Bearer ${token}x`,
      `Bearer tenure_service_${'A'.repeat(43)}`,
    ];
    for (const authorization of others)
      expectProblem(await ask(question(), { headers: { authorization } }), 401, 'unauthenticated');
    // And its token is good for nothing else.
    for (const path of ['/v1/grants', '/v1/service-tokens', '/scim/v2/acme/Users', '/v1/feed']) {
      const response = await http.api.request(path, { headers: { authorization: `Bearer ${token}` } });
      expect(response.status, path).toBe(401);
    }
    expect((await ask(question())).status).toBe(200);
  });

  it('is known by a hash, listed with its last use, and refused within a second of being revoked', async () => {
    const made = await http.call(omar, 'POST', '/v1/service-tokens', { label: 'another', for_days: 1 });
    const headers = { authorization: `Bearer ${made.body.token}` };
    expect((await ask(question(), { headers })).status).toBe(200);
    const [kept] = await http.ledger.owner.db.execute<{ text: string }>(
      sql`select string_agg(t::text, '') as text from service_token t`,
    );
    expect(kept?.text).not.toContain(made.body.token.slice(20));
    const { body } = await http.call(omar, 'GET', '/v1/service-tokens');
    expect(body.items).toMatchObject([
      { id: made.body.id, state: 'good', last_used_at: expect.any(String) },
      { id: tokenId, label: 'Northwind’s application', made_by: { email: omar } },
    ]);
    expect(JSON.stringify(body)).not.toContain('tenure_service_');
    expectProblem(await http.call(sam, 'POST', '/v1/service-tokens', { label: 'mine' }), 403, 'forbidden');
    expectProblem(await http.call(anna, 'GET', '/v1/service-tokens'), 403, 'forbidden');
    const revoked = await http.call(omar, 'POST', `/v1/service-tokens/${made.body.id}/revocation`, {});
    expect(revoked.body).toMatchObject({ state: 'revoked', revoked_by: { email: omar } });
    const done = performance.now();
    while ((await ask(question(), { headers })).status === 200) await delay(5);
    expect(performance.now() - done).toBeLessThan(boundMs + 200);
    expectProblem(
      await http.call(omar, 'POST', `/v1/service-tokens/${made.body.id}/revocation`, {}),
      409,
      'already-ended',
    );
  });

  it('is not kept waiting by those who guess', async () => {
    const api = http.over({});
    expect((await ask(question(), { api })).status).toBe(200);
    const guess = (n: number) => `Bearer tenure_service_${String(n).padStart(43, 'x')}`;
    const statuses = await Promise.all(
      Array.from({ length: 260 }, async (_, n) => {
        const headers = { authorization: guess(n) };
        return (await ask(question(), { api, headers })).status;
      }),
    );
    expect(new Set(statuses)).toEqual(new Set([401, 429]));
    expect((await ask(question(), { api })).status).toBe(200);
  });

  it('waits when it asks too much, and keeps nobody else waiting', async () => {
    const api = http.over({ serviceLimit: { burst: 3, perSecond: 0.001 } });
    const other = await http.call(omar, 'POST', '/v1/service-tokens', { label: 'calm', for_days: 1 });
    const statuses = await Promise.all(
      Array.from({ length: 5 }, async () => (await ask(question(), { api })).status),
    );
    expect(statuses.toSorted((a, b) => a - b)).toEqual([200, 200, 200, 429, 429]);
    const calm = await ask(question(), { api, headers: { authorization: `Bearer ${other.body.token}` } });
    expect(calm.status).toBe(200);
  });
});

describe('A token of a grant', () => {
  const issue = (who: string, id: string, amr?: string[]) =>
    http.call(who, 'POST', `/v1/grants/${id}/token`, {}, amr ? { amr } : {});
  const keys = createRemoteJWKSet(new URL('http://localhost:3000/.well-known/jwks.json'), {
    [customFetch]: (url: string) => Promise.resolve(http.api.request(new URL(url).pathname)),
  });
  const verify = (text: string, audience = 'globex-env') =>
    jwtVerify(text, keys, { issuer: 'http://localhost:3000', audience, typ: 'grant+jwt' });

  it('is checked by anybody with the published keys, and says what is held, for minutes', async () => {
    await holding(async ({ id, grantId }) => {
      const issued = await issue(sam, grantId);
      expect(issued.status).toBe(201);
      expect(issued.headers.get('cache-control')).toBe('no-store');
      const { payload } = await verify(issued.body.token);
      const { body: grant } = await http.call(sam, 'GET', `/v1/grants/${grantId}`);
      expect(payload).toMatchObject({
        sub: grant.person.id,
        grant: {
          id: grantId,
          entitlement: 'read',
          resource: { key: 'globex-env' },
          organization: { key: 'globex' },
          until: grant.until,
        },
      });
      expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(300);
      expect(new Date((payload.exp ?? 0) * 1_000).toISOString()).toBe(issued.body.expires_at);
      await expect(verify(issued.body.token, 'acme-env')).rejects.toThrow();
      expect(await http.events(id)).toContain('grant.token_issued');
    });
  });

  it('never lasts longer than the grant', async () => {
    const { grantId } = await standing(http, 'held', { period: 'PT1M' });
    const { body } = await issue(sam, grantId);
    const { body: grant } = await http.call(sam, 'GET', `/v1/grants/${grantId}`);
    expect(Date.parse(body.expires_at)).toBeLessThanOrEqual(Date.parse(grant.until));
    await orderEnd(grantId);
    expectProblem(await issue(sam, grantId), 409, 'already-ended');
  });

  it('is for the holder of what has begun, signed in as the access asks', async () => {
    const { grantId } = await standing(http, 'held');
    expectProblem(await issue(priya, grantId), 403, 'forbidden');
    expectProblem(await issue(mei, grantId), 404, 'not-found');
    expectProblem(await issue(anna, grantId), 404, 'not-found');
    const { grantId: notYet } = await standing(http, 'provisioning');
    expectProblem(await issue(sam, notYet), 409, 'not-held');
    const change = await standing(http, 'held', { entitlement: 'write' });
    expectProblem(await issue(sam, change.grantId, ['pwd']), 403, 'step-up-required');
    expect((await issue(sam, change.grantId)).status).toBe(201);
    for (const id of [grantId, notYet, change.grantId]) await orderEnd(id);
  });

  it('has keys that take turns by themselves, each published before and after its own', async () => {
    const { grantId } = await standing(http, 'held');
    const { body: issued } = await issue(sam, grantId);
    const { body } = await http.call(null, 'GET', '/.well-known/jwks.json');
    expect(body.keys).toHaveLength(3);
    for (const key of body.keys) {
      expect(Object.keys(key).sort()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use']);
      expect(key).toMatchObject({ kty: 'RSA', alg: 'RS256', use: 'sig' });
    }
    expect(decodeProtectedHeader(issued.token)).toMatchObject({ alg: 'RS256', kid: body.keys[1].kid });
    const [sealed] = await http.ledger.owner.db.execute<{ text: string }>(
      sql`select string_agg(k::text, '') as text from signing_key k`,
    );
    expect(sealed?.text).not.toMatch(/PRIVATE|MIIEv/);
    await orderEnd(grantId);
  });
});
