import { applyImport, previewImport } from '../operations/import-roster.ts';
import { type Api, bodyProblems, declare, problemsOf } from '../route.ts';
import { appliedImportShape, importBody, importReportShape, previewImportBody } from '../schemas/import.ts';
import type { Roster } from '../../domain/roster.ts';
import type { z } from '@hono/zod-openapi';

const tags = ['Imports'];

const preview = declare({
  method: 'post',
  path: '/v1/imports/preview',
  operationId: 'previewImport',
  summary: 'Say what an import would do, and what is wrong with it',
  description: 'Nothing is written.',
  rule: 'manage-access',
  tags,
  request: { body: { content: { 'application/json': { schema: previewImportBody } }, required: true } },
  responses: {
    200: {
      description: 'What would happen',
      content: { 'application/json': { schema: importReportShape } },
    },
    ...problemsOf(...bodyProblems, 'forbidden'),
  },
});

const apply = declare({
  method: 'post',
  path: '/v1/imports',
  operationId: 'applyImport',
  summary: 'Take over customers, their users and the staff from lists',
  description:
    'Facts at once, access by processes: nobody is written to, what accounts hold in a target already is adopted as far as roles give it, and the fence is respected. Imported again, what is so already is left alone; an Idempotency-Key is not needed, and ignored.',
  rule: 'manage-access',
  tags,
  request: { body: { content: { 'application/json': { schema: importBody } }, required: true } },
  responses: {
    201: {
      description: 'What was done, and the processes that follow',
      content: { 'application/json': { schema: appliedImportShape } },
    },
    ...problemsOf(...bodyProblems, 'forbidden', 'self-approval', 'no-seat-left', 'stale-revision'),
  },
});

type Lists = Omit<z.infer<typeof importBody>, 'reason'>;

export function importRoutes(app: Api): void {
  app.openapi(preview, async (c) =>
    c.json(await previewImport(c.get('deps'), c.get('principal'), rosterOf(c.req.valid('json'))), 200),
  );
  app.openapi(apply, async (c) => {
    const { reason, ...lists } = c.req.valid('json');
    return c.json(await applyImport(c.get('deps'), c.get('principal'), rosterOf(lists), reason), 201);
  });
}

function rosterOf({ customers, users, staff, complete }: Lists): Roster {
  return {
    customers: customers.map(({ customer_type: customerType, contract_until: contractUntil, ...rest }) => ({
      ...rest,
      customerType,
      contractUntil,
    })),
    users: users.map(({ contract_role: contractRole, ...rest }) => ({ ...rest, contractRole })),
    staff: staff.map(({ starts_at: startsAt, ends_at: endsAt, ...rest }) => ({ ...rest, startsAt, endsAt })),
    complete,
  };
}
