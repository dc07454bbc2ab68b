import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, type ApiHarness, startApi } from '../support/api.ts';
import { managedCases } from '../support/managed-routes.ts';
import { pages } from '../support/page-routes.ts';
import { signInCases, signInPages } from '../support/sign-in-routes.ts';
import {
  forgedToken,
  type Operation,
  operationOf as operationNamed,
  readOperations,
  type Role,
  roleNames,
  roles,
  takeOnUlla,
} from '../support/matrix.ts';

// Every route of the OpenAPI document is tried by every role: whom its rule admits must succeed, everybody else must not,
// and what is somebody else's must not be there. A route that is new and not in a table fails. This one is about elevated
// access and what needs no sign-in; what is managed has its own (test/support/managed-routes.ts, matrix-managed.test.ts).

const wish = {
  resource: 'acme-env',
  entitlement: 'read',
  period: 'PT1H',
  justification: 'A look',
  ticket: 'SUP-1',
};
const period = 'from=2026-01-01T00:00:00Z&to=2036-01-01T00:00:00Z';
const everybody = roleNames;
/** Who may see Sam's request for Acme's environment. */
const seeing: Role[] = ['sam', 'priya', 'omar', 'sita', 'ada', 'anna'];

type Stage = 'waiting' | 'held';
interface Case {
  /** What {id} names, made anew for each try. */
  subject?: { of: 'request' | 'grant'; at: Stage } | 'acme' | 'file';
  body?: object;
  query?: string;
  admitted: readonly Role[];
  /** The status for a role that is not admitted; 404 where nothing is said and the subject cannot be seen. */
  refused?: Partial<Record<Role, number>>;
  otherwise: 'forbidden-if-seen' | number;
}

const waiting = { of: 'request', at: 'waiting' } as const;
const held = { of: 'request', at: 'held' } as const;
const heldGrant = { of: 'grant', at: 'held' } as const;
const open = { admitted: everybody, otherwise: 200 };

const cases: Record<string, Case> = {
  previewAccessRequest: { body: wish, admitted: everybody.filter((role) => role !== 'gus'), otherwise: 422 },
  askAccessRequest: { body: wish, admitted: ['sam', 'mei'], refused: { gus: 422 }, otherwise: 403 },
  listAccessRequests: open,
  getAccessRequest: { subject: waiting, admitted: seeing, otherwise: 404 },
  extendAccessRequest: {
    subject: held,
    body: { period: 'PT1H', justification: 'More' },
    admitted: ['sam'],
    otherwise: 'forbidden-if-seen',
  },
  decideAccessRequest: {
    subject: waiting,
    body: { decision: 'approve' },
    admitted: ['priya', 'anna'],
    otherwise: 'forbidden-if-seen',
  },
  revokeAccessRequest: {
    subject: held,
    body: { reason: 'x' },
    admitted: ['priya', 'sita', 'anna'],
    otherwise: 'forbidden-if-seen',
  },
  revokeGrant: {
    subject: heldGrant,
    body: { reason: 'x' },
    admitted: ['priya', 'sita', 'anna'],
    otherwise: 'forbidden-if-seen',
  },
  returnAccessRequest: { subject: held, body: {}, admitted: ['sam'], otherwise: 'forbidden-if-seen' },
  returnGrant: { subject: heldGrant, body: {}, admitted: ['sam'], otherwise: 'forbidden-if-seen' },
  cancelAccessRequest: { subject: waiting, body: {}, admitted: ['sam'], otherwise: 'forbidden-if-seen' },
  showCredential: { subject: held, body: {}, admitted: ['sam'], otherwise: 'forbidden-if-seen' },
  listGrants: open,
  getGrant: { subject: heldGrant, admitted: seeing, otherwise: 404 },
  reportAccess: {
    subject: 'acme',
    query: period,
    admitted: ['omar', 'sita', 'ada', 'anna'],
    refused: { gus: 404 },
    otherwise: 403,
  },
  issueGrantToken: { subject: heldGrant, body: {}, admitted: ['sam'], otherwise: 'forbidden-if-seen' },
  publishedKeys: open,
  authzenConfiguration: open,
  ssfConfiguration: open,
  // Applications ask these, with tokens of their own; nobody’s own token is one.
  evaluate: { body: {}, admitted: [], otherwise: 401 },
  evaluateSeveral: { body: {}, admitted: [], otherwise: 401 },
  // Receivers of security events, the same.
  readStreams: { admitted: [], otherwise: 401 },
  readStreamStatus: { query: 'stream_id=hook_1', admitted: [], otherwise: 401 },
  askStreamStatus: { body: { stream_id: 'hook_1', status: 'paused' }, admitted: [], otherwise: 401 },
  verifyStream: { body: { stream_id: 'hook_1' }, admitted: [], otherwise: 401 },
  listTasks: open,
  followFeed: { admitted: ['omar', 'sita', 'ada', 'anna', 'gus'], otherwise: 403 },
  getEventSchema: open,
  listAuditEvents: { admitted: ['omar', 'sita', 'ada', 'anna', 'gus'], otherwise: 403 },
  getMe: open,
  getHealth: open,
  getReadiness: open,
  getMetrics: open,
  getOpenApi: open,
  getDocs: open,
  getDocsFile: { ...open, subject: 'file' },
  // Anybody's, and to everybody without the link's token the same page.
  openWelcome: { subject: 'file', admitted: [], otherwise: 404 },
  confirmWelcome: { subject: 'file', body: {}, admitted: [], otherwise: 404 },
};

