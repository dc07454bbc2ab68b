import { idempotencyHeader, idempotencyOf } from '../guards/idempotency-key.ts';
import { applyCatalog } from '../operations/apply-catalog.ts';
import { editCatalogPart } from '../operations/edit-catalog-part.ts';
import { planCatalog } from '../operations/plan-catalog.ts';
import { findRevisions, getCatalog, showRevision } from '../operations/read-catalog.ts';
import { returnCatalog } from '../operations/return-catalog.ts';
import { type Api, bodyProblems, declare, listProblems, problemsOf, writeProblems } from '../route.ts';
import {
  appliedShape,
  applyBody,
  catalogQuery,
  catalogShape,
  cursorBefore,
  partBody,
  partParam,
  partRemovalBody,
  planBody,
  planShape,
  returnBody,
  revisionListShape,
  revisionParam,
  revisionQuery,
  revisionStoryShape,
  sinceQuery,
} from '../schemas/catalog.ts';

const tags = ['Catalog'];
const applied = { content: { 'application/json': { schema: appliedShape } } };
const refusals = ['forbidden', 'self-approval', 'stale-revision', 'catalog-invalid'] as const;

const get = declare({
  method: 'get',
  path: '/v1/catalog',
  operationId: 'getCatalog',
  summary: 'The access catalog in force, at an instant, or as one revision',
  rule: 'catalog-reader',
  tags,
  request: { query: catalogQuery },
  responses: {
    200: { description: 'The catalog', content: { 'application/json': { schema: catalogShape } } },
    ...problemsOf('malformed-parameter', 'unauthenticated', 'forbidden', 'not-found', 'invalid-input'),
  },
});

const list = declare({
  method: 'get',
  path: '/v1/catalog/revisions',
  operationId: 'listCatalogRevisions',
  summary: 'Who changed the catalog, when and why, newest first',
  rule: 'catalog-reader',
  tags,
  request: { query: revisionQuery },
  responses: {
    200: { description: 'A page', content: { 'application/json': { schema: revisionListShape } } },
    ...problemsOf(...listProblems, 'forbidden'),
  },
});

const revision = declare({
  method: 'get',
  path: '/v1/catalog/revisions/{revision}',
  operationId: 'getCatalogRevision',
  summary: 'One revision, and what it changed',
  description: 'Compared with the one before it, or with the one that `since` names.',
  rule: 'catalog-reader',
  tags,
  request: { params: revisionParam, query: sinceQuery },
  responses: {
    200: { description: 'The revision', content: { 'application/json': { schema: revisionStoryShape } } },
    ...problemsOf('malformed-parameter', 'unauthenticated', 'forbidden', 'not-found'),
  },
});

const goBack = declare({
  method: 'post',
  path: '/v1/catalog/revisions/{revision}/return',
  operationId: 'returnCatalog',
  summary: 'Put the catalog into force again as a revision says it',
  description:
    'It becomes the next revision: an edit like any other, with its effect on people and its fences.',
  rule: 'manage-access',
  tags,
  request: {
    params: revisionParam,
    headers: idempotencyHeader,
    body: { content: { 'application/json': { schema: returnBody } }, required: true },
  },
  responses: {
    201: { ...applied, description: 'It is in force; without `changes` nothing was written' },
    ...problemsOf(...writeProblems, ...refusals, 'not-found'),
  },
});

const plan = declare({
  method: 'post',
  path: '/v1/catalog/plan',
  operationId: 'planCatalog',
  summary: 'What a catalog would change, for whom, and what is wrong with it',
  rule: 'manage-access',
  tags,
  request: { body: { content: { 'application/json': { schema: planBody } }, required: true } },
  responses: {
    200: { description: 'The plan', content: { 'application/json': { schema: planShape } } },
    ...problemsOf(...bodyProblems, 'forbidden', 'stale-revision'),
  },
});

