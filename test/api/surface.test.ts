import { z } from '@hono/zod-openapi';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApi } from '../../api/app.ts';
import type { Api } from '../../api/route.ts';
import { assertEveryRouteHasARule, declare } from '../../api/route.ts';
import { problemCodes } from '../../domain/errors.ts';
import { problems } from '../../api/problem.ts';
import { accessReportShape } from '../../api/schemas/access-report.ts';
import { accessRequestShape } from '../../api/schemas/access-request.ts';
import { auditEventShape } from '../../api/schemas/audit-event.ts';
import { credentialShape } from '../../api/schemas/credential.ts';
import { decisionShape } from '../../api/schemas/decision.ts';
import { endingShape } from '../../api/schemas/ending.ts';
import { grantShape } from '../../api/schemas/grant.ts';
import { meShape } from '../../api/schemas/person.ts';
import { problemShape } from '../../api/schemas/problem.ts';
import { readDefaultPolicies } from '../../bin/policies.ts';
import { type ApiHarness, startApi } from '../support/api.ts';

const sam = 'sam@northwind.example';
let http: ApiHarness;
beforeAll(async () => {
  http = await startApi();
});
afterAll(() => http.stop());

const responses = { 200: { description: 'x', content: { 'application/json': { schema: z.object({}) } } } };

describe('A route without a rule cannot be built', () => {
  const declaration = {
    method: 'get',
    path: '/v1/new',
    operationId: 'getNew',
    summary: 'New',
    responses,
  } as const;

  it('when it is declared', () => {
    // @ts-expect-error A rule must be given; the test says what happens to who overrides the compiler.
    expect(() => declare(declaration)).toThrow(/rule/);
    // @ts-expect-error And it must be one that exists.
    expect(() => declare({ ...declaration, rule: 'whoever' })).toThrow(/rule/);
  });

  it('when it is added past the declarations', () => {
    const app: Api = createApi({
      ...Object.create(null),
      ledger: http.ledger.app,
      using: readDefaultPolicies(),
      publicUrl: 'http://localhost:3000',
    });
    expect(() => assertEveryRouteHasARule(app)).not.toThrow();
    app.get('/v1/secret', (c) => c.json({}));
    expect(() => assertEveryRouteHasARule(app)).toThrow('GET /v1/secret has no rule.');
  });
});

/** A part of the OpenAPI document, or of the declarations that it is made from. */
type Part = Record<string, unknown>;

/** The member of a member of an object, however deep; undefined where there is none. */
function at(value: unknown, ...path: string[]): unknown {
  return path.reduce<unknown>((found, name) => (found === undefined ? found : Object(found)[name]), value);
}

/** The schemas that bodies, answers and items of lists are declared with, by their names in the document. */
function namedShapes(api: Api, document: Part): Map<string, z.ZodType> {
  const shapes = new Map<string, z.ZodType>();
  const note = (documented: unknown, declared: unknown) => {
    const name = /[^/]+$/.exec(String(at(documented, '$ref')))?.[0];
    if (name === undefined || name === 'undefined' || !(declared instanceof z.ZodType)) return;
    shapes.set(name, declared);
    const items = declared instanceof z.ZodObject ? declared.shape['items'] : undefined;
    const list = at(document, 'components', 'schemas', name, 'properties', 'items', 'items');
    if (items instanceof z.ZodArray) note(list, items.element);
  };
  for (const definition of api.openAPIRegistry.definitions) {
    if (definition.type !== 'route') continue;
    const { method, path, request, responses } = definition.route;
    const documented = at(document, 'paths', path, method);
    const json = ['content', 'application/json', 'schema'] as const;
    note(at(documented, 'requestBody', ...json), at(request, 'body', ...json));
    for (const [status, response] of Object.entries(responses)) {
      for (const type of [
        'application/json',
        'application/cloudevents-batch+json',
        'application/problem+json',
      ]) {
        const place = ['content', type, 'schema'] as const;
        note(at(documented, 'responses', status, ...place), at(response, ...place));
      }
    }
  }
  return shapes;
}

