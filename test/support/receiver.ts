import { randomBytes } from 'node:crypto';
import { type IncomingMessage, Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { webhookSecret } from '../../crypto/webhook-signature.ts';
import type { AccountState, ExistingUser } from '../../examples/receiver/accounts.ts';
import { createReceiver, hookPath } from '../../examples/receiver/receiver.ts';

/** What a fault concerns: requests that change something, those that read back, or both. */
export type FaultScope = 'changes' | 'reads' | 'all';

/** The example's application on a free port, which can be made to misbehave. */
export interface TestReceiver {
  /** What a target's endpoint says: `{url}`. */
  url: string;
  /** Of its pages: `POST /session`, `GET /me`. */
  origin: string;
  /** What the target's sealed secret holds. */
  secret: string;
  /** All its users, with what each holds now. */
  accounts(): AccountState[];
  /** One account's; nothing for one that it does not know. */
  account(id: string): AccountState | undefined;
  /** Makes a user as the application itself does, without being told. */
  enrol(user: ExistingUser): void;
  /** The next so many requests get this status (503) and are not carried out. For ever unless told how many. */
  fail(times?: number, fault?: { status?: number; of?: FaultScope }): void;
  /** The next so many are carried out, and the connection is closed instead of an answer. */
  loseReplies(times?: number, of?: FaultScope): void;
  /** From now on requests are taken and neither carried out nor answered, also those that come while it hangs later on. */
  hang(of?: FaultScope): void;
  /** From now on each request waits so long before it is carried out. */
  slow(ms: number): void;
  /** From now on all is well again; what hung is carried out now. */
  flow(): void;
  /** Every change that took effect, by its key, and how often: never more than once. */
  readonly effects: { key: string; count: number }[];
  /** What these changes were, in their order. */
  readonly done: { type: string; account: string; entitlement: string }[];
  /** Everything that arrived, before any fault, in order. */
  readonly requests: { method: string; path: string; key: string }[];
  /** Signs in as a user does. Null when refused. */
  signIn(email: string): Promise<TestSession | null>;
  stop(): Promise<void>;
}

export interface TestSession {
  /** What `GET /me` says; null when the session is over. */
  me(): Promise<unknown>;
  alive(): Promise<boolean>;
}

interface Faults {
  failing: { times: number; status: number; of: FaultScope };
  losing: { times: number; of: FaultScope };
  hanging: { of: FaultScope; flows: Promise<void>; flow: () => void } | null;
  slowMs: number;
}

/** Starts one. Stop it, or the test's process does not end. @param options `port` to come back where one was before. */
export async function startReceiver(
  options: {
    stateFile?: string;
    now?: () => number;
    secret?: string;
    port?: number;
    users?: readonly ExistingUser[];
  } = {},
): Promise<TestReceiver> {
  const secret = options.secret ?? webhookSecret(randomBytes(32));
  const counts = new Map<string, number>();
  const requests: TestReceiver['requests'] = [];
  const done: TestReceiver['done'] = [];
  const receiver = createReceiver({
    secrets: [secret],
    stateFile: options.stateFile,
    ...(options.now ? { now: options.now } : {}),
    ...(options.users ? { users: options.users } : {}),
    onDone: (key, { type, account, entitlement }) => {
      counts.set(key, (counts.get(key) ?? 0) + 1);
      done.push({ type, account, entitlement });
    },
  });
  const faults = noFaults();
  const server = new Server((request, response) => {
    const { method = '', url: path = '' } = request;
    requests.push({ method, path, key: String(request.headers['webhook-id'] ?? '') });
    void misbehaving(faults, request, response, () => receiver.listener(request, response));
  });
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // A listening TCP server's address is always one.
  const origin = `http://127.0.0.1:${port}`;
  return {
    url: `${origin}${hookPath}`,
    origin,
    secret,
    accounts: () => receiver.accounts(),
    account: (id) => receiver.accounts().find(({ account }) => account === id),
    enrol: (user) => receiver.enrol(user),
    ...controls(faults),
    get effects() {
      return [...counts].map(([key, count]) => ({ key, count }));
    },
    done,
    requests,
    signIn: (email) => signIn(origin, email),
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      receiver.close();
    },
  };
}

function noFaults(): Faults {
  return {
    failing: { times: 0, status: 503, of: 'all' },
    losing: { times: 0, of: 'all' },
    hanging: null,
    slowMs: 0,
  };
}

function controls(faults: Faults): Pick<TestReceiver, 'fail' | 'loseReplies' | 'hang' | 'slow' | 'flow'> {
  return {
    fail(times = Infinity, { status = 503, of = 'all' } = {}) {
      faults.failing = { times, status, of };
    },
    loseReplies(times = Infinity, of = 'all') {
      faults.losing = { times, of };
    },
    hang(of = 'all') {
      let flow = () => undefined as void;
      const flows = new Promise<void>((resolve) => {
        flow = resolve;
      });
      faults.hanging = { of, flows, flow };
    },
    slow(ms) {
      faults.slowMs = ms;
    },
    flow() {
      faults.hanging?.flow();
      Object.assign(faults, noFaults());
    },
  };
}

/** Users' own requests (signing in, looking) are never disturbed. */
function concerns(of: FaultScope, { method, url }: IncomingMessage): boolean {
  if (url !== hookPath && url?.startsWith(`${hookPath}/`) !== true) return false;
  return of === 'all' || (of === 'changes') === (method === 'POST' && url === hookPath);
}

async function misbehaving(
  faults: Faults,
  request: IncomingMessage,
  response: ServerResponse,
  carryOut: () => void,
): Promise<void> {
  const { failing, losing, hanging, slowMs } = faults;
  if (slowMs > 0) await delay(slowMs);
  if (hanging && concerns(hanging.of, request)) await hanging.flows;
  if (failing.times > 0 && concerns(failing.of, request)) {
    failing.times -= 1;
    response.writeHead(failing.status).end('{"code":"told to fail"}');
    return;
  }
  if (losing.times > 0 && concerns(losing.of, request)) {
    losing.times -= 1;
    // It is carried out first: the answer is what is lost.
    response.writeHead = () => response;
    response.end = () => {
      request.socket.destroy();
      return response;
    };
  }
  carryOut();
}

async function signIn(origin: string, email: string): Promise<TestSession | null> {
  const answer = await fetch(`${origin}/session`, { method: 'POST', body: JSON.stringify({ email }) });
  if (answer.status !== 200) return null;
  const { token } = z.object({ token: z.string() }).parse(await answer.json());
  const me = async (): Promise<unknown> => {
    const seen = await fetch(`${origin}/me`, { headers: { authorization: `Bearer ${token}` } });
    const said: unknown = await seen.json();
    return seen.status === 200 ? said : null;
  };
  return { me, alive: async () => (await me()) !== null };
}
