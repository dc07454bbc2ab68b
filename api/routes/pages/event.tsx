import { z } from '@hono/zod-openapi';
import { isId } from '../../../domain/ids.ts';
import { TenureError } from '../../../domain/errors.ts';
import { answer, checked, formOf, frameOf, goOn, html, type PageContext } from '../../console/answer.tsx';
import type { Faults } from '../../console/components/form.tsx';
import { orSay, type RefusedStatus } from '../../console/or-say.ts';
import { EventPage } from '../../console/pages/event.tsx';
import { NewSecretPage, SourcePage, SourcesPage } from '../../console/pages/event-sources.tsx';
import { EventsPage } from '../../console/pages/events.tsx';
import { eventTexts } from '../../console/texts/events.ts';
import { addSourceSecret, putEventSource } from '../../operations/change-event-source.ts';
import { showCustomer } from '../../operations/list-customers.ts';
import { findEvents, showEvent } from '../../operations/list-events.ts';
import { discardWaiting, replayEvent, replaySource } from '../../operations/replay-event.ts';
import { findEventSources, showEventSource } from '../../operations/show-event-source.ts';
import { type Api, declare, problemsOf } from '../../route.ts';
import { discardBody, sourceParam } from '../../schemas/event.ts';
import { idAfter, jsonObject, pageToRead, pageToSend } from './common.ts';

const params = z.object({ id: z.string().max(128) });
const done = {
  303: { description: 'It is done; the browser goes on.' },
  409: html('It is no longer possible; nothing has changed'),
  422: html('Something is missing or wrong; nothing has changed'),
  503: html('Not now; nothing has changed'),
  ...problemsOf('unauthenticated', 'forbidden', 'not-found'),
};

function read<const Path extends string, const R extends object>(
  path: Path,
  operationId: string,
  summary: string,
  request: R,
) {
  return declare({
    ...pageToRead,
    path,
    operationId,
    summary,
    rule: 'manage-access',
    request,
  });
}

function write<const Path extends string, const R extends object>(
  path: Path,
  operationId: string,
  summary: string,
  request: R,
  responses: typeof done & { 200?: ReturnType<typeof html> } = done,
) {
  return declare({
    ...pageToSend,
    path,
    operationId,
    summary,
    rule: 'manage-access',
    request,
    responses,
  });
}

const list = read('/operations/events', 'eventsPage', 'What other systems said, and what of it waits', {
  query: z.object({ state: z.string().max(20).optional(), after: z.string().max(60).optional() }),
});
const show = read('/operations/events/{id}', 'eventPage', 'One event, with what cannot be read of it', {
  params,
});
const replay = write('/operations/events/{id}/replay', 'replayEventOnPage', 'Read an event again', {
  params,
});
const discard = write(
  '/operations/events/{id}/discarding',
  'discardEventOnPage',
  'Take an event off the list',
  { params },
);
const sources = read('/operations/sources', 'eventSourcesPage', 'The systems that may send events', {});
const source = read('/operations/sources/{key}', 'eventSourcePage', 'What a source’s words mean here', {
  params: sourceParam,
});
const change = write(
  '/operations/sources/{key}',
  'changeEventSourceOnPage',
  'Save what a source’s words mean',
  {
    params: sourceParam,
  },
);
const replayAll = write(
  '/operations/sources/{key}/replay',
  'replayEventSourceOnPage',
  'Read all that waits again',
  {
    params: sourceParam,
  },
);
const rotate = write(
  '/operations/sources/{key}/secrets',
  'addEventSourceSecretOnPage',
  'Make a new signing secret and show it once',
  { params: sourceParam },
  { ...done, 200: html('The secret, this once') },
);