describe('The OpenAPI document', () => {
  it('is 3.1, resolves every reference, and gives each operation an id, tags, statuses and security', async () => {
    const { body, status } = await http.call(null, 'GET', '/openapi.json');
    expect(status).toBe(200);
    expect(body.openapi).toBe('3.1.0');
    expect(body.components.securitySchemes.bearer).toMatchObject({ type: 'http', scheme: 'bearer' });
    for (const [, name] of JSON.stringify(body).matchAll(/"#\/components\/schemas\/(.+?)"/g)) {
      expect(body.components.schemas).toHaveProperty(name ?? '');
    }
    const ids = new Set<string>();
    let operations = 0;
    for (const methods of Object.values<Record<string, Record<string, unknown>>>(body.paths)) {
      for (const operation of Object.values(methods)) {
        expect(operation).toMatchObject({
          operationId: expect.any(String),
          summary: expect.any(String),
          tags: expect.any(Array),
          security: expect.any(Array),
        });
        ids.add(String(operation['operationId']));
        operations += 1;
      }
    }
    expect(ids.size).toBe(operations);
  });

  it('says of every operation what other methods get, and names the headers that come with a problem', async () => {
    const { body } = await http.call(null, 'GET', '/openapi.json');
    type Documented = { responses: Record<string, { headers?: object }>; security: object[] };
    for (const methods of Object.values<Record<string, Documented>>(body.paths)) {
      for (const { responses, security } of Object.values(methods)) {
        expect(responses['405']?.headers).toHaveProperty('Allow');
        if (security.length === 0) continue;
        expect(responses['401']?.headers).toHaveProperty('WWW-Authenticate');
        expect(responses['429']?.headers).toHaveProperty('Retry-After');
        expect(responses['503']?.headers).toHaveProperty('Retry-After');
      }
    }
  });

  it('shows examples of everything that is sent or answered, each true to its schema', async () => {
    const { body } = await http.call(null, 'GET', '/openapi.json');
    const { schemas } = body.components;
    const shapes = namedShapes(http.api, body);
    const bare = [...shapes.keys()].filter((name) => !('example' in schemas[name]));
    // A list is shown by its items; the state of a process and the document itself say themselves.
    expect(bare.filter((name) => !name.endsWith('List'))).toEqual(['Health', 'OpenApi']);
    for (const [name, shape] of shapes)
      if ('example' in schemas[name])
        expect(shape.safeParse(schemas[name].example), name).toMatchObject({ success: true });
    // The others stand inside of these.
    const others = Object.keys(schemas).filter((name) => 'example' in schemas[name] && !shapes.has(name));
    expect(others.sort()).toEqual(['CatalogDocument', 'Named', 'Person', 'Policy']);
  });

  it('tells the truth: what is answered has the documented shape', async () => {
    const wish = {
      resource: 'globex-env',
      entitlement: 'read',
      period: 'PT1H',
      justification: 'A look',
      ticket: 'SUP-1',
    };
    const { id } = accessRequestShape.parse((await http.call(sam, 'POST', '/v1/access-requests', wish)).body);
    const decide = await http.call('priya@northwind.example', 'POST', `/v1/access-requests/${id}/decisions`, {
      decision: 'approve',
    });
    decisionShape.strict().parse(decide.body);
    const grantId = await http.provision(id);
    accessRequestShape.strict().parse((await http.call(sam, 'GET', `/v1/access-requests/${id}`)).body);
    grantShape.strict().parse((await http.call(sam, 'GET', `/v1/grants/${grantId}`)).body);
    credentialShape
      .strict()
      .parse((await http.call(sam, 'POST', `/v1/access-requests/${id}/credential`, {})).body);
    endingShape.strict().parse((await http.call(sam, 'POST', `/v1/access-requests/${id}/return`, {})).body);
    await http.end(grantId, 'return');
    const report = await http.call(
      'gus@globex.example',
      'GET',
      '/v1/customers/globex/access-report?from=2026-01-01T00:00:00Z&to=2036-01-01T00:00:00Z',
    );
    accessReportShape.strict().parse(report.body);
    const events = await http.call('gus@globex.example', 'GET', '/v1/audit-events');
    for (const event of events.body.items) auditEventShape.strict().parse(event);
    meShape.strict().parse((await http.call(sam, 'GET', '/v1/me')).body);
    problemShape.strict().parse((await http.call(sam, 'POST', '/v1/access-requests', {})).body);
  });

  it('has a page that needs nothing from elsewhere and runs no script of its own', async () => {
    const { body, headers } = await http.call(null, 'GET', '/docs');
    expect(headers.get('content-security-policy')).toMatch(/script-src 'self';/);
    expect(body).not.toMatch(/https?:\/\/|<script>|\son\w+=/);
    for (const [, path] of body.matchAll(/(?:src|href)="(.+?)"/g)) {
      expect((await http.api.request(path)).status).toBe(200);
    }
    expect((await http.call(null, 'GET', '/docs/package.json')).status).toBe(404);
  });
});

