import { z } from '@hono/zod-openapi';
import { TenureError } from '../../../domain/errors.ts';
import { type SignalSourceKind, signalSourceKinds } from '../../../domain/signal.ts';
import { answer, checked, formOf, frameOf, goOn, html, type PageContext } from '../../console/answer.tsx';
import type { Faults } from '../../console/components/form.tsx';
import { orSay, type RefusedStatus } from '../../console/or-say.ts';
import {
  MadeSourcePage,
  SignalSourceFormPage,
  SignalSourcesPage,
  type SourceFields,
} from '../../console/pages/signal-sources.tsx';
import { ClosingPage, type SignalPlace, signalWays, SignalsPage } from '../../console/pages/signals.tsx';
import { signalSourceTexts } from '../../console/texts/signals.ts';
import { type RuleName, rules } from '../../guards/rule.ts';
import {
  endSource,
  findSignalSources,
  makeSignalSource,
  rotateAlertSecret,
} from '../../operations/change-signal-source.ts';
import { closeSignalByHand, findSignals, showSignal } from '../../operations/close-signal.ts';
import { showManaged } from '../../operations/managed-organization.ts';
import { readVendorName } from '../../operations/read-frame.ts';
import { type Api, declare } from '../../route.ts';
import { closingBody, signalSourceBody } from '../../schemas/signal.ts';
import { wishOf } from '../signal.ts';
import { formAnswers, idAfter, jsonObject, pageToRead } from './common.ts';

/** The same pages stand in a customer's panel, about its own people, and in the staff's console, about everybody. */
interface Room {
  path: string;
  /** The beginning of its operations' ids. */
  id: string;
  isPanel: boolean;
  /** Who reads what was said, and who manages its sources and closes it. */
  rule: { reading: RuleName; managing: RuleName };
}

const rooms: readonly Room[] = [
  {
    path: '/admin/signals',
    id: 'adminSignals',
    isPanel: true,
    rule: { reading: 'customer-administrator', managing: 'customer-administrator' },
  },
  {
    path: '/operations/signals',
    id: 'operationsSignals',
    isPanel: false,
    rule: { reading: 'whole-record-reader', managing: 'manage-access' },
  },
];

type Handler = (c: PageContext, place: Place) => Promise<Response>;
interface Act {
  /** Of its id. */
  name: string;
  path: string;
  summary: string;
  rule: keyof Room['rule'];
  run: Handler;
}

const reads: readonly Act[] = [
  { name: 'Page', path: '', summary: 'What sources have said about people', rule: 'reading', run: list },
  {
    name: 'ClosingPage',
    path: '/{id}/closing',
    summary: 'What is said about somebody, and the form to close it',
    rule: 'managing',
    run: (c, place) => closingPage(c, place),
  },
  {
    name: 'SourcesPage',
    path: '/sources',
    summary: 'Who speaks of risks about people',
    rule: 'managing',
    run: (c, place) => sourcesPage(c, place),
  },
  {
    name: 'NewSourcePage',
    path: '/new',
    summary: 'The form to connect a source',
    rule: 'managing',
    run: (c, place) =>
      formPage(c, place, { kind: kindOf(c.req.query('kind')), fields: { organization: place.mine } }),
  },
];

const writes: readonly Act[] = [
  { name: 'Close', path: '/{id}/closing', summary: 'Close an open signal', rule: 'managing', run: close },
  { name: 'Connect', path: '/sources', summary: 'Connect a source', rule: 'managing', run: connect },
  {
    name: 'Rotate',
    path: '/sources/{id}/secret',
    summary: 'Make another secret for a source of alerts, and show it once',
    rule: 'managing',
    run: rotate,
  },
  { name: 'End', path: '/sources/{id}/ending', summary: 'End a source', rule: 'managing', run: end },
];

/** Ids of these pages' operations, for the tables that try every route. */
export const signalPageIds = (id: string): string[] =>
  [...reads, ...writes].map(({ name }) => `${id}${name}`);

export function signalPages(app: Api): void {
  for (const room of rooms) {
    for (const act of reads) addPage(app, room, act, 'get');
    for (const act of writes) addPage(app, room, act, 'post');
  }
}

