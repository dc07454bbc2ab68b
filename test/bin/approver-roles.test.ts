import { sql } from 'drizzle-orm';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type CheckedDecide, refusingUnknownRoles } from '../../bin/approver-roles.ts';
import { readDefaultPolicies } from '../../bin/policies.ts';
import { type ApiHarness, startApi } from '../support/api.ts';
import { expectProblem } from '../support/standing.ts';
import { eventually } from '../support/wait.ts';

const sam = 'sam@northwind.example';
const wish = {
  resource: 'globex-env',
  entitlement: 'read',
  period: 'PT1H',
  justification: 'A look',
  ticket: 'SUP-1',
};

let http: ApiHarness;
let checked: CheckedDecide;
const said: string[] = [];
const policies = readDefaultPolicies();
const log = pino({}, { write: (line: string) => void said.push(line) });

beforeAll(async () => {
  http = await startApi({ decide: (question) => checked.decide(question) });
  checked = refusingUnknownRoles({ policies, ledger: http.ledger.app, log });
});
afterAll(() => http.stop());

const rename = (from: string, to: string) =>
  http.ledger.owner.db.execute(sql`update role set key = ${to} where key = ${from}`);
const ask = (resource = 'globex-env') => http.call(sam, 'POST', '/v1/access-requests', { ...wish, resource });

it('a role that policy wants and the catalog lacks is named in the log and in a refusal, until it is there', async () => {
  await checked.check();
  expect(said).toEqual([]);
  expect((await ask()).status).toBe(201);
  await rename('support-lead', 'support-chief');
  await checked.check();
  expect(said).toHaveLength(1);
  expect(JSON.parse(said[0] ?? '')).toMatchObject({ level: 50, roles: ['support-lead'] });
  const refused = await ask();
  expectProblem(refused, 403, 'refused-by-policy');
  expect(refused.body.detail).toContain('support-lead, which the catalog does not have');
  const preview = await http.call(sam, 'POST', '/v1/access-requests/preview', wish);
  expect(preview).toMatchObject({ status: 200, body: { outcome: 'refused', longest: null } });
  // What needs no such role goes on.
  expect((await ask('initech-env')).status).toBe(201);
  await rename('support-chief', 'support-lead');
  await checked.check();
  expect((await ask()).status).toBe(201);
  expect(http.faults).toEqual([]);
});

it('goes on looking for a role that is missing when a look fails', async () => {
  let looks = 0;
  const db = new Proxy(http.ledger.app.db, {
    get(target, name) {
      if (name === 'execute' && ++looks === 2) return () => Promise.reject(new Error('connection lost'));
      return Reflect.get(target, name);
    },
  });
  checked = refusingUnknownRoles({ policies, ledger: { ...http.ledger.app, db }, log });
  await rename('support-lead', 'support-chief');
  await checked.check();
  expectProblem(await ask(), 403, 'refused-by-policy');
  await rename('support-chief', 'support-lead');
  await eventually('the role to be known', async () => (await ask()).status === 201);
  expect(looks).toBe(3);
});