describe('Problems', () => {
  it('have a status and a title for every code', () => {
    expect(Object.keys(problems).sort()).toEqual([...problemCodes].sort());
  });

  it('answer unknown addresses and wrong methods, signed in or not', async () => {
    expect(await http.call(null, 'GET', '/v1/nothing')).toMatchObject({
      status: 404,
      body: { type: 'urn:tenure:problem:not-found' },
    });
    const wrong = await http.call(sam, 'DELETE', '/v1/grants');
    expect(wrong).toMatchObject({ status: 405, body: { type: 'urn:tenure:problem:method-not-allowed' } });
    expect(wrong.headers.get('allow')).toContain('GET');
  });

  it('say in a browser by a page, too, that an address only takes what is sent to it', async () => {
    for (const path of ['/admin/users', '/account/notices', '/sign-in/step-up']) {
      const shown = await http.api.request(path, { headers: { accept: 'text/html' } });
      expect([shown.status, shown.headers.get('allow')], path).toEqual([405, 'POST']);
      expect(shown.headers.get('content-type'), path).toContain('text/html');
      expect(await shown.text(), path).toContain('<a class="button main-action" href="/">');
      const told = await http.api.request(path);
      expect([told.status, told.headers.get('allow')], path).toEqual([405, 'POST']);
      expect(told.headers.get('content-type'), path).toContain('application/problem+json');
    }
  });

  it('never change anything on GET', async () => {
    const before = await http.count('audit_event');
    for (const what of ['decisions', 'revocation', 'return', 'cancellation', 'credential', 'extension']) {
      expect((await http.call(sam, 'GET', `/v1/access-requests/AR-2201/${what}`)).status).toBe(405);
    }
    expect(await http.count('audit_event')).toBe(before);
  });

  it('say nothing of what nobody foresaw', async () => {
    const { owner } = http.ledger;
    await owner.db.execute(sql`alter table access_grant rename to access_grant_gone`);
    const answer = await http.call(sam, 'GET', '/v1/grants?person=sam@northwind.example');
    await owner.db.execute(sql`alter table access_grant_gone rename to access_grant`);
    expect(answer).toMatchObject({ status: 500, body: { type: 'urn:tenure:problem:internal-error' } });
    expect(JSON.stringify(answer.body)).not.toMatch(/access_grant|select|northwind/);
    const [fault] = http.faults.splice(0);
    expect(fault).toMatchObject({ route: 'GET /v1/grants', sqlState: '42P01' });
    expect(JSON.stringify(fault)).not.toMatch(/sam@|params/);
  });
});

describe('Health', () => {
  it('says which processes were seen within ten seconds', async () => {
    const ready = async () => (await http.call(null, 'GET', '/readyz')).body;
    expect(await ready()).toEqual({ ledger: 'up', engine: 'up', worker: 'down', reaper: 'down' });
    await http.ledger.system.db.execute(sql`
      insert into heartbeat (process, instance, pid, seen_at) values ('worker', 'w1', 1, tenure_now()), ('reaper', 'r1', 2, tenure_now() - interval '11 seconds')`);
    const seen = { ledger: 'up', engine: 'up', worker: 'up', reaper: 'down' };
    await expect.poll(ready, { timeout: 5_000 }).toEqual(seen);
  });

  it('counts requests, overdue grants and what waits in the outbox', async () => {
    const wish = {
      resource: 'initech-env',
      entitlement: 'read',
      period: 'PT1H',
      justification: 'A look',
      ticket: 'SUP-1',
    };
    const { id } = (await http.call(sam, 'POST', '/v1/access-requests', wish)).body;
    const grantId = await http.provision(id);
    await http.call('sita@northwind.example', 'POST', `/v1/grants/${grantId}/revocation`, { reason: 'x' });
    const metrics = async () => (await http.call(null, 'GET', '/metrics')).body;
    const isOverdue = async () => (await metrics()).includes('tenure_grants_overdue 1\n');
    await expect.poll(isOverdue, { timeout: 5_000 }).toBe(true);
    const body = await metrics();
    expect(body).toMatch(/tenure_outbox_waiting \d+\n/);
    expect(body).toMatch(
      /tenure_http_requests_total\{method="POST",route="\/v1\/access-requests",status="201"\} \d+\n/,
    );
    expect(body).not.toContain(grantId);
  });

  it('without the ledger, everything says so and comes back by itself', async () => {
    const headers = { authorization: `Bearer ${await http.token(sam)}`, 'content-type': 'application/json' };
    await http.ledger.kill();
    expect((await http.api.request('/healthz')).status).toBe(200);
    await expect.poll(async () => (await http.api.request('/readyz')).status, { timeout: 10_000 }).toBe(503);
    const ready = await http.api.request('/readyz');
    expect(await ready.json()).toMatchObject({ ledger: 'down', engine: 'up' });
    const ask = await http.api.request('/v1/access-requests', { method: 'POST', headers, body: '{}' });
    expect(ask.status).toBe(503);
    expect(ask.headers.get('retry-after')).toBeTruthy();
    expect(await ask.json()).toMatchObject({ type: 'urn:tenure:problem:ledger-unavailable' });
    const metrics = async () => (await http.api.request('/metrics')).text();
    await expect
      .poll(async () => (await metrics()).includes('tenure_ledger_up 0'), { timeout: 5_000 })
      .toBe(true);
    await http.ledger.start();
    await expect.poll(async () => (await http.api.request('/readyz')).status, { timeout: 10_000 }).toBe(200);
    expect((await http.api.request('/v1/me', { headers })).status).toBe(200);
    expect(http.faults).toEqual([]);
  });
});