function addPage(
  app: Api,
  room: Room,
  { name, path, summary, rule, run }: Act,
  method: 'get' | 'post',
): void {
  const whole: string = `${room.path}${path}`;
  const route = declare({
    method,
    path: whole,
    operationId: `${room.id}${name}`,
    summary,
    rule: room.rule[rule],
    isPage: true,
    tags: ['Pages'],
    ...(method === 'post' ? { reads: 'form' as const } : {}),
    request: whole.includes('{id}') ? { params: z.object({ id: z.string().max(128) }) } : {},
    responses:
      method === 'get'
        ? pageToRead.responses
        : { 200: html('The source, with what is shown this once'), ...formAnswers },
  });
  app.openapi(route, async (c) => run(c, await placeOf(c, room)));
}

/** Where the page stands, and by which key the caller's own organization is known. */
interface Place extends SignalPlace {
  mine: string;
}

async function placeOf(c: PageContext, { path, rule, isPanel }: Room): Promise<Place> {
  const [deps, caller] = [c.get('deps'), c.get('principal')];
  const [frame, vendor] = await Promise.all([frameOf(c), readVendorName(deps, caller)]);
  const { organization } = caller;
  return {
    frame,
    panel: isPanel ? { customer: organization.name, vendor } : null,
    base: path,
    me: caller.personId,
    mine: organization.key,
    manages: rules[rule.managing].admits(caller),
    readsSignals: rules[rule.reading].admits(caller),
  };
}

const idOf = (c: PageContext) => c.req.param('id') ?? '';

async function list(c: PageContext, place: Place) {
  const way = signalWays.find((one) => one === c.req.query('state')) ?? 'open';
  const page = { limit: 50, after: idAfter('sig', c.req.query('after')) };
  const filter = way === 'all' ? {} : { state: way };
  const signals = await findSignals(c.get('deps'), c.get('principal'), filter, page);
  return answer(c, <SignalsPage place={place} signals={signals} way={way} />);
}

interface Said {
  reason?: string;
  faults?: Faults;
  refusal?: string | null;
}

async function closingPage(
  c: PageContext,
  place: Place,
  { reason = '', faults = {}, refusal = null }: Said = {},
  status: 200 | RefusedStatus = 200,
) {
  const signal = await showSignal(c.get('deps'), c.get('principal'), idOf(c));
  const said = { reason, faults, refusal };
  return answer(c, <ClosingPage place={place} signal={signal} {...said} />, status);
}

async function close(c: PageContext, place: Place) {
  const { reason = '' } = await formOf(c);
  const wish = checked(closingBody, { reason });
  if ('faults' in wish) return closingPage(c, place, { reason, faults: wish.faults }, 422);
  return orSay(
    async () => {
      await closeSignalByHand(c.get('deps'), c.get('principal'), idOf(c), wish.ok.reason, null);
      return goOn(c, place.readsSignals ? place.base : `${place.base}/sources`);
    },
    (refusal, faults, status) => closingPage(c, place, { reason, faults, refusal }, status),
  );
}

async function sourcesPage(
  c: PageContext,
  place: Place,
  refusal: string | null = null,
  status: 200 | RefusedStatus = 200,
) {
  const sources = await findSignalSources(c.get('deps'), c.get('principal'));
  return answer(c, <SignalSourcesPage place={place} sources={sources} refusal={refusal} />, status);
}

function kindOf(named: string | undefined): SignalSourceKind {
  return signalSourceKinds.find((one) => one === named) ?? 'push';
}

interface FormState {
  kind: SignalSourceKind;
  fields: SourceFields;
  faults?: Faults;
  refusal?: string | null;
}

async function formPage(
  c: PageContext,
  place: Place,
  { kind, fields, faults = {}, refusal = null }: FormState,
  status: 200 | RefusedStatus = 200,
) {
  const typed = { kind, fields, faults, refusal };
  return answer(c, <SignalSourceFormPage place={place} {...typed} />, status);
}