export function eventPages(app: Api): void {
  app.openapi(list, async (c) => {
    const { state, after } = c.req.valid('query');
    const all = state === 'all';
    const page = { limit: 50, after: idAfter('evt', after) };
    const filter = all ? {} : ({ state: 'open' } as const);
    const [frame, events] = await Promise.all([
      frameOf(c),
      findEvents(c.get('deps'), c.get('principal'), filter, page),
    ]);
    return answer(c, <EventsPage frame={frame} events={events} all={all} />);
  });
  app.openapi(show, (c) => eventPage(c, c.req.valid('param').id));
  app.openapi(replay, (c) => {
    const { id } = c.req.valid('param');
    return orSay(
      async () => {
        await replayEvent(c.get('deps'), c.get('principal'), id, null);
        return goOn(c, `/operations/events/${id}`);
      },
      (detail, _faults, status) =>
        eventPage(c, id, { refusal: { fact: eventTexts.replayRefused, detail } }, status),
    );
  });
  app.openapi(discard, async (c) => {
    const { id } = c.req.valid('param');
    const fields = await formOf(c);
    const wish = checked(discardBody, { reason: fields.reason ?? '' });
    if ('faults' in wish) return eventPage(c, id, { fields, faults: wish.faults }, 422);
    return orSay(
      async () => {
        await discardWaiting(c.get('deps'), c.get('principal'), id, wish.ok.reason, null);
        return goOn(c, '/operations/events');
      },
      (detail, faults, status) =>
        eventPage(c, id, { fields, faults, refusal: { fact: eventTexts.discardRefused, detail } }, status),
    );
  });
  app.openapi(sources, async (c) => {
    const [frame, found] = await Promise.all([
      frameOf(c),
      findEventSources(c.get('deps'), c.get('principal')),
    ]);
    return answer(c, <SourcesPage frame={frame} sources={found} />);
  });
  app.openapi(source, (c) => sourcePage(c, c.req.valid('param').key));
  app.openapi(change, async (c) => {
    const { key } = c.req.valid('param');
    const fields = await formOf(c);
    const mapping = jsonObject(fields.mapping ?? '');
    const malformed = { mapping: eventTexts.source.mappingFault };
    if (mapping === null) return sourcePage(c, key, { fields, faults: malformed }, 422);
    const { deps, principal } = c.var;
    return orSay(
      async () => {
        const { scheme } = await showEventSource(deps, principal, key);
        await putEventSource(deps, principal, key, { scheme, mapping });
        const { event = '' } = fields;
        return goOn(c, isId('evt', event) ? `/operations/events/${event}` : `/operations/sources/${key}`);
      },
      (refusal, faults, status) =>
        sourcePage(c, key, { fields, faults: { mapping: faultWords(faults) }, refusal }, status),
    );
  });
  app.openapi(replayAll, (c) => {
    const { key } = c.req.valid('param');
    return orSay(
      async () => {
        await replaySource(c.get('deps'), c.get('principal'), key, null);
        return goOn(c, '/operations/events');
      },
      (refusal, _faults, status) => sourcePage(c, key, { refusal }, status),
    );
  });
  app.openapi(rotate, (c) => {
    const { key } = c.req.valid('param');
    const { deps, principal } = c.var;
    return orSay(
      async () => {
        const secret = await addSourceSecret(deps, principal, key, {});
        const [frame, found] = await Promise.all([frameOf(c), showEventSource(deps, principal, key)]);
        return answer(c, <NewSecretPage frame={frame} source={found} secret={secret} />);
      },
      (refusal, _faults, status) => sourcePage(c, key, { refusal }, status),
    );
  });
}

/** Where in the mapping something is wrong, and what. */
function faultWords(faults: Faults): string {
  return Object.entries(faults)
    .map(([field, detail]) => {
      const at = field.replace(/^mapping\/?/, '').replaceAll('/', '.');
      return at ? `${at}: ${detail}` : detail;
    })
    .join(' ');
}

type Said = {
  fields?: Record<string, string>;
  faults?: Faults;
};

async function eventPage(
  c: PageContext,
  id: string,
  said: Said & { refusal?: { fact: string; detail: string } } = {},
  status: 200 | RefusedStatus = 200,
) {
  const { deps, principal } = c.var;
  const [frame, event] = await Promise.all([frameOf(c), showEvent(deps, principal, id)]);
  const [found, customer] = await Promise.all([
    showEventSource(deps, principal, event.source).catch(orNone),
    event.customer && showCustomer(deps, principal, event.customer.id).catch(orNone),
  ]);
  const { fields = {}, faults = {}, refusal = null } = said;
  return answer(
    c,
    <EventPage
      frame={frame}
      event={event}
      source={found}
      hasCustomerPage={customer !== null}
      fields={fields}
      faults={faults}
      refusal={refusal}
    />,
    status,
  );
}

function orNone(error: unknown): null {
  if (error instanceof TenureError && error.code === 'not-found') return null;
  throw error;
}

async function sourcePage(
  c: PageContext,
  key: string,
  said: Said & { refusal?: string } = {},
  status: 200 | RefusedStatus = 200,
) {
  const { deps, principal } = c.var;
  const [frame, found] = await Promise.all([frameOf(c), showEventSource(deps, principal, key)]);
  const { fields = {}, faults = {}, refusal = null } = said;
  const url = `${deps.publicUrl.replace(/\/+$/, '')}/v1/events/${key}`;
  return answer(
    c,
    <SourcePage frame={frame} source={found} url={url} fields={fields} faults={faults} refusal={refusal} />,
    status,
  );
}