const apply = declare({
  method: 'post',
  path: '/v1/catalog/revisions',
  operationId: 'applyCatalog',
  summary: 'Put a catalog into force as the next revision',
  description:
    'One role change begins for each organization whose people gain or lose anything by it. It must be made from the newest revision.',
  rule: 'manage-access',
  tags,
  request: {
    headers: idempotencyHeader,
    body: { content: { 'application/json': { schema: applyBody } }, required: true },
  },
  responses: {
    201: { ...applied, description: 'It is in force; without `changes` nothing was written' },
    ...problemsOf(...writeProblems, ...refusals),
  },
});

const put = declare({
  method: 'put',
  path: '/v1/catalog/{part}/{key}',
  operationId: 'putCatalogPart',
  summary: 'Put one thing into the catalog, or another in its place',
  rule: 'manage-access',
  tags,
  request: {
    params: partParam,
    headers: idempotencyHeader,
    body: { content: { 'application/json': { schema: partBody } }, required: true },
  },
  responses: {
    201: { ...applied, description: 'It is in force; without `changes` nothing was written' },
    ...problemsOf(...writeProblems, ...refusals, 'not-found'),
  },
});

const remove = declare({
  method: 'delete',
  path: '/v1/catalog/{part}/{key}',
  operationId: 'removeCatalogPart',
  summary: 'Take one thing out of the catalog; of a setting, what was said about it',
  rule: 'manage-access',
  tags,
  request: {
    params: partParam,
    headers: idempotencyHeader,
    body: { content: { 'application/json': { schema: partRemovalBody } }, required: true },
  },
  responses: {
    201: { ...applied, description: 'It is out of force; without `changes` nothing was written' },
    ...problemsOf(...writeProblems, ...refusals, 'not-found'),
  },
});

export function catalogRoutes(app: Api): void {
  app.openapi(get, async (c) =>
    c.json(await getCatalog(c.get('deps'), c.get('principal'), c.req.valid('query')), 200),
  );
  app.openapi(list, async (c) => {
    const { limit = 50, cursor } = c.req.valid('query');
    const page = await findRevisions(c.get('deps'), c.get('principal'), { limit, before: cursor ?? null });
    return c.json({ items: page.items, next_cursor: cursorBefore(page.next) }, 200);
  });
  app.openapi(revision, async (c) => {
    const wish = { ...c.req.valid('param'), ...c.req.valid('query') };
    return c.json(await showRevision(c.get('deps'), c.get('principal'), wish), 200);
  });
  app.openapi(goBack, async (c) => {
    const body = c.req.valid('json');
    const key = idempotencyOf(c.req, c.req.valid('header'), body);
    const wish = { ...c.req.valid('param'), baseRevision: body.base_revision, reason: body.reason };
    return c.json(await returnCatalog(c.get('deps'), c.get('principal'), wish, key), 201);
  });
  app.openapi(plan, async (c) => {
    const { base_revision: baseRevision, catalog } = c.req.valid('json');
    return c.json(await planCatalog(c.get('deps'), c.get('principal'), { baseRevision, catalog }), 200);
  });
  app.openapi(apply, async (c) => {
    const body = c.req.valid('json');
    const key = idempotencyOf(c.req, c.req.valid('header'), body);
    const wish = { baseRevision: body.base_revision, reason: body.reason, catalog: body.catalog };
    return c.json(await applyCatalog(c.get('deps'), c.get('principal'), wish, key), 201);
  });
  app.openapi(put, async (c) => {
    const body = c.req.valid('json');
    const key = idempotencyOf(c.req, c.req.valid('header'), body);
    const { base_revision: baseRevision, reason, value } = body;
    const wish = { ...c.req.valid('param'), baseRevision, reason, value };
    return c.json(await editCatalogPart(c.get('deps'), c.get('principal'), wish, key), 201);
  });
  app.openapi(remove, async (c) => {
    const body = c.req.valid('json');
    const key = idempotencyOf(c.req, c.req.valid('header'), body);
    const wish = { ...c.req.valid('param'), baseRevision: body.base_revision, reason: body.reason };
    const edit = { ...wish, value: undefined };
    return c.json(await editCatalogPart(c.get('deps'), c.get('principal'), edit, key), 201);
  });
}
