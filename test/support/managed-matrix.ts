import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ApiDeps } from '../../api/deps.ts';
import { type Answer, type ApiHarness, startApi } from './api.ts';
import type { ManagedCase } from './managed-routes.ts';
import {
  forgedToken,
  type Operation,
  operationOf,
  readOperations,
  type Role,
  roleNames,
  roles,
  takeOnUlla,
} from './matrix.ts';

/** Tries each route of a table by every role, by nobody, with a forged token, and with the ids of what is not theirs. */
export function describeManaged(
  cases: Readonly<Record<string, ManagedCase>>,
  prepare: (http: ApiHarness) => Promise<void> = () => Promise.resolve(),
  differently: Partial<ApiDeps> = {},
): () => ApiHarness {
  let http: ApiHarness;
  let operations: Operation[];
  beforeAll(async () => {
    http = await startApi(differently);
    await takeOnUlla(http);
    await prepare(http);
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
    const query = one.query ? `?${one.query}` : '';
    return http.call(who, method.toUpperCase(), named + query, body, { headers });
  }

  describe.each(Object.entries(cases))('%s', (operationId, one) => {
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
  return () => http;
}

function expected({ admitted, passing, refused, otherwise = 404 }: ManagedCase, role: Role): number | 'ok' {
  if (admitted.includes(role)) return 'ok';
  return passing.includes(role) ? (refused?.[role] ?? otherwise) : 403;
}
