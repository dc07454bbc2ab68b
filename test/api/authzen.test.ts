import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { digestOf } from '../../crypto/digest.ts';
import { loadPolicies } from '../../policy/load.ts';
import { defaultSource } from '../policy/default-policies.ts';
import { type Asking, boundMs, exact, question, startAsking } from '../support/authzen.ts';
import { expectProblem } from '../support/standing.ts';
import { eventually } from '../support/wait.ts';

const sam = 'sam@northwind.example';
const mei = 'mei@northwind.example';
const anna = 'anna@acme.example';

let http: Asking['http'];
let ask: Asking['ask'];
let yes: Asking['yes'];
let holding: Asking['holding'];
beforeAll(async () => {
  ({ http, ask, yes, holding } = await startAsking());
});
afterAll(() => http.stop());
afterEach(() => expect(http.faults.splice(0)).toEqual([]));

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

  it('nobody’s data where the customer named is none', async () => {
    await holding(async () => {
      for (const customer of ['', 'x'.repeat(1_000), 'globex\0', 42, null, ['globex'], { id: 'globex' }])
        expect(await yes(question({ resource: { properties: { customer } } }))).toBe(false);
      const two = { resource: { properties: { customer: 'globex' } }, context: { customer: 'acme' } };
      expect(await yes(question(two))).toBe(false);
      expect(await yes(question({ ...two, context: { customer: 'globex' } }))).toBe(true);
    });
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
      // The context is the caller's own: what is no address is as if none had been said, and makes no yes of a no.
      for (const odd of ['10.0.0.0/8', '10.1.2.3:55', { v4: '10.1.2.3' }, 7])
        expect((await ask(question({ context: { ip: odd } }), { api })).body.decision).toBe(false);
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

describe('The addresses', () => {
  it('are these two and no others, whatever stands in a query', async () => {
    const elsewhere = async (path: string) => {
      const { status, headers } = await ask(question(), { path });
      return [status, headers.get('content-type')?.split(';')[0]];
    };
    expect(await elsewhere('/access/v1/evaluation?traced=1')).toEqual([200, 'application/json']);
    expect(await elsewhere('/scim/v2/acme/Users?x=/access/v1/evaluation')).toEqual([
      401,
      'application/scim+json',
    ]);
    for (const path of [
      '/access/v1/search/subject',
      '/access/v1/evaluationx',
      '/v1/nowhere?x=/access/v1/evaluation',
    ])
      expect(await elsewhere(path), path).toEqual([404, 'application/problem+json']);
  });

  it('take texts that no ledger keeps for what they are', async () => {
    const ids = ['a\u0000b', 'a\ud800'];
    for (const id of ids) {
      const wrong = { ...question(), subject: { type: 'person', id } };
      expectProblem(await ask(wrong), 400, 'malformed-parameter');
      const path = '/access/v1/evaluations';
      const several = await ask({ evaluations: [wrong, question()] }, { path });
      expect(several.status).toBe(200);
      expect(several.body.evaluations.map(({ decision }: { decision: boolean }) => decision)).toEqual([
        false,
        false,
      ]);
    }
  });

  it('take as many questions as they say, and tell which call an answer is of', async () => {
    const evaluations = Array.from({ length: 500 }, (_, at) => ({
      ...question(),
      subject: { type: 'person', id: `somebody-with-a-long-name-${at}@northwind.example` },
    }));
    const headers = { 'x-request-id': 'one of ours, 4711' };
    const answer = await ask({ evaluations }, { path: '/access/v1/evaluations', headers });
    expect([answer.status, answer.body.evaluations.length]).toEqual([200, 500]);
    expect(answer.headers.get('x-request-id')).toBe('one of ours, 4711');
  });
});
