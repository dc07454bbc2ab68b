import { getAccountSearch } from '../operations/import-accounts.ts';
import { applyImport, previewImport } from '../operations/import-roster.ts';
import { type Api, bodyProblems, declare, problemsOf } from '../route.ts';
import {
  accountSearchShape,
  appliedImportShape,
  importBody,
  importReportShape,
  previewImportBody,
} from '../schemas/import.ts';
import { idParam } from '../schemas/common.ts';
import { examples } from '../schemas/examples.ts';
import type { Roster } from '../../domain/roster.ts';
import type { z } from '@hono/zod-openapi';

const tags = ['Imports'];

const preview = declare({
  method: 'post',
  path: '/v1/imports/preview',
  operationId: 'previewImport',
  summary: 'Say what an import would do, and what is wrong with it',
  description:
    'Nothing is written, but for the question to the workers which accounts these people have in targets already: its answer is at `/v1/imports/searches/{id}`, where `id` is the report’s `search`.',
  rule: 'manage-access',
  tags,
  request: { body: { content: { 'application/json': { schema: previewImportBody } }, required: true } },
  responses: {
    200: {
      description: 'What would happen; which accounts there are already says the search',
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
    'Facts at once, access by processes: nobody is written to, accounts that people have in targets already are taken over, and the fence is respected. Imported again, what is so already is left alone; an Idempotency-Key is not needed, and ignored.',
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

const search = declare({
  method: 'get',
  path: '/v1/imports/searches/{id}',
  operationId: 'getAccountSearch',
  summary: 'Which accounts people of a previewed import have in targets already',
  description: 'Found by a worker; while none is there, it stays `looking`. Forgotten after an hour.',
  rule: 'manage-access',
  tags,
  request: { params: idParam('The id that a preview gave as its `search`.', examples.accountSearch.id) },
  responses: {
    200: { description: 'The search', content: { 'application/json': { schema: accountSearchShape } } },
    ...problemsOf('malformed-parameter', 'unauthenticated', 'forbidden', 'not-found'),
  },
});

type Lists = Omit<z.infer<typeof importBody>, 'reason'>;

export function importRoutes(app: Api): void {
  app.openapi(preview, async (c) =>
    c.json(await previewImport(c.get('deps'), c.get('principal'), rosterOf(c.req.valid('json'))), 200),
  );
  app.openapi(search, async (c) =>
    c.json(await getAccountSearch(c.get('deps'), c.get('principal'), c.req.valid('param').id), 200),
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
