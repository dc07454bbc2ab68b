import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ApiHarness, startApi } from '../support/api.ts';
import { type Operation, readOperations, roles } from '../support/matrix.ts';

// What stands in an address or in a field that nobody types: no page fails at it, and each says what is wrong or shows nothing.

let http: ApiHarness;
let pages: Operation[];
beforeAll(async () => {
  http = await startApi({ rateLimit: { burst: 1e6, perSecond: 1e6 } });
  const notPages = ['followChanges', 'signInCallback'];
  pages = (await readOperations(http)).filter(
    ({ path, operationId }) =>
      !/^\/(v1|scim|access|ssf|\.well-known)\//.test(path) && !notPages.includes(operationId),
  );
});
afterAll(() => http?.stop());

const odd = [
  '\0',
  'a\0b',
  '0000-01-01',
  '0000-01-01T00:00',
  '9999-12-31',
  '9999-12-31T23:59',
  '__proto__',
  "' or 1=1 --",
  '\ufffe',
  'x'.repeat(5_000),
];
const fields = [
  'reason',
  'comment',
  'resource',
  'customer',
  'period',
  'name',
  'from',
  'to',
  'digest',
  'decision',
  'email',
];
// Whoever may most, of the vendor and of a customer.
const who = [roles.ada, roles.anna];

it.each(odd.map((one) => [JSON.stringify(one.slice(0, 20)), one] as const))('%s', async (_name, value) => {
  const failed: string[] = [];
  const ask = async (caller: string, method: string, path: string, raw?: string) => {
    const headers = {
      accept: 'text/html',
      ...(raw === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
    };
    const { status } = await http.call(caller, method, path, undefined, {
      headers,
      ...(raw === undefined ? {} : { raw }),
    });
    if (status >= 500) failed.push(`${status} ${method} ${path.slice(0, 100)}`);
  };
  const said = encodeURIComponent(value);
  const form = fields.map((name) => `${name}=${said}`).join('&');
  for (const { method, path, query } of pages) {
    const at = path.replaceAll(/\{\w+\}/g, said);
    for (const caller of who)
      if (method === 'post') await ask(caller, 'POST', at, form);
      else if (at !== path) await ask(caller, 'GET', at);
      else for (const name of query) await ask(caller, 'GET', `${path}?${name}=${said}`);
  }
  expect({ failed, faults: http.faults.splice(0) }).toEqual({ failed: [], faults: [] });
});
