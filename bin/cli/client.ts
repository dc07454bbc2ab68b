import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import {
  InterruptedError,
  type Problem,
  ProblemError,
  UnexpectedAnswerError,
  UnreachableError,
  UsageError,
} from './errors.ts';

/** A success: the body as it came, and what it says. */
export interface Answer {
  body: string;
  json: unknown;
}

export type Query = Record<string, string | undefined>;

/**
 * The API as the commands use it.
 * @throws ProblemError on any answer that is not a success, UnreachableError when there is none
 */
export interface ApiClient {
  get(path: string, query?: Query): Promise<Answer>;
  /**
   * `once`: never sent a second time, for the one call whose answer cannot be had twice. `timeoutMs`: for what may take
   * longer than other calls.
   */
  post(path: string, body: unknown, options?: { once?: boolean; timeoutMs?: number }): Promise<Answer>;
  /** The same again changes nothing. */
  put(path: string, body: unknown): Promise<Answer>;
}

export interface ClientOptions {
  /** Without a slash at the end. */
  url: string;
  /** Asked before every call, since a trial token lives shorter than a request may wait. */
  token: () => Promise<string | null>;
  /** Ends reading calls at once. Calls that change something are let through, so that their outcome is known. */
  interrupted: AbortSignal;
  timeoutMs: number;
}

/** How long before the second attempt and the third. */
const pausesMs = [300, 1_000];

interface Call {
  method: 'GET' | 'POST' | 'PUT';
  url: string;
  body?: string;
  /** One key for all attempts of one call: the API answers a repeated one from its memory. */
  idempotencyKey?: string;
  mayRepeat: boolean;
}

export function createApiClient(options: ClientOptions): ApiClient {
  const base = baseUrl(options.url);
  return {
    get: (path, query = {}) => {
      const search = searchOf(query);
      return repeat({ method: 'GET', url: `${base}${path}${search}`, mayRepeat: true }, options);
    },
    post: (path, body, { once = false, timeoutMs = options.timeoutMs } = {}) => {
      const key = once ? {} : { idempotencyKey: randomUUID() };
      const call: Call = {
        method: 'POST',
        url: `${base}${path}`,
        body: JSON.stringify(body),
        mayRepeat: !once,
        ...key,
      };
      return repeat(call, { ...options, timeoutMs });
    },
    put: (path, body) =>
      repeat({ method: 'PUT', url: `${base}${path}`, body: JSON.stringify(body), mayRepeat: true }, options),
  };
}

function searchOf(query: Query): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, value);
  return search.size ? `?${search.toString()}` : '';
}

function baseUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password || url.search || url.hash) {
    throw new UsageError(
      'TENURE_URL must be an address such as http://localhost:3000, without a name or password in it.',
    );
  }
  return text;
}

async function repeat(call: Call, options: ClientOptions): Promise<Answer> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await send(call, options);
    } catch (error) {
      const pauseMs = pausesMs[attempt];
      if (pauseMs === undefined || !call.mayRepeat || !passesByItself(error)) throw error;
      await sleep(pauseMs);
    }
  }
}

function passesByItself(error: unknown): boolean {
  if (error instanceof ProblemError) return error.problem.code === 'idempotency-in-progress';
  return error instanceof UnreachableError;
}

async function send(call: Call, options: ClientOptions): Promise<Answer> {
  const headers = await requestHeaders(call, options);
  const timeout = AbortSignal.timeout(options.timeoutMs);
  const signal = call.method === 'GET' ? AbortSignal.any([timeout, options.interrupted]) : timeout;
  let status: number;
  let body: string;
  let retryAfter: string | null;
  try {
    const response = await fetch(call.url, {
      method: call.method,
      headers,
      body: call.body ?? null,
      signal,
      redirect: 'manual',
    });
    status = response.status;
    retryAfter = response.headers.get('retry-after');
    body = await response.text();
  } catch (cause) {
    if (call.method === 'GET' && options.interrupted.aborted) throw new InterruptedError('Interrupted.');
    const why = timeout.aborted
      ? tooSlow(call, options)
      : `Nothing answers at ${options.url}. Is it running (npm start)? TENURE_URL names another address.`;
    throw new UnreachableError(why, { cause });
  }
  const json = parseJson(body);
  if (status >= 200 && status < 300) return { body, json };
  throw new ProblemError(readProblem(status, body, json, retryAfter));
}

async function requestHeaders(call: Call, options: ClientOptions): Promise<Headers> {
  const headers = new Headers({ accept: 'application/json, application/problem+json' });
  const token = await options.token();
  if (token) headers.set('authorization', `Bearer ${token}`);
  if (call.body !== undefined) headers.set('content-type', 'application/json');
  if (call.idempotencyKey) headers.set('idempotency-key', call.idempotencyKey);
  return headers;
}

function tooSlow({ method }: Call, { url, timeoutMs }: ClientOptions): string {
  const fact = `${url} did not answer within ${Math.round(timeoutMs / 1_000)} s.`;
  return method === 'GET'
    ? fact
    : `${fact} It may have been recorded all the same: look before you try again.`;
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

const problemType = 'urn:tenure:problem:';
const problemShape = z.object({
  type: z.string(),
  title: z.string().nullish(),
  detail: z.string().nullish(),
  errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).nullish(),
  longest: z.string().nullish(),
  policies: z.array(z.object({ id: z.string(), title: z.string() })).nullish(),
});

function readProblem(status: number, body: string, json: unknown, retryAfter: string | null): Problem {
  const parsed = problemShape.safeParse(json);
  if (!parsed.success) {
    const title = `The answer was HTTP ${status}, and not in Tenure's form. Is something else at that address?`;
    return {
      status,
      code: null,
      title,
      detail: null,
      errors: [],
      longest: null,
      policies: [],
      retryAfter,
      body,
    };
  }
  const { type, title, detail, errors, longest, policies } = parsed.data;
  return {
    status,
    code: type.startsWith(problemType) ? type.slice(problemType.length) : null,
    title: title ?? `HTTP ${status}`,
    detail: detail ?? null,
    errors: errors ?? [],
    longest: longest ?? null,
    policies: policies ?? [],
    retryAfter,
    body,
  };
}

/** The answer in the shape we print; another shape means another program or another version. */
export function readAs<T>(shape: z.ZodType<T>, answer: Answer): T {
  return parseAs(shape, answer.json);
}

/** The same for a part of an answer, such as one item of a list. */
export function parseAs<T>(shape: z.ZodType<T>, json: unknown): T {
  const parsed = shape.safeParse(json);
  if (parsed.success) return parsed.data;
  const where = parsed.error.issues[0]?.path.join('/') ?? '';
  throw new UnexpectedAnswerError(
    `The answer does not look like Tenure's (at /${where}). Does the address belong to another program or version? --json shows it as it came.`,
  );
}
