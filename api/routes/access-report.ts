import { z } from '@hono/zod-openapi';
import { accessReportCsv } from '../access-report-csv.ts';
import { reportAccess } from '../operations/report-access.ts';
import { type Api, declare, problemsOf } from '../route.ts';
import { accessReportQuery, accessReportShape } from '../schemas/access-report.ts';
import { cursorAfter, idParam, pageWish } from '../schemas/common.ts';

const report = declare({
  method: 'get',
  path: '/v1/customers/{id}/access-report',
  operationId: 'reportAccess',
  summary: 'Who had access to a customer’s data, when, why and approved by whom',
  description:
    'Newest first. `Accept: text/csv` has the same columns, flat, and without `limit` everything at once; with `limit` the next page is in the Link header.',
  rule: 'record-reader',
  tags: ['Records'],
  request: { params: idParam('A customer’s id or key.', 'acme'), query: accessReportQuery },
  responses: {
    200: {
      description: 'The report',
      headers: {
        Link: { description: 'The next page of a CSV, `rel="next"` (RFC 8288).', schema: { type: 'string' } },
      },
      content: { 'application/json': { schema: accessReportShape }, 'text/csv': { schema: z.string() } },
    },
    ...problemsOf(
      'malformed-parameter',
      'unauthenticated',
      'forbidden',
      'not-found',
      'invalid-input',
      'unknown-reference',
    ),
  },
});

export function accessReportRoutes(app: Api): void {
  app.openapi(report, async (c) => {
    const { from, to, holder, ...paging } = c.req.valid('query');
    const { id: customer } = c.req.valid('param');
    const asCsv = wantsCsv(c.req.header('accept'));
    const page = asCsv && paging.limit === undefined ? null : pageWish(paging);
    const { next, ...made } = await reportAccess(c.get('deps'), c.get('principal'), {
      customer,
      from,
      to,
      holder,
      page,
    });
    c.header('vary', 'accept');
    if (!asCsv) return c.json({ ...made, next_cursor: cursorAfter(next) }, 200);
    const following = new URLSearchParams({
      from,
      to,
      limit: String(page?.limit ?? ''),
      cursor: cursorAfter(next) ?? '',
      ...(holder === undefined ? {} : { holder }),
    });
    if (next !== null) c.header('link', `<${c.req.path}?${following.toString()}>; rel="next"`);
    c.header('content-disposition', 'attachment; filename="access-report.csv"');
    return c.body(accessReportCsv({ ...made, next }), 200, {
      'content-type': 'text/csv; charset=utf-8; header=present',
    });
  });
}

function wantsCsv(accept: string | undefined): boolean {
  const types = (accept ?? '').split(',').map((part) => part.split(';')[0]?.trim().toLowerCase());
  return types.includes('text/csv') && !types.includes('application/json');
}
