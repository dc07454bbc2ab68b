import type postgres from 'postgres';
import { z } from 'zod';
import {
  type Credential,
  backendOf,
  credentialSchema,
  isBackendAlive,
  refusalOf,
  rolesNamed,
  signIn,
} from './customer-database.ts';
import type { DemoInstallation } from './installation.ts';

/** One step as it went: whether what the sentence says is so, and what shows it. */
export interface Step {
  id: string;
  ok: boolean;
  sentence: string;
  proof: string;
}

interface Answer {
  status: number;
  body: unknown;
}

const problemSchema = z.object({
  type: z.string(),
  detail: z.string().optional(),
  longest: z.string().optional(),
});
const requestSchema = z.object({
  id: z.string(),
  reference: z.string(),
  state: z.string(),
  grant: z
    .object({
      id: z.string(),
      state: z.string(),
      until: z.string(),
      ended_at: z.string().nullable(),
      ended_by: z.string().nullable(),
    })
    .nullable(),
});
const reportSchema = z.object({
  items: z.array(
    z.object({
      // Access by roles, which the customers' own users have, was asked for by nobody.
      reference: z.string().nullable(),
      person: z.object({ name: z.string() }),
      justification: z.string().nullable(),
      from: z.string(),
      ended_at: z.string().nullable(),
      ended_by: z.string().nullable(),
      approved_by: z.array(z.object({ person: z.object({ name: z.string() }) })),
    }),
  ),
});

const people = {
  sam: 'sam@northwind.example',
  priya: 'priya@northwind.example',
  sita: 'sita@northwind.example',
};
const wish = {
  resource: 'postgres-us',
  entitlement: 'read',
  customer: 'globex',
  period: 'PT12S',
  justification: 'Globex reports missing invoices',
  ticket: 'SUP-2207',
};

/** Plays the story against an installation and yields each step as soon as it is known. */
export async function* play(installation: DemoInstallation): AsyncGenerator<Step> {
  const began = new Date();
  const call = caller(installation);
  const asked = requestSchema.parse((await call('sam', 'POST', '/v1/access-requests', wish)).body);
  yield step(
    'asked',
    'Sam asks to read Globex for 12 seconds',
    asked.state === 'waiting',
    `${asked.reference} is ${asked.state}`,
  );
  yield refusedAs(
    'too-long-refused',
    'Nine hours are more than policy allows',
    422,
    'period-too-long',
    await call('sam', 'POST', '/v1/access-requests', { ...wish, period: 'PT9H' }),
  );
  yield refusedAs(
    'self-approval-refused',
    'Sam cannot approve his own request',
    403,
    'self-approval',
    await call('sam', 'POST', `/v1/access-requests/${asked.id}/decisions`, { decision: 'approve' }),
  );
  const decided = await call('priya', 'POST', `/v1/access-requests/${asked.id}/decisions`, {
    decision: 'approve',
    comment: 'ok',
  });
  yield step('approved', 'Priya approves', decided.status === 201, `POST …/decisions ${decided.status}`);
  const held = await until(call, asked.id, (request) => request.grant?.state === 'held');
  yield step(
    'held',
    'The access has begun and has an end',
    held.state === 'granted',
    `held until ${held.grant?.until ?? '?'}`,
  );
  const credential = credentialSchema.parse(
    (await call('sam', 'POST', `/v1/access-requests/${asked.id}/credential`, {})).body,
  );
  const session = signIn(credential);
  yield* playSession(session, credential);
  // A statement that would run for minutes: it ends with its session.
  const pid = await backendOf(session);
  const interrupted = session`select pg_sleep(300)`.then(
    () => null,
    (error: unknown) => error,
  );
  const ended = await until(call, asked.id, (request) => request.grant?.state === 'ended');
  yield step(
    'ended',
    'The time is up and the access has ended',
    ended.grant?.ended_by === 'time',
    `ended_by ${ended.grant?.ended_by ?? '?'} at ${ended.grant?.ended_at ?? '?'}`,
  );
  yield* playAftermath(installation, { pid, death: await interrupted }, credential);
  await session.end({ timeout: 1 }).catch(() => undefined);
  yield await answered(call, asked.reference, began);
}

