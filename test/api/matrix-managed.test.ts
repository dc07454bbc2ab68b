import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, type ApiHarness, startApi } from '../support/api.ts';
import { deliver, provideExampleSources } from '../support/events.ts';
import { type ManagedCase, managedCases } from '../support/managed-routes.ts';
import {
  forgedToken,
  type Operation,
  operationOf,
  readOperations,
  type Role,
  roleNames,
  roles,
  takeOnUlla,
} from '../support/matrix.ts';

// The same as matrix.test.ts for what is managed: customers, users, staff, processes, fences, imports, tasks, catalog, events.

let http: ApiHarness;
let operations: Operation[];
beforeAll(async () => {
  http = await startApi();
  await takeOnUlla(http);
  await provideExampleSources(http.ledger);
  operations = await readOperations(http);
});
afterAll(() => http.stop());
afterEach(() => expect(http.faults.splice(0)).toEqual([]));

async function send(
  who: string | null,
  { method, path }: Operation,
  one: ManagedCase,
  params: Record<string, string>,
  headers = {},
): Promise<Answer> {
  const named = path.replaceAll(/\{(.+?)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));
  const body = await one.body?.(http, params);
  return http.call(who, method.toUpperCase(), named + (one.query ? `?${one.query}` : ''), body, { headers });
}

function expected({ admitted, passing, refused, otherwise = 404 }: ManagedCase, role: Role): number | 'ok' {
  if (admitted.includes(role)) return 'ok';
  return passing.includes(role) ? (refused?.[role] ?? otherwise) : 403;
}

describe.each(Object.entries(managedCases))('%s', (operationId, one) => {
  it.each(roleNames)('%s', async (role) => {
    const operation = operationOf(operations, operationId);
    const { status } = await send(roles[role], operation, one, (await one.params?.(http)) ?? {});
    expect(operation.statuses).toContain(String(status));
    const wanted = expected(one, role);
    if (wanted === 'ok') expect(status).toBeLessThan(300);
    else expect(status).toBe(wanted);
  });

  it('nobody, and a forged token', async () => {
    const operation = operationOf(operations, operationId);
    const params = (await one.params?.(http)) ?? {};
    for (const headers of [{}, { authorization: `Bearer ${await forgedToken(http)}` }])
      expect((await send(null, operation, one, params, headers)).status).toBe(401);
  });

  const { foreign } = one;
  if (!foreign) return;
  it.each(roleNames)('%s, with the id of what is not theirs', async (role) => {
    const operation = operationOf(operations, operationId);
    const { status } = await send(roles[role], operation, one, await foreign(http, role));
    expect(status).toBe(one.passing.includes(role) ? 404 : 403);
  });
});

it('a source that signs is heard', async () => {
  expect(await deliver(http, 'erp', { id: 'E-1' })).toMatchObject({ status: 202 });
});
