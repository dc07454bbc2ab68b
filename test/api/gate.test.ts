import type { Server } from 'node:http';
import { serve } from '@hono/node-server';
import express from 'express';
import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createApplication } from '../../examples/gate/application.ts';
import { gate } from '../../examples/gate/express.ts';
import { type ApiHarness, startApi } from '../support/api.ts';
import { standing } from '../support/standing.ts';
import { eventually } from '../support/wait.ts';

// The client of an application, in both of its forms, and the example that stands behind it.

const sam = 'sam@northwind.example';
const mei = 'mei@northwind.example';

let http: ApiHarness;
let tenure: string;
let token: string;
const servers: Server[] = [];

/** Listens on a free port; gives the address. */
async function listening(make: () => Server): Promise<string> {
  const server = make();
  servers.push(server);
  if (!server.listening) await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  return `http://localhost:${typeof address === 'object' ? address?.port : ''}`;
}

beforeAll(async () => {
  http = await startApi();
  // Its own address is what tokens name as their issuer, so that it has to be known before.
  const box: { fetch: typeof fetch | null } = { fetch: null };
  tenure = await listening(
    () =>
      serve({
        fetch: (request) => box.fetch?.(request) ?? new Response(null),
        port: 0,
        hostname: 'localhost',
      }) as Server,
  );
  const api = http.over({ publicUrl: tenure });
  box.fetch = (request) => Promise.resolve(api.fetch(request as Request));
  const made = await http.call('omar@northwind.example', 'POST', '/v1/service-tokens', { label: 'Desk' });
  token = made.body.token;
});
afterAll(async () => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  await http.stop();
});
afterEach(() => expect(http.faults.splice(0)).toEqual([]));

/** Both forms of the client before the same pages. */
const forms: Record<string, (options: { tenure: string; token: string }) => Promise<string>> = {
  Hono: (options) =>
    listening(
      () => serve({ fetch: createApplication(options).fetch, port: 0, hostname: 'localhost' }) as Server,
    ),
  Express: (options) =>
    listening(() => {
      const app = express();
      const question = (cookie: string | undefined, key: unknown) => {
        const person = /person=([^;]+)/.exec(cookie ?? '')?.[1];
        return person === undefined
          ? null
          : { person: decodeURIComponent(person), resource: `${String(key)}-env`, action: 'read' };
      };
      app.get(
        '/customers/:key',
        gate({ ...options, question: ({ headers, params }) => question(headers.cookie, params['key']) }),
        (_request, response) =>
          void response.send(`You have access until ${response.locals['access'].until}`),
      );
      return app.listen(0, 'localhost');
    }),
};

const visit = async (origin: string, who: string | null, key = 'globex') => {
  const response = await fetch(`${origin}/customers/${key}`, {
    headers: who === null ? {} : { cookie: `person=${encodeURIComponent(who)}` },
  });
  return {
    status: response.status,
    cache: response.headers.get('cache-control'),
    text: await response.text(),
  };
};

describe.each(Object.entries(forms))('A page behind the gate, with %s', (_form, start) => {
  it('lets the support engineer in while the grant lives, and out when it ends; nobody else', async () => {
    const origin = await start({ tenure, token });
    expect((await visit(origin, null)).status).toBe(401);
    expect((await visit(origin, sam)).status).toBe(403);
    const { grantId } = await standing(http, 'held');
    await eventually('it lets Sam in', async () => (await visit(origin, sam)).status === 200);
    const { body: grant } = await http.call(sam, 'GET', `/v1/grants/${grantId}`);
    expect(await visit(origin, sam)).toMatchObject({
      status: 200,
      cache: 'no-store',
      text: expect.stringContaining(`You have access until ${grant.until}`),
    });
    expect((await visit(origin, sam, 'acme')).status).toBe(403);
    expect((await visit(origin, mei)).status).toBe(403);
    await http.ledger.owner.db.execute(
      sql`update access_grant set end_at = tenure_now(), end_order = 'return' where id = ${grantId}`,
    );
    const ended = performance.now();
    while ((await visit(origin, sam)).status === 200);
    expect(performance.now() - ended).toBeLessThan(1_200);
    expect((await visit(origin, sam)).status).toBe(403);
  });

  it('lets nobody in when it has no answer: another token, nobody there', async () => {
    for (const wrong of [
      { tenure, token: 'tenure_service_no' },
      { tenure: 'http://localhost:1', token },
    ])
      expect((await visit(await start(wrong), sam)).status).toBe(503);
  });
});

it('a program comes in with a grant’s token, without anybody being asked', async () => {
  const origin = await forms['Hono']?.({ tenure, token });
  const { grantId } = await standing(http, 'held');
  const issued = await fetch(`${tenure}/v1/grants/${grantId}/token`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await http.token(sam)}`, 'content-type': 'application/json' },
    body: '{}',
  });
  const shown = String(Object(await issued.json()).token);
  const get = (key: string, authorization: string) =>
    fetch(`${origin}/api/customers/${key}`, { headers: { authorization } });
  expect(await (await get('globex', `Bearer ${shown}`)).json()).toEqual({
    name: 'Globex',
    users: 12,
    openTickets: 1,
  });
  for (const [key, authorization] of [
    ['acme', `Bearer ${shown}`],
    ['globex', `Bearer ${shown.slice(0, -4)}AAAA`],
    ['globex', `Bearer ${await http.token(sam)}`],
    ['globex', ''],
  ] as const)
    expect((await get(key, authorization)).status).toBe(401);
});
