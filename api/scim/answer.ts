import { z } from '@hono/zod-openapi';
import { notFound } from '../operations/refusals.ts';
import { projected } from './projection.ts';
import type { Shown } from './request.ts';
import { etagOf, isTagOf, type Versioned } from './resource.ts';
import type { Json } from './json.ts';

const mediaType = 'application/scim+json';

const text = { type: 'string' } as const;
const resource = { [mediaType]: { schema: z.looseObject({}) } };
const refused = (description: string, headers = {}) => ({ description, content: resource, headers });
/** What any SCIM address may answer with, for the OpenAPI document. */
export const scimResponses = {
  200: { description: 'The resource, or a page of a list', content: resource },
  201: { description: 'It was created', content: resource },
  204: { description: 'It is gone' },
  400: refused('`scimType` says what is wrong (RFC 7644, table 9).'),
  401: refused('No token of this customer’s directory.', { 'WWW-Authenticate': { schema: text } }),
  403: refused('Not possible now, e.g. because no seat is left.'),
  404: refused('There is none.'),
  405: refused('Not a method of this address.', { Allow: { schema: text } }),
  409: refused('`uniqueness`: somebody has this name already.'),
  412: refused('It has changed since it was read.'),
  413: refused('The body is too large.'),
  415: refused('The body is not JSON.'),
  429: refused('Too many requests.', { 'Retry-After': { schema: text } }),
  500: refused('Something went wrong on our side.'),
  503: refused('The ledger does not answer.', { 'Retry-After': { schema: text } }),
};

export function answer(body: Json, status = 200, headers: Record<string, string> = {}): Response {
  const type = `${mediaType}; charset=utf-8`;
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': type, 'cache-control': 'no-store', ...headers },
  });
}

export const gone = () => new Response(null, { status: 204 });

export function list(resources: readonly Json[], total = resources.length, startIndex = 1): Response {
  return answer({
    schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'],
    totalResults: total,
    startIndex,
    itemsPerPage: resources.length,
    Resources: resources,
  });
}

/** One of them by its id. @throws TenureError `not-found` */
export function named(resources: readonly Json[], name: string): Response {
  const found = resources.find(({ id }) => id === name);
  if (!found) throw notFound();
  return answer(found);
}

/** A resource with its version, as far as the client wants it; nothing for a client that has this version (If-None-Match). */
export function one(row: Versioned, resource: Json, shown: Shown, known?: string): Response {
  const etag = etagOf(row);
  if (known !== undefined && isTagOf(row, known))
    return new Response(null, { status: 304, headers: { etag } });
  return answer(projected(resource, shown), 200, { etag, 'content-location': locationOf(resource) });
}

/** The same of a new one, with its address (RFC 7644, section 3.3). */
export function made(row: Versioned, resource: Json, shown: Shown): Response {
  return answer(projected(resource, shown), 201, { etag: etagOf(row), location: locationOf(resource) });
}

const locationOf = ({ meta }: Json) => String(Object(meta)['location']);
