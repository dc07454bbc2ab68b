import { z } from '@hono/zod-openapi';
import { changeStaff } from '../operations/change-staff.ts';
import { inviteStaff } from '../operations/invite-staff.ts';
import { reinstatePerson } from '../operations/reinstate-person.ts';
import { offboardPerson } from '../operations/remove-user.ts';
import { idempotencyHeader, idempotencyOf } from '../guards/idempotency-key.ts';
import { type Api, declare, problemsOf, writeProblems } from '../route.ts';
import { changeStaffBody, reasonBody } from '../schemas/customer.ts';
import { nameText } from '../schemas/common.ts';
import { processShape } from '../schemas/process.ts';

const tags = ['People'];
export const personId = z.object({
  id: nameText().openapi({
    description: 'A person’s id or e-mail address.',
    example: 'sam@northwind.example',
  }),
});

const change = declare({
  method: 'post',
  path: '/v1/people/{id}/role-change',
  operationId: 'changeStaff',
  summary: 'Change the roles, the department or the region of one of the vendor’s people',
  description: 'Their standing access follows by a process. Nobody changes their own.',
  rule: 'manage-access',
  tags,
  request: {
    params: personId,
    headers: idempotencyHeader,
    body: { content: { 'application/json': { schema: changeStaffBody } }, required: true },
  },
  responses: {
    201: { description: 'The process', content: { 'application/json': { schema: processShape } } },
    ...problemsOf(
      ...writeProblems,
      'forbidden',
      'self-approval',
      'not-found',
      'already-ended',
      'nothing-to-change',
      'role-not-allowed',
    ),
  },
});

const offboard = declare({
  method: 'post',
  path: '/v1/people/{id}/offboarding',
  operationId: 'offboardPerson',
  summary: 'One of the vendor’s people leaves, at once',
  description:
    'Live access, open requests and sign-in end within seconds; what they owned is handed over; what cannot be taken away is listed with an owner.',
  rule: 'manage-access',
  tags,
  request: {
    params: personId,
    headers: idempotencyHeader,
    body: { content: { 'application/json': { schema: reasonBody } }, required: true },
  },
  responses: {
    201: { description: 'The process', content: { 'application/json': { schema: processShape } } },
    ...problemsOf(...writeProblems, 'forbidden', 'self-approval', 'not-found', 'already-ended'),
  },
});

const reinstate = declare({
  method: 'post',
  path: '/v1/people/{id}/reinstatement',
  operationId: 'reinstatePerson',
  summary: 'One of the vendor’s people who has left is here again',
  description:
    'They may sign in at once, and begin clean: no role or access of before comes back, and what they owned stays where it was handed over to. Nobody takes themselves back.',
  rule: 'manage-access',
  tags,
  request: {
    params: personId,
    headers: idempotencyHeader,
    body: { content: { 'application/json': { schema: reasonBody } }, required: true },
  },
  responses: {
    201: { description: 'The process', content: { 'application/json': { schema: processShape } } },
    ...problemsOf(...writeProblems, 'forbidden', 'self-approval', 'not-found', 'nothing-to-change'),
  },
});

const invite = declare({
  method: 'post',
  path: '/v1/people/{id}/invitation',
  operationId: 'inviteStaff',
  summary: 'Send a welcome to one of the vendor’s people who has no way to sign in',
  description:
    'They confirm it and make a passkey; what they hold stays as it is. Where they manage access, everybody else who does gets a message. Nobody invites themselves.',
  rule: 'manage-access',
  tags,
  request: {
    params: personId,
    headers: idempotencyHeader,
    body: { content: { 'application/json': { schema: reasonBody } }, required: true },
  },
  responses: {
    201: { description: 'The process', content: { 'application/json': { schema: processShape } } },
    ...problemsOf(
      ...writeProblems,
      'forbidden',
      'self-approval',
      'not-found',
      'already-ended',
      'nothing-to-change',
    ),
  },
});

export function staffRoutes(app: Api): void {
  app.openapi(change, async (c) => {
    const body = c.req.valid('json');
    const key = idempotencyOf(c.req, c.req.valid('header'), body);
    return c.json(
      await changeStaff(c.get('deps'), c.get('principal'), c.req.valid('param').id, body, key),
      201,
    );
  });
  app.openapi(offboard, async (c) => {
    const body = c.req.valid('json');
    const key = idempotencyOf(c.req, c.req.valid('header'), body);
    const { id } = c.req.valid('param');
    return c.json(await offboardPerson(c.get('deps'), c.get('principal'), id, body.reason, key), 201);
  });
  app.openapi(reinstate, async (c) => {
    const body = c.req.valid('json');
    const key = idempotencyOf(c.req, c.req.valid('header'), body);
    const { id } = c.req.valid('param');
    return c.json(await reinstatePerson(c.get('deps'), c.get('principal'), id, body.reason, key), 201);
  });
  app.openapi(invite, async (c) => {
    const body = c.req.valid('json');
    const key = idempotencyOf(c.req, c.req.valid('header'), body);
    const { id } = c.req.valid('param');
    return c.json(await inviteStaff(c.get('deps'), c.get('principal'), id, body.reason, key), 201);
  });
}
