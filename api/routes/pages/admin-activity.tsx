import { z } from '@hono/zod-openapi';
import { type ActivityKind, activityKindNames } from '../../../domain/activity.ts';
import { TenureError } from '../../../domain/errors.ts';
import { csvCell } from '../../access-report-csv.ts';
import { activityDetail, activitySentence } from '../../console/activity-words.ts';
import { answer, html, type PageContext } from '../../console/answer.tsx';
import {
  type Activity,
  type ActivityChoice,
  AdminActivityPage,
} from '../../console/pages/admin-activity.tsx';
import { activityTexts } from '../../console/texts/admin-activity.ts';
import { findActivity } from '../../operations/list-activity.ts';
import { showCustomer } from '../../operations/list-customers.ts';
import { type Api, declare, problemsOf } from '../../route.ts';
import { idAfter, pageToRead } from './common.ts';
import { own, panelFrame } from './admin-user.tsx';

const choice = z.object({
  kind: z.string().max(20).optional(),
  person: z.string().max(320).default(''),
  after: z.string().max(60).optional(),
});

const show = declare({
  ...pageToRead,
  path: '/admin/activity',
  operationId: 'adminActivityPage',
  summary: 'What happened in a customer’s space',
  rule: 'customer-administrator',
  request: { query: choice },
  responses: {
    200: html('The page'),
    422: html('Nobody has the address'),
    ...problemsOf('unauthenticated', 'forbidden'),
  },
});

const exported = declare({
  ...pageToRead,
  path: '/admin/activity.csv',
  operationId: 'exportActivity',
  summary: 'The same as CSV, with times in UTC',
  rule: 'customer-administrator',
  request: { query: choice },
  responses: {
    200: { description: 'RFC 4180', content: { 'text/csv': { schema: z.string() } } },
    ...problemsOf('unauthenticated', 'forbidden', 'unknown-reference'),
  },
});

/** Lines of an export, and of a reading for it. */
const most = 10_000;
const pageOfExport = 200;
const pageShown = 50;

export function adminActivityPages(app: Api): void {
  app.openapi(show, (c) => page(c, c.req.valid('query')));
  app.openapi(exported, async (c) => {
    const customer = await showCustomer(c.get('deps'), c.get('principal'), own(c));
    const chosen = choiceOf(c.req.valid('query'));
    const events = await everything(c, chosen);
    return c.body(csvOf(events, customer.name), 200, {
      'content-type': 'text/csv; charset=utf-8; header=present',
      'content-disposition': 'attachment; filename="activity.csv"',
      'cache-control': 'no-store',
    });
  });
}

function choiceOf({ kind, person }: { kind?: string | undefined; person: string }): ActivityChoice {
  const known = activityKindNames.find((one): one is ActivityKind => one === kind);
  return { kind: known ?? null, person: person.trim() };
}

function find(c: PageContext, { kind, person }: ActivityChoice, after: string | null, limit: number) {
  const filter = { ...(kind ? { kind } : {}), ...(person ? { person } : {}) };
  return findActivity(c.get('deps'), c.get('principal'), own(c), filter, { limit, after });
}

async function page(c: PageContext, query: z.infer<typeof choice>) {
  const chosen = choiceOf(query);
  const after = idAfter('aud', query.after);
  const [panel, found] = await Promise.all([
    panelFrame(c),
    find(c, chosen, after, pageShown).catch((error: unknown) => {
      if (error instanceof TenureError && error.code === 'unknown-reference') return null;
      throw error;
    }),
  ]);
  return answer(
    c,
    <AdminActivityPage
      {...panel}
      choice={chosen}
      events={found?.items ?? []}
      next={found?.next ?? null}
      isLater={after !== null}
      fault={found ? undefined : activityTexts.unknownPerson}
      most={most}
    />,
    found ? 200 : 422,
  );
}

async function everything(c: PageContext, chosen: ActivityChoice): Promise<Activity[]> {
  const events: Activity[] = [];
  let after: string | null = null;
  do {
    const { items, next }: Awaited<ReturnType<typeof find>> = await find(c, chosen, after, pageOfExport);
    events.push(...items);
    after = next;
  } while (after !== null && events.length < most);
  return events;
}

const columns: Record<string, (event: Activity, customer: string) => string | null> = {
  id: ({ id }) => id,
  occurred_at: (event) => event.occurred_at,
  type: ({ type }) => type,
  what: activitySentence,
  detail: activityDetail,
  actor: ({ actor }) => actor.name ?? actor.id,
  actor_organization: (event) => event.actor_organization,
  person: ({ person }) => person?.name ?? null,
  reference: ({ access }) => access?.reference ?? null,
};

function csvOf(events: readonly Activity[], customer: string): string {
  const lines = [
    Object.keys(columns),
    ...events.map((event) => Object.values(columns).map((read) => read(event, customer))),
  ];
  return lines.map((cells) => `${cells.map(csvCell).join(',')}\r\n`).join('');
}
