import { z } from '@hono/zod-openapi';
import { customerStates } from '../../../db/queries/customer.ts';
import { accessReportCsv } from '../../access-report-csv.ts';
import { answer, frameOf, html } from '../../console/answer.tsx';
import { CustomerPage, type Period } from '../../console/pages/customer.tsx';
import { CustomersPage } from '../../console/pages/customers.tsx';
import { customerTexts as texts } from '../../console/texts/customers.ts';
import { dayAfter, daysUntilTonight, instantOfLocal, localDay, type When } from '../../console/when.ts';
import { rules } from '../../guards/rule.ts';
import { findCustomers } from '../../operations/list-customers.ts';
import { readCustomerScene } from '../../operations/read-customer-scene.ts';
import { reportAccess } from '../../operations/report-access.ts';
import { type Api, declare, problemsOf } from '../../route.ts';
import { instantText } from '../../schemas/common.ts';
import { idAfter, pageToRead } from './common.ts';

const params = z.object({ customer: z.string().max(128) });
/** How long back the history goes unless it is asked otherwise. */
const usualDays = 30;

const list = declare({
  ...pageToRead,
  path: '/customers',
  operationId: 'customersPage',
  summary: 'All customers, found by name',
  rule: 'catalog-reader',
  request: {
    query: z.object({
      find: z.string().max(320).default(''),
      state: z
        .enum(['', ...customerStates])
        .catch('')
        .openapi({ type: 'string' })
        .default(''),
      after: z.string().max(60).optional(),
    }),
  },
});

const show = declare({
  ...pageToRead,
  path: '/customers/{customer}',
  operationId: 'customerPage',
  summary: 'Who from our team has or had access to a customer’s data',
  rule: 'catalog-reader',
  request: {
    params,
    query: z.object({
      from: z.string().max(40).optional(),
      to: z.string().max(40).optional(),
      days: z.enum(['1', '7', '30']).catch('1').openapi({ type: 'string' }).default('1'),
      after: z.string().max(60).optional(),
    }),
  },
  responses: { ...pageToRead.responses, 422: html('There is no such period') },
});

const evidence = declare({
  ...pageToRead,
  path: '/customers/{customer}/access-report',
  operationId: 'customerEvidence',
  summary:
    'Who from our team had access to a customer’s data, as a file; in the last thirty days unless said otherwise',
  rule: 'whole-record-reader',
  request: { params, query: z.object({ from: instantText().optional(), to: instantText().optional() }) },
  responses: {
    200: { description: 'The report', content: { 'text/csv': { schema: z.string() } } },
    ...problemsOf('malformed-parameter', 'unauthenticated', 'forbidden', 'not-found', 'invalid-input'),
  },
});

export function customerPages(app: Api): void {
  app.openapi(list, async (c) => {
    const { find, state, after } = c.req.valid('query');
    const filter = { find: find.trim() || undefined, state: state || undefined };
    const wish = { limit: 50, after: idAfter('org', after) };
    const [frame, customers] = await Promise.all([
      frameOf(c),
      findCustomers(c.get('deps'), c.get('principal'), filter, wish),
    ]);
    return answer(
      c,
      <CustomersPage
        frame={frame}
        customers={customers.items}
        next={customers.next}
        query={{ find, state }}
      />,
    );
  });
  app.openapi(show, async (c) => {
    const [deps, caller] = [c.get('deps'), c.get('principal')];
    const { from, to, days: shown, after } = c.req.valid('query');
    // The days of the viewer are counted by the ledger's clock.
    const frame = await frameOf(c);
    const days = Number(shown);
    const today = daysUntilTonight(days, frame.when);
    const period = periodOf({ from, to }, frame.when);
    const page = { limit: 50, after: idAfter('grant', after) };
    const wish = { today, during: period.stretch, page };
    const scene = await readCustomerScene(deps, caller, c.req.valid('param').customer, wish);
    const status = Object.keys(period.faults).length > 0 ? 422 : 200;
    return answer(
      c,
      <CustomerPage
        frame={frame}
        scene={scene}
        vendor={caller.organization.name}
        axis={{ days, stretch: today }}
        period={period}
        rights={{
          findsPeople: rules['people-reader'].admits(caller),
          addsUsers: rules['manage-access'].admits(caller),
        }}
      />,
      status,
    );
  });
  app.openapi(evidence, async (c) => {
    const typed = c.req.valid('query');
    const { customer } = c.req.valid('param');
    const caller = c.get('principal');
    const usual = daysUntilTonight(usualDays, (await frameOf(c)).when);
    const { from = usual.from, to = usual.to } = typed;
    const wish = { customer, from, to, holder: caller.organization.id, page: null };
    const report = await reportAccess(c.get('deps'), caller, wish);
    const name = `access-${report.organization.key ?? customer}-${from.slice(0, 10)}-to-${to.slice(0, 10)}.csv`;
    c.header('content-disposition', `attachment; filename="${name}"`);
    c.header('cache-control', 'no-store');
    return c.body(accessReportCsv(report), 200, {
      'content-type': 'text/csv; charset=utf-8; header=present',
    });
  });
}

/** The days that are asked for, where the viewer is; the last thirty, unless they make a period. */
export function periodOf(typed: { from?: string | undefined; to?: string | undefined }, when: When): Period {
  const usual = daysUntilTonight(usualDays, when);
  const words = {
    from: typed.from ?? localDay(usual.from, when.zone),
    to: typed.to ?? localDay(when.now, when.zone),
  };
  const [from, lastDay] = [instantOfLocal(words.from, when.zone), instantOfLocal(words.to, when.zone)];
  const faults = {
    ...(from === null ? { from: texts.customer.noDay } : {}),
    ...(lastDay === null ? { to: texts.customer.noDay } : {}),
    ...(from !== null && lastDay !== null && from > lastDay ? { to: texts.customer.backwards } : {}),
  };
  if (from === null || lastDay === null || from > lastDay) return { ...words, stretch: usual, faults };
  return { ...words, stretch: { from, to: dayAfter(lastDay, when.zone) }, faults };
}