/** The API's body that a form means; of each kind the fields that it has. */
function bodyOf(kind: SignalSourceKind, organization: string, fields: SourceFields): unknown {
  const { name = '', audience = '' } = fields;
  const transmitter = { ...keysOf(fields), audience: audience.trim() };
  const authorization = fields['poll.authorization'];
  const poll = { url: fields['poll.url']?.trim() ?? '', ...(authorization ? { authorization } : {}) };
  return {
    organization,
    name,
    kind,
    ...(kind === 'alert' ? {} : transmitter),
    ...(kind === 'poll' ? { poll } : {}),
  };
}

/** Its keys are given, or stand at an address; without either they are where the transmitter says itself. */
function keysOf({ issuer = '', jwks = '' }: SourceFields): object {
  const [from, keys] = [issuer.trim(), jwks.trim()];
  if (keys === '') return { transmitter: from };
  return /^https?:/i.test(keys)
    ? { issuer: from, jwks_uri: keys }
    : { issuer: from, jwks: jsonObject(keys) ?? {} };
}

/** A pointer's parts as the names of fields have them; whatever is wrong inside the keys stands at the keys. */
function byField(faults: Faults, { jwksFault }: { jwksFault?: string } = {}): Faults {
  return Object.fromEntries(
    Object.entries(faults).map(([name, fault]) => {
      if (name === 'transmitter') return ['issuer', fault];
      if (name === 'jwks_uri') return ['jwks', fault];
      return /^jwks\b/.test(name) ? ['jwks', jwksFault ?? fault] : [name.replaceAll('/', '.'), fault];
    }),
  );
}

/** Answers with what no other page shows again; of one that is asked there is nothing such. */
async function connect(c: PageContext, place: Place) {
  const { kind: named, ...fields } = await formOf(c);
  const kind = kindOf(named);
  const { form } = signalSourceTexts;
  const organization = place.panel ? place.mine : (fields['organization']?.trim() ?? '');
  const parsed = checked(signalSourceBody, bodyOf(kind, organization, fields));
  const again = (faults: Faults, refusal: string | null, status: RefusedStatus) =>
    formPage(c, place, { kind, fields, faults, refusal }, status);
  const isKnown = await isManaged(c, organization);
  const unknown: Faults = isKnown ? {} : { organization: form.organizationFault };
  if ('faults' in parsed) return again({ ...unknown, ...byField(parsed.faults, form) }, null, 422);
  if (!isKnown) return again(unknown, null, 422);
  const [deps, caller] = [c.get('deps'), c.get('principal')];
  return orSay(
    async () => {
      const made = await makeSignalSource(deps, caller, wishOf(parsed.ok));
      if (made.kind === 'poll') return goOn(c, `${place.base}/sources`);
      return answer(c, <MadeSourcePage place={place} made={made} />);
    },
    (refusal, faults, status) => again(byField(faults), refusal, status),
  );
}

/** Whether it is an organization whose people the caller manages: what was typed wrong is said at its field. */
async function isManaged(c: PageContext, organization: string): Promise<boolean> {
  try {
    await showManaged(c.get('deps'), c.get('principal'), organization);
    return true;
  } catch (error) {
    if (error instanceof TenureError && error.code === 'not-found') return false;
    throw error;
  }
}

/** Does something with the source that a path names, or says above the list why not. */
function withSource(
  c: PageContext,
  place: Place,
  work: (id: string) => Promise<Response>,
): Promise<Response> {
  return orSay(
    () => work(idOf(c)),
    (refusal, _faults, status) => sourcesPage(c, place, refusal, status),
  );
}

/** Answers with the secret itself, which no other page can show again. */
function rotate(c: PageContext, place: Place) {
  return withSource(c, place, async (id) => {
    const made = await rotateAlertSecret(c.get('deps'), c.get('principal'), id, {});
    return answer(c, <MadeSourcePage place={place} made={made} />);
  });
}

function end(c: PageContext, place: Place) {
  return withSource(c, place, async (id) => {
    await endSource(c.get('deps'), c.get('principal'), id, null);
    return goOn(c, `${place.base}/sources`);
  });
}
