import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { type AccountState, Accounts, type ExistingUser, type Verdict } from './accounts.ts';
import { type Journal, openJournal } from './journal.ts';
import { isRecord, type Message, parse, readMessage, readQuestion } from './message.ts';
import { page, pagePolicy } from './page.ts';
import { isGenuine } from './signature.ts';

/** What a receiver is made with. */
export interface ReceiverOptions {
  /** `whsec_…`; two while one replaces the other. */
  secrets: readonly string[];
  /** Keeps what was done over a restart; in memory only when left out. */
  stateFile?: string | undefined;
  /** Users whom the application has already. */
  users?: readonly ExistingUser[];
  /** Milliseconds since 1970. */
  now?: () => number;
  /** Hears of each change that takes effect, once. Here an application sends its mail, fills its search index, … */
  onDone?: (key: string, message: Message) => void;
}

/** An application that is told who may do what. */
export interface Receiver {
  /** Answers every request: `new Server(receiver.listener)`. */
  listener: RequestListener;
  accounts(): AccountState[];
  /** Makes a user as the application itself does, without being told. */
  enrol(user: ExistingUser): void;
  close(): void;
}

/** Where we are told, and asked: `POST /access`, `GET /access/accounts/<account>`, `POST /access/accounts`. */
export const hookPath = '/access';
const bodyLimitBytes = 65_536;

interface Reply {
  status: number;
  /** Sent as JSON, a string as a page. */
  body: unknown;
  headers?: Record<string, string>;
}

const replies: Readonly<Record<Verdict, Reply>> = {
  done: { status: 200, body: { code: 'done' } },
  repeated: { status: 200, body: { code: 'repeated' } },
  superseded: { status: 409, body: { code: 'superseded' } },
  'not-held': { status: 409, body: { code: 'not-held' } },
  'unknown-user': { status: 422, body: { code: 'unknown-user' } },
  'not-told': { status: 422, body: { code: 'not-told' } },
};
const notFound: Reply = { status: 404, body: { code: 'not-found' } };
const notGenuine: Reply = { status: 401, body: { code: 'not-signed' } };

/** Makes the application. */
export function createReceiver(options: ReceiverOptions): Receiver {
  const now = options.now ?? Date.now;
  const accounts = new Accounts(now, options.users);
  const journal: Journal | null =
    options.stateFile === undefined
      ? null
      : openJournal(options.stateFile, (key, message) => accounts.carryOut(key, message));

  function isSigned(request: IncomingMessage, content: string | Buffer): boolean {
    const id = header(request, 'webhook-id');
    const signed = {
      id,
      timestamp: header(request, 'webhook-timestamp'),
      signature: header(request, 'webhook-signature'),
    };
    return id !== '' && isGenuine(signed, content, options.secrets, now());
  }

  function change(request: IncomingMessage, body: Buffer): Reply {
    if (!isSigned(request, body)) return notGenuine;
    const message = readMessage(body.toString('utf8'));
    if (!message) return { status: 400, body: { code: 'no-message' } };
    const key = header(request, 'webhook-id');
    const verdict = accounts.judge(key, message);
    if (verdict === 'done') {
      journal?.append(key, message);
      accounts.carryOut(key, message);
      options.onDone?.(key, message);
    }
    return replies[verdict];
  }

  function readBack(request: IncomingMessage, path: string): Reply {
    // A GET has no body; what is signed in its place is the request's first line up to the version.
    if (!isSigned(request, `GET ${path}`)) return notGenuine;
    const { user: _, ...state } = accounts.read(path.slice(`${hookPath}/accounts/`.length));
    return { status: 200, body: state };
  }

  function find(request: IncomingMessage, body: Buffer): Reply {
    if (!isSigned(request, body)) return notGenuine;
    const emails = readQuestion(body.toString('utf8'));
    if (!emails) return { status: 400, body: { code: 'no-question' } };
    return { status: 200, body: { accounts: accounts.find(emails) } };
  }

  /** For trials only: a real application asks for a password, a passkey or the company's sign-in. */
  function signIn(body: Buffer): Reply {
    const from = parse(body.toString('utf8'));
    const email = isRecord(from) && typeof from['email'] === 'string' ? from['email'] : '';
    const token = accounts.signIn(email);
    if (token === null) return { status: 403, body: { code: 'no-access' } };
    const cookie = `session=${token}; HttpOnly; SameSite=Strict; Path=/`;
    return { status: 200, body: { token }, headers: { 'set-cookie': cookie } };
  }

  function me(request: IncomingMessage): Reply {
    const state = accounts.bySession(sessionOf(request));
    if (!state) return { status: 401, body: { code: 'no-session' } };
    return { status: 200, body: { ...state.user, holdings: state.holdings } };
  }

  async function answer(request: IncomingMessage): Promise<Reply> {
    const path = request.url ?? '/';
    const body = await readBody(request);
    if (!body) return { status: 413, body: { code: 'too-large' } };
    if (request.method === 'POST' && path === hookPath) return change(request, body);
    if (request.method === 'POST' && path === `${hookPath}/accounts`) return find(request, body);
    if (request.method === 'POST' && path === '/session') return signIn(body);
    if (request.method !== 'GET') return notFound;
    if (path.startsWith(`${hookPath}/accounts/`)) return readBack(request, path);
    if (path === '/me') return me(request);
    if (path !== '/') return notFound;
    const headers = { 'content-security-policy': pagePolicy };
    return { status: 200, body: page(accounts.list()), headers };
  }

  return {
    listener(request, response) {
      answer(request).then(
        (reply) => send(response, reply),
        () => send(response, { status: 500, body: { code: 'failed' } }),
      );
    },
    accounts: () => accounts.list(),
    enrol: (user) => accounts.enrol(user),
    close: () => journal?.close(),
  };
}

/** Null when it is larger than any of ours. */
async function readBody(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) continue;
    size += chunk.length;
    if (size <= bodyLimitBytes) chunks.push(chunk);
  }
  return size > bodyLimitBytes ? null : Buffer.concat(chunks);
}

function send(response: ServerResponse, { status, body, headers }: Reply): void {
  const isPage = typeof body === 'string';
  response.writeHead(status, {
    'content-type': isPage ? 'text/html; charset=utf-8' : 'application/json',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...headers,
  });
  response.end(isPage ? body : JSON.stringify(body));
}

function header(request: IncomingMessage, name: string): string {
  const value = request.headers[name];
  return typeof value === 'string' ? value : '';
}

function sessionOf(request: IncomingMessage): string {
  const [, bearer] = /^Bearer (\S+)$/u.exec(header(request, 'authorization')) ?? [];
  const [, cookie] = /(?:^|; )session=([^;]+)/u.exec(header(request, 'cookie')) ?? [];
  return bearer ?? cookie ?? '';
}
