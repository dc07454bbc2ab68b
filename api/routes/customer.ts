import { findCustomers, findUsers, showCustomer } from '../operations/list-customers.ts';
import { addUser } from '../operations/add-user.ts';
import { changeUser } from '../operations/change-user.ts';
import { inviteUser } from '../operations/invite-user.ts';
import { reinstateUser } from '../operations/reinstate-user.ts';
import { removeUser } from '../operations/remove-user.ts';
import { styleCustomer } from '../operations/style-customer.ts';
import { idempotencyHeader, idempotencyOf } from '../guards/idempotency-key.ts';
import { type Api, declare, listProblems, problemsOf, writeProblems } from '../route.ts';
import { cursorAfter, idParam, nameText, pageWish } from '../schemas/common.ts';
import {
  addUserBody,
  appearanceBody,
  appearanceShape,
  changeUserBody,
  customerListShape,
  customerQuery,
  customerWithSeatsShape,
  nothingBody,
  reasonBody,
  userListShape,
  userProcessShape,
  userQuery,
} from '../schemas/customer.ts';
import { processShape } from '../schemas/process.ts';

const tags = ['Customers'];
export const customerId = idParam('A customer’s id or key.', 'acme');
const userIds = customerId.extend({
  person: nameText().openapi({ description: 'A user’s id or e-mail address.', example: 'anna@acme.example' }),
});

const list = declare({
  method: 'get',
  path: '/v1/customers',
  operationId: 'listCustomers',
  summary: 'List customers, newest first',
  description: 'The vendor’s people see all of them, a customer’s people their own.',
  rule: 'person',
  tags,
  request: { query: customerQuery },
  responses: {
    200: { description: 'A page', content: { 'application/json': { schema: customerListShape } } },
    ...problemsOf('malformed-parameter', 'unauthenticated'),
  },
});

const get = declare({
  method: 'get',
  path: '/v1/customers/{id}',
  operationId: 'getCustomer',
  summary: 'One customer with its contract and seats',
  rule: 'person',
  tags,
  request: { params: customerId },
  responses: {
    200: {
      description: 'The customer',
      content: { 'application/json': { schema: customerWithSeatsShape } },
    },
    ...problemsOf('unauthenticated', 'not-found'),
  },
});

const users = declare({
  method: 'get',
  path: '/v1/customers/{id}/users',
  operationId: 'listUsers',
  summary: 'List a customer’s users of now and of before, newest person first',
  rule: 'user-reader',
  tags,
  request: { params: customerId, query: userQuery },
  responses: {
    200: { description: 'A page', content: { 'application/json': { schema: userListShape } } },
    ...problemsOf(...listProblems, 'forbidden', 'not-found'),
  },
});

const add = declare({
  method: 'post',
  path: '/v1/customers/{id}/users',
  operationId: 'addUser',
  summary: 'Add a user',
  description:
    'Takes a seat at once; access and the welcome follow by a process. Somebody who was removed comes back clean: nothing that they held before, and none of their links, is theirs again.',
  rule: 'user-manager',
  tags,
  request: {
    params: customerId,
    headers: idempotencyHeader,
    body: { content: { 'application/json': { schema: addUserBody } }, required: true },
  },
  responses: {
    201: {
      description: 'The user and the process',
      content: { 'application/json': { schema: userProcessShape } },
    },
    ...problemsOf(
      ...writeProblems,
      'forbidden',
      'not-found',
      'already-a-user',
      'customer-closed',
      'no-seat-left',
      'role-not-allowed',
    ),
  },
});

const change = declare({
  method: 'post',
  path: '/v1/customers/{id}/users/{person}/role-change',
  operationId: 'changeUser',
  summary: 'Change a user’s roles within the tier',
  description: 'Access follows by a process. Nobody changes their own.',
  rule: 'user-manager',
  tags,
  request: {
    params: userIds,
    headers: idempotencyHeader,
    body: { content: { 'application/json': { schema: changeUserBody } }, required: true },
  },
  responses: {
    201: {
      description: 'The user and the process',
      content: { 'application/json': { schema: userProcessShape } },
    },
    ...problemsOf(
      ...writeProblems,
      'forbidden',
      'self-approval',
      'not-found',
      'already-ended',
      'customer-closed',
      'nothing-to-change',
      'role-not-allowed',
    ),
  },
});

const remove = declare({
  method: 'post',
  path: '/v1/customers/{id}/users/{person}/removal',
  operationId: 'removeUser',
  summary: 'Remove a user, at once',
  description:
    'Everything they hold ends within seconds, whatever else is under way for them. The seat is free. Nobody removes themselves.',
  rule: 'user-manager',
  tags,
  request: {
    params: userIds,
    headers: idempotencyHeader,
    body: { content: { 'application/json': { schema: reasonBody } }, required: true },
  },
  responses: {
    201: { description: 'The process', content: { 'application/json': { schema: processShape } } },
    ...problemsOf(...writeProblems, 'forbidden', 'self-approval', 'not-found', 'already-ended'),
  },
});

