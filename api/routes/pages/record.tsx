import { z } from '@hono/zod-openapi';
import { auditEventTypes } from '../../../domain/audit-event.ts';
import { answer, frameOf, html, type PageContext } from '../../console/answer.tsx';
import type { Faults } from '../../console/components/form.tsx';
import { orFaults } from '../../console/or-say.ts';
import { type RecordQuery, RecordsPage } from '../../console/pages/records.tsx';
import { recordTexts as texts } from '../../console/texts/records.ts';
import { dayAfter, instantOfLocal } from '../../console/when.ts';
import { type AuditStory, findAuditStory } from '../../operations/list-audit-events.ts';
import { type Api, declare, problemsOf } from '../../route.ts';
import { idAfter, pageToRead } from './common.ts';

const typed = z.string().max(320).default('');

const list = declare({
  ...pageToRead,
  path: '/audit',
  operationId: 'recordsPage',
  summary: 'Recorded events, each as a line of a story',
  rule: 'whole-record-reader',
  request: {
    query: z.object({
      person: typed,
      customer: typed,
      request: typed,
      type: z
        .enum(['', ...auditEventTypes])
        .catch('')
        .openapi({ type: 'string' })
        .default(''),
      from: typed,
      to: typed,
      after: z.string().max(60).optional(),
    }),
  },
  responses: {
    200: html('The page'),
    422: html('Something named is not known, or no day'),
    ...problemsOf('unauthenticated', 'forbidden'),
  },
});

export function recordPages(app: Api): void {
  app.openapi(list, (c) => {
    const { after, type, ...query } = c.req.valid('query');
    return recordsPage(c, query, type || undefined, idAfter('aud', after));
  });
}

async function recordsPage(
  c: PageContext,
  query: Omit<RecordQuery, 'type'>,
  type: (typeof auditEventTypes)[number] | undefined,
  after: string | null,
) {
  const frame = await frameOf(c);
  const say = (story: AuditStory | null, faults: Faults) =>
    answer(
      c,
      <RecordsPage
        frame={frame}
        query={{ ...query, type: type ?? '' }}
        story={story}
        about={story && aboutOf(query, story)}
        faults={faults}
      />,
      Object.keys(faults).length > 0 ? 422 : 200,
    );
  const { period, faults } = periodOf(query, frame.when.zone);
  if (Object.keys(faults).length > 0) return say(null, faults);
  const { person, customer, request } = query;
  const names = {
    person: person.trim() || undefined,
    customer: customer.trim() || undefined,
    request: request.trim() || undefined,
  };
  const filter = { ...names, ...period, type };
  const story = await orFaults(
    () => findAuditStory(c.get('deps'), c.get('principal'), filter, { limit: 50, after }),
    ['unknown-reference', 'invalid-input'],
  );
  return 'faults' in story ? say(null, story.faults) : say(story.found, {});
}

/** What the records are about, by the best name that is known for it. */
function aboutOf(
  { person, customer, request }: Omit<RecordQuery, 'type'>,
  { known }: AuditStory,
): string | null {
  const named = [person, customer, request].find((one) => one !== '');
  if (named === undefined) return null;
  return known.names[named] ?? named;
}

/** The days that were typed, the last one whole, where the viewer is. */
function periodOf(query: Pick<RecordQuery, 'from' | 'to'>, zone: string) {
  const read = (text: string) => (text === '' ? undefined : instantOfLocal(text, zone));
  const [from, last] = [read(query.from), read(query.to)];
  const faults = {
    ...(from === null ? { from: texts.find.noDay } : {}),
    ...(last === null ? { to: texts.find.noDay } : {}),
    ...(from && last && from > last ? { to: texts.find.backwards } : {}),
  };
  return { period: { from: from ?? undefined, to: last ? dayAfter(last, zone) : undefined }, faults };
}