async function* playSession(session: postgres.Sql, credential: Credential): AsyncGenerator<Step> {
  const [who] = await session<{ name: string }[]>`select session_user as name`;
  yield step(
    'logged-in',
    'Sam signs in with a login that did not exist before',
    who?.name === credential.username,
    `session_user ${who?.name ?? '?'}`,
  );
  const customers = await session<{ customer: string }[]>`select distinct customer from orders`;
  yield step(
    'only-own-rows',
    'Only the rows of Globex can be seen',
    customers.length === 1 && customers[0]?.customer === 'globex',
    `select distinct customer from orders: ${customers.map((row) => row.customer).join(', ')}`,
  );
  const refusal = await refusalOf(credential, 'not-the-password');
  yield step(
    'wrong-password-refused',
    'Another password does not open it meanwhile',
    /password authentication failed/.test(refusal ?? ''),
    refusal ?? 'signed in',
  );
}

async function* playAftermath(
  installation: DemoInstallation,
  session: { pid: number; death: unknown },
  credential: Credential,
): AsyncGenerator<Step> {
  const alive = await isBackendAlive(installation.targetUrl, session.pid);
  const words = session.death instanceof Error ? session.death.message : 'its statement went on';
  const dead = !alive && session.death instanceof Error;
  yield step(
    'session-dead',
    'The open session is dead',
    dead,
    `backend ${session.pid} is ${alive ? 'alive' : 'gone'}; ${words}`,
  );
  const refusal = await refusalOf(credential);
  yield step('login-refused', 'Signing in again is refused', refusal !== null, refusal ?? 'signed in');
  const roles = await rolesNamed(installation.targetUrl, credential.username);
  yield step('role-absent', 'The login itself is gone', roles === 0, `pg_roles has ${roles} of that name`);
}

async function answered(call: Call, reference: string, began: Date): Promise<Step> {
  const span = `from=${began.toISOString()}&to=${new Date(Date.now() + 60_000).toISOString()}`;
  const report = reportSchema.parse(
    (await call('sita', 'GET', `/v1/customers/globex/access-report?${span}`)).body,
  );
  const line = report.items.find((item) => item.reference === reference);
  const names = line?.approved_by.map((approval) => approval.person.name).join(', ') ?? 'nobody';
  const proof = line
    ? `${line.person.name}, ${line.from} to ${line.ended_at ?? 'now'}, "${line.justification}", approved by ${names}`
    : 'no such line';
  return step(
    'answered',
    'Who had access to Globex, when, why, approved by whom',
    line?.ended_by === 'time' && names === 'Priya',
    proof,
  );
}

type Call = (who: keyof typeof people, method: string, path: string, body?: object) => Promise<Answer>;

function caller(installation: DemoInstallation): Call {
  return async (who, method, path, body) => {
    const headers: Record<string, string> = {
      authorization: `Bearer ${await installation.token(people[who])}`,
    };
    if (body) headers['content-type'] = 'application/json';
    const response = await fetch(`${installation.url}${path}`, {
      method,
      headers,
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    return { status: response.status, body: await response.json() };
  };
}

/** Asks again until the request is so; after half a minute it returns what it is. */
async function until(call: Call, id: string, isSo: (request: z.infer<typeof requestSchema>) => boolean) {
  const limit = Date.now() + 30_000;
  for (;;) {
    const request = requestSchema.parse((await call('sam', 'GET', `/v1/access-requests/${id}`)).body);
    if (isSo(request) || Date.now() > limit) return request;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function refusedAs(id: string, sentence: string, status: number, code: string, answer: Answer): Step {
  const problem = problemSchema.safeParse(answer.body).data;
  const longest = problem?.longest ? `, longest ${problem.longest}` : '';
  return step(
    id,
    sentence,
    answer.status === status && problem?.type === `urn:tenure:problem:${code}`,
    `${answer.status} ${problem?.type ?? '?'}${longest}`,
  );
}

function step(id: string, sentence: string, ok: boolean, proof: string): Step {
  return { id, ok, sentence, proof };
}
