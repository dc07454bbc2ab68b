import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';

/** What a route answers: a status with a body, written as it stands when it is a text. */
export interface FakeAnswer {
  status?: number;
  body: unknown;
  headers?: Record<string, string>;
}

interface SeenCall {
  method: string;
  path: string;
  query: Record<string, string>;
  headers: Record<string, string>;
  body: unknown;
}

type Route = FakeAnswer | ((call: SeenCall) => FakeAnswer | Promise<FakeAnswer>);

/** An API on a free port that answers what a test tells it to, and remembers what it was asked. */
export interface FakeApi {
  url: string;
  calls: SeenCall[];
  /** `'GET /v1/grants'`; later answers replace earlier ones, a list is used up one by one and its last one stays. */
  on(route: string, answer: Route | Route[]): void;
  close(): Promise<void>;
}

export async function startFakeApi(): Promise<FakeApi> {
  const routes = new Map<string, Route[]>();
  const calls: SeenCall[] = [];
  const app = new Hono();
  app.all('*', async (context) => {
    const { method, path } = context.req;
    const text = await context.req.text();
    const body: unknown = text ? JSON.parse(text) : undefined;
    const call = { method, path, query: context.req.query(), headers: context.req.header(), body };
    calls.push(call);
    const list = routes.get(`${method} ${path}`) ?? [];
    const route = list.length > 1 ? list.shift() : list[0];
    const {
      status = 200,
      body: answer,
      headers = {},
    } = route ? await answerOf(route, call) : problem(404, 'not-found');
    const written = typeof answer === 'string' ? answer : JSON.stringify(answer);
    return new Response(written, { status, headers: { 'content-type': 'application/json', ...headers } });
  });
  const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' });
  await new Promise((listening) => server.once('listening', listening));
  // Listening on TCP, so the address is never a pipe's name.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    calls,
    on: (route, answer) => void routes.set(route, Array.isArray(answer) ? [...answer] : [answer]),
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        if ('closeAllConnections' in server) server.closeAllConnections();
      }),
  };
}

async function answerOf(route: Route, call: SeenCall): Promise<FakeAnswer> {
  return typeof route === 'function' ? route(call) : route;
}

/** A problem as the API writes it (RFC 9457). */
export function problem(status: number, code: string, more: Record<string, unknown> = {}): FakeAnswer {
  const body = {
    type: `urn:tenure:problem:${code}`,
    title: `Title of ${code}`,
    status,
    detail: `Detail of ${code}.`,
    ...more,
  };
  return { status, body, headers: { 'content-type': 'application/problem+json' } };
}

export const nowIso = '2026-11-22T14:02:00.000Z';
export const nowMs = Date.parse(nowIso);

/** An instant so many minutes after the tests' now. */
export function after(minutes: number): string {
  return new Date(nowMs + minutes * 60_000).toISOString();
}

export const sam = { id: 'person_01kb3v5c2hf8jrxw7s9d0m4p6q', email: 'sam@northwind.example', name: 'Sam' };
const priya = {
  id: 'person_01kb3v5c2hf8jrxw7s9d0m4p6r',
  email: 'priya@northwind.example',
  name: 'Priya',
};
export const marek = {
  id: 'person_01kb3v5c2hf8jrxw7s9d0m4p6s',
  email: 'marek@northwind.example',
  name: 'Marek',
};
export const anna = { id: 'person_01kb3v5c2hf8jrxw7s9d0m4p6t', email: 'anna@acme.example', name: 'Anna' };
export const requestId = 'req_01kb3v5c2hf8jrxw7s9d0m4p6q';
export const grantId = 'grant_01kb3v5c2hf8jrxw7s9d0m4p6q';

const globex = { id: 'org_01kb3v5c2hf8jrxw7s9d0m4p6q', key: 'globex', name: 'Globex' };
const northwind = { id: 'org_01kb3v5c2hf8jrxw7s9d0m4p6r', key: 'northwind', name: 'Northwind Cloud' };
const globexEnv = { id: 'res_01kb3v5c2hf8jrxw7s9d0m4p6q', key: 'globex-env', name: "Globex' environment" };
const read = { id: 'ent_01kb3v5c2hf8jrxw7s9d0m4p6q', key: 'read', name: 'Read' };

export function grant(more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id: grantId,
    request_id: requestId,
    origin: 'request',
    state: 'held',
    person: sam,
    organization: globex,
    holder_organization: northwind,
    resource: globexEnv,
    entitlement: read,
    from: nowIso,
    until: after(120),
    due_at: after(120),
    ended_at: null,
    ended_by: null,
    ended_by_person: null,
    extensions: [],
    attempts: 1,
    last_error: null,
    credential_shown_at: null,
    ...more,
  };
}

export function accessRequest(more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id: requestId,
    reference: 'AR-2207',
    kind: 'access',
    extends_request_id: null,
    state: 'waiting',
    person: sam,
    requested_by: sam,
    organization: globex,
    holder_organization: northwind,
    resource: globexEnv,
    entitlement: read,
    period: 'PT2H',
    starts_at: null,
    justification: 'Invoices are missing',
    ticket: 'CS-1881',
    asked_at: nowIso,
    lapses_at: after(120),
    longest: 'PT8H',
    policy_version: '1',
    policies: [{ id: 'support-read', title: 'Support may read with a lead’s approval' }],
    digest: 'sha256:0',
    stages: [waitingStage],
    grant: null,
    ...more,
  };
}

export const waitingStage = {
  id: 'stage_01kb3v5c2hf8jrxw7s9d0m4p6q',
  name: 'support lead',
  state: 'waiting',
  needed: 1,
  people: [priya, marek],
  decisions: [],
};

export const approvedStage = {
  ...waitingStage,
  state: 'approved',
  decisions: [decisionOf('approve', 'fine')],
};

export function decisionOf(decision: string, comment: string | null): Record<string, unknown> {
  return {
    id: 'dec_01kb3v5c2hf8jrxw7s9d0m4p6q',
    request_id: requestId,
    stage_id: waitingStage.id,
    person: priya,
    decision,
    comment,
    decided_at: nowIso,
    policy_version: '1',
    request_digest: 'sha256:0',
  };
}

export const granted = accessRequest({ state: 'granted', stages: [approvedStage], grant: grant() });

export const preview = {
  outcome: 'needs_approval',
  needs: [
    { kind: 'mfa', text: 'A second factor at sign-in', people: [] },
    { kind: 'approval', text: 'One support lead approves', people: [priya, marek] },
  ],
  longest: 'PT8H',
  policy_version: '1',
  policies: [{ id: 'support-read', title: 'Support may read with a lead’s approval' }],
};

export function recordOf(kind: string): Record<string, unknown> {
  return {
    id: `${kind}_1`,
    kind,
    request_id: requestId,
    grant_id: grantId,
    person: sam,
    reason: null,
    recorded_at: nowIso,
  };
}

export const credential = {
  grant_id: grantId,
  kind: 'postgres',
  username: 'g_01kb3v5c2hf8jrxw7s9d0m4p6q',
  password: 'correct-horse',
  host: '127.0.0.1',
  port: 55432,
  database: 'globex',
  url: 'postgres://g_01kb3v5c2hf8jrxw7s9d0m4p6q:correct-horse@127.0.0.1:55432/globex',
  valid_until: after(120),
  shown_at: nowIso,
};
