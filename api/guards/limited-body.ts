import { bodyLimit } from 'hono/body-limit';
import { createMiddleware } from 'hono/factory';
import { TenureError } from '../../domain/errors.ts';
import type { ApiEnv } from '../env.ts';

/** What a person or their script sends, what a billing or CRM system, a directory or an application with many questions delivers, a catalog as a whole, and whole lists of people. */
const ordinary = limitOf(64 * 1024);
const delivery = limitOf(1024 * 1024);
const catalog = limitOf(2 * 1024 * 1024);
const lists = limitOf(8 * 1024 * 1024);
const catalogPath = /^\/v1\/catalog\//;
const listsPath = /^\/v1\/imports(?:\/|$)/;
const deliveryPath = /^\/v1\/events\/[^/]+$|^\/scim\/v2\/|^\/access\/v1\/evaluations$/;

function limitOf(maxBytes: number) {
  const tooLarge = () => new TenureError('payload-too-large', `A body has at most ${maxBytes} bytes.`);
  const counted = bodyLimit({ maxSize: maxBytes, onError: () => Promise.reject(tooLarge()) });
  return { maxBytes, tooLarge, counted };
}

/**
 * Refuses bodies that are too large. A declared length is believed, because the server reads no more than that; only what
 * declares none is counted while it is read, which costs a stream.
 */
export const limitedBody = createMiddleware<ApiEnv>((c, next) => {
  if (c.req.method === 'GET' || c.req.method === 'HEAD') return next();
  const { maxBytes, tooLarge, counted } = limitFor(c.req.path);
  const declared = c.req.header('content-length');
  if (declared === undefined || c.req.header('transfer-encoding') !== undefined) return counted(c, next);
  if (Number(declared) > maxBytes) throw tooLarge();
  return next();
});

function limitFor(path: string) {
  if (deliveryPath.test(path)) return delivery;
  if (listsPath.test(path)) return lists;
  return catalogPath.test(path) ? catalog : ordinary;
}