let http: ApiHarness;
let operations: Operation[];
/** What a role has no part in: Mei's access to Initech; for Mei, Sam's to Acme; for who sees all, nothing at all. */
const foreign: { request: Record<string, string>; grant: Record<string, string> } = {
  request: {},
  grant: {},
};

async function make(stage: Stage): Promise<{ request: string; grant: string }> {
  const { body } = await http.call(roles.sam, 'POST', '/v1/access-requests', wish);
  if (stage === 'waiting') return { request: body.id, grant: '' };
  for (const who of [roles.priya, roles.anna]) {
    await http.call(who, 'POST', `/v1/access-requests/${body.id}/decisions`, { decision: 'approve' });
  }
  return { request: body.id, grant: await http.provision(body.id) };
}

async function subjectId({ subject }: Case): Promise<string> {
  if (subject === undefined) return '';
  if (subject === 'acme') return 'acme';
  if (subject === 'file') return 'start.js';
  return (await make(subject.at))[subject.of];
}

function send(
  who: string | null,
  { method, path }: Operation,
  one: Case,
  id: string,
  headers = {},
): Promise<Answer> {
  const target = path.replace(/\{.+?\}/, id) + (one.query ? `?${one.query}` : '');
  return http.call(who, method.toUpperCase(), target, one.body, { headers });
}

function expected(one: Case, role: Role): number {
  const named = one.refused?.[role];
  if (named !== undefined) return named;
  if (one.otherwise !== 'forbidden-if-seen') return one.otherwise;
  return seeing.includes(role) ? 403 : 404;
}

beforeAll(async () => {
  http = await startApi();
  await takeOnUlla(http);
  operations = await readOperations(http);
  const initech = { ...wish, resource: 'initech-env', period: 'PT30M' };
  const { id } = (await http.call(roles.mei, 'POST', '/v1/access-requests', initech)).body;
  const grant = await http.provision(id);
  const sams = await make('held');
  for (const role of roleNames) {
    const seesAll = role === 'omar' || role === 'sita' || role === 'ada';
    foreign.request[role] = seesAll ? 'AR-999999' : role === 'mei' ? sams.request : id;
    foreign.grant[role] = seesAll ? 'grant_01kb3v5c2hf8jrxw7s9d0m4p6q' : role === 'mei' ? sams.grant : grant;
  }
});
afterAll(() => http.stop());

const operationOf = (operationId: string) => operationNamed(operations, operationId);

it('every route of the document has a rule and a place in one of the tables', () => {
  const tried = [cases, managedCases, signInCases]
    .flatMap((table) => Object.keys(table))
    .concat(signInPages, ...Object.values(pages));
  expect(operations.map((one) => one.operationId).sort()).toEqual(tried.sort());
  for (const one of operations) expect(one.rule, one.operationId).toEqual(expect.any(String));
});

describe.each(Object.entries(cases))('%s', (operationId, one) => {
  it.each(roleNames)('%s', async (role) => {
    const operation = operationOf(operationId);
    const answer = await send(roles[role], operation, one, await subjectId(one));
    expect(operation.statuses).toContain(String(answer.status));
    if (one.admitted.includes(role)) expect(answer.status).toBeLessThan(300);
    else expect(answer.status).toBe(expected(one, role));
  });

  it('nobody, and a forged token', async () => {
    const operation = operationOf(operationId);
    const id = await subjectId(one);
    const forged = await forgedToken(http);
    for (const headers of [{}, { authorization: `Bearer ${forged}` }]) {
      const { status } = await send(null, operation, one, id, headers);
      if (operation.rule === 'public') expect(status).toBe(one.otherwise === 404 ? 404 : 200);
      else expect(status).toBe(401);
    }
  });

  const { subject } = one;
  if (typeof subject !== 'object') return;
  it.each(roleNames)('%s, with the id of what is not theirs', async (role) => {
    const id = foreign[subject.of][role] ?? '';
    expect((await send(roles[role], operationOf(operationId), one, id)).status).toBe(404);
  });
});

describe('What a request replaces is the caller’s own', () => {
  it.each(roleNames)('%s, with a request that somebody else made', async (role) => {
    const replaces = role === 'mei' ? foreign.request.mei : foreign.request.sam;
    const answer = await http.call(roles[role], 'POST', '/v1/access-requests', { ...wish, replaces });
    expect(answer).toMatchObject({ status: 422, body: { type: 'urn:tenure:problem:unknown-reference' } });
  });

  it('and one that the caller sees but did not make is as unknown as one that is not there', async () => {
    const { request } = await make('waiting');
    const initech = { ...wish, resource: 'initech-env', period: 'PT30M' };
    for (const path of ['/v1/access-requests', '/v1/access-requests/preview']) {
      const tried = (replaces: string) => http.call(roles.priya, 'POST', path, { ...initech, replaces });
      const seen = await tried(request);
      expect(seen).toMatchObject({ status: 422, body: { errors: [{ pointer: '/replaces' }] } });
      expect(seen.body).toEqual((await tried('AR-999999')).body);
    }
  });
});
