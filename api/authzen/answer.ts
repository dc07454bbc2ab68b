import type { Context } from 'hono';
import type { z } from 'zod';
import { TenureError } from '../../domain/errors.ts';
import type { ApiEnv } from '../env.ts';
import { invalidOf } from '../guards/invalid.ts';
import { limitedBody } from '../guards/limited-body.ts';
import { problemResponse, refusalOf } from '../problem.ts';

const jsonType = /^application\/json\s*(;|$)/i;

/** By this an application finds its question again (AuthZEN Authorization API 1.0, section 10.1). */
export const requestIdHeader = 'x-request-id';
/** Longer ones, and those with characters that no header takes, are not repeated. */
const requestId = /^[\x20-\x7e]{1,200}$/;

/** Headers of every answer: it is about one moment, and somebody's own. */
const plain = {
  'content-type': 'application/json',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
};

/** An answer as it is sent. A no is an answer like a yes. */
export function answered(c: Context<ApiEnv>, body: string): Response {
  const id = c.req.header(requestIdHeader);
  const headers = id !== undefined && requestId.test(id) ? { ...plain, [requestIdHeader]: id } : plain;
  return new Response(body, { headers });
}

/** A refusal, with the question's id. */
export function refused(c: Context<ApiEnv>, error: unknown): Response {
  const response = problemResponse(refusalOf(error), c.req.path);
  const id = c.req.header(requestIdHeader);
  if (id !== undefined && requestId.test(id)) response.headers.set(requestIdHeader, id);
  return response;
}

/** What was sent as the shape says it. @throws TenureError `malformed-parameter` naming every field that is wrong */
export function checked<Shape extends z.ZodType>(shape: Shape, sent: unknown): z.infer<Shape> {
  const read = shape.safeParse(sent);
  if (read.success) return read.data;
  const { errors } = invalidOf('json', read.error);
  throw new TenureError('malformed-parameter', 'The question is incomplete or malformed.', errors);
}

/**
 * The body of a call as it came. What is wrong with it is answered with 400, as section 10.1.1 of the standard says, unless it is too
 * large.
 * @throws TenureError `malformed-json`; `payload-too-large`
 */
export function bodyOf(c: Context<ApiEnv>): Promise<string> {
  if (!jsonType.test(c.req.header('content-type') ?? ''))
    throw new TenureError('malformed-json', 'Send the body as application/json.');
  return isSmall(c) ? c.req.text() : counted(c);
}

/** @throws TenureError `malformed-json` */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new TenureError('malformed-json', 'The body is not JSON.');
  }
}

/** Its length is declared, and far below every limit. */
function isSmall(c: Context<ApiEnv>): boolean {
  return Number(c.req.header('content-length')) < 4_096;
}

async function counted(c: Context<ApiEnv>): Promise<string> {
  let text = '';
  await limitedBody(c, async () => {
    text = await c.req.text();
  });
  return text;
}