const invite = declare({
  method: 'post',
  path: '/v1/customers/{id}/users/{person}/invitation',
  operationId: 'inviteUser',
  summary: 'Invite a user again who has not confirmed yet, or has no way to sign in',
  description: 'The former link opens nothing any more.',
  rule: 'user-manager',
  tags,
  request: {
    params: userIds,
    headers: idempotencyHeader,
    body: { content: { 'application/json': { schema: nothingBody } } },
  },
  responses: {
    201: {
      description: 'The user and the process',
      content: { 'application/json': { schema: userProcessShape } },
    },
    ...problemsOf(
      ...writeProblems,
      'forbidden',
      'self-approval',
      'not-found',
      'already-ended',
      'customer-closed',
      'nothing-to-change',
    ),
  },
});

const reinstate = declare({
  method: 'post',
  path: '/v1/customers/{id}/users/{person}/reinstatement',
  operationId: 'reinstateUser',
  summary: 'Undo a user’s removal',
  description:
    'They are again what they were when they were removed, as far as the tier still allows it: a decision of its own, which gives their standing access anew. What they had asked for, sessions and credentials stay gone. Who signs in by no provider gets a new link.',
  rule: 'user-manager',
  tags,
  request: {
    params: userIds,
    headers: idempotencyHeader,
    body: { content: { 'application/json': { schema: reasonBody } }, required: true },
  },
  responses: {
    201: {
      description: 'The user and the process',
      content: { 'application/json': { schema: userProcessShape } },
    },
    ...problemsOf(
      ...writeProblems,
      'forbidden',
      'self-approval',
      'not-found',
      'no-seat-left',
      'role-not-allowed',
      'customer-closed',
      'nothing-to-change',
    ),
  },
});

const style = declare({
  method: 'put',
  path: '/v1/customers/{id}/appearance',
  operationId: 'styleCustomer',
  summary: 'Say how a customer’s panel looks',
  rule: 'user-manager',
  tags,
  request: {
    params: customerId,
    headers: idempotencyHeader,
    body: { content: { 'application/json': { schema: appearanceBody } }, required: true },
  },
  responses: {
    200: {
      description: 'How it looks now',
      content: { 'application/json': { schema: appearanceShape } },
    },
    ...problemsOf(...writeProblems, 'forbidden', 'not-found'),
  },
});

export function customerRoutes(app: Api): void {
  app.openapi(list, async (c) => {
    const { limit, cursor, ...filter } = c.req.valid('query');
    const page = await findCustomers(c.get('deps'), c.get('principal'), filter, pageWish({ limit, cursor }));
    return c.json({ items: page.items, next_cursor: cursorAfter(page.next) }, 200);
  });
  app.openapi(get, async (c) =>
    c.json(await showCustomer(c.get('deps'), c.get('principal'), c.req.valid('param').id), 200),
  );
  app.openapi(users, async (c) => {
    const { limit, cursor, ...filter } = c.req.valid('query');
    const { id } = c.req.valid('param');
    const page = await findUsers(c.get('deps'), c.get('principal'), id, filter, pageWish({ limit, cursor }));
    return c.json({ items: page.items, next_cursor: cursorAfter(page.next) }, 200);
  });
  app.openapi(add, async (c) => {
    const body = c.req.valid('json');
    const key = idempotencyOf(c.req, c.req.valid('header'), body);
    const { contract_role: contractRole, ...wish } = body;
    const { id } = c.req.valid('param');
    const added = await addUser(c.get('deps'), c.get('principal'), id, { ...wish, contractRole }, key);
    return c.json(added, 201);
  });
  app.openapi(change, async (c) => {
    const body = c.req.valid('json');
    const key = idempotencyOf(c.req, c.req.valid('header'), body);
    const { id: customer, person } = c.req.valid('param');
    const wish = { contractRole: body.contract_role, roles: body.roles, reason: body.reason };
    const names = { customer, person };
    return c.json(await changeUser(c.get('deps'), c.get('principal'), names, wish, key), 201);
  });
  app.openapi(remove, async (c) => {
    const body = c.req.valid('json');
    const key = idempotencyOf(c.req, c.req.valid('header'), body);
    const { id: customer, person } = c.req.valid('param');
    const names = { customer, person };
    return c.json(await removeUser(c.get('deps'), c.get('principal'), names, body.reason, key), 201);
  });
  app.openapi(invite, async (c) => {
    const key = idempotencyOf(c.req, c.req.valid('header'), c.req.valid('json'));
    const { id: customer, person } = c.req.valid('param');
    return c.json(await inviteUser(c.get('deps'), c.get('principal'), { customer, person }, key), 201);
  });
  app.openapi(reinstate, async (c) => {
    const body = c.req.valid('json');
    const key = idempotencyOf(c.req, c.req.valid('header'), body);
    const { id: customer, person } = c.req.valid('param');
    const names = { customer, person };
    return c.json(await reinstateUser(c.get('deps'), c.get('principal'), names, body.reason, key), 201);
  });
  app.openapi(style, async (c) => {
    const body = c.req.valid('json');
    const key = idempotencyOf(c.req, c.req.valid('header'), body);
    const wish = { brandColor: body.brand_color, shownName: body.shown_name };
    const { id } = c.req.valid('param');
    return c.json(await styleCustomer(c.get('deps'), c.get('principal'), id, wish, key), 200);
  });
}
