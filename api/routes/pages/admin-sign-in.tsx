import { z } from '@hono/zod-openapi';
import { answer, checked, formOf, frameOf, goOn, html, type PageContext } from '../../console/answer.tsx';
import type { Faults } from '../../console/components/form.tsx';
import { draw } from '../../console/draw.ts';
import { orSay, type RefusedStatus } from '../../console/or-say.ts';
import { pageHeaders } from '../../console/page.tsx';
import { Directory, MadeTokenPage } from '../../console/pages/directory-tokens.tsx';
import {
  groupLines,
  type ProviderFields,
  ProviderFormPage,
} from '../../console/pages/sign-in-provider-form.tsx';
import {
  type Provider,
  ProviderPage,
  SignedInNowPage,
  type SignInPlace,
  SignInReasonPage,
  SignInSettingsPage,
} from '../../console/pages/sign-in-settings.tsx';
import { GoingPage } from '../../console/sign-in.tsx';
import { signInTexts } from '../../console/texts/admin-sign-in.ts';
import type { RuleName } from '../../guards/rule.ts';
import { redirectUri } from '../../operations/begin-sign-in.ts';
import {
  claimDomain,
  findDomains,
  giveUpDomain,
  verifyDomain,
} from '../../operations/change-sign-in-domain.ts';
import { findScimTokens, makeScimToken, revokeScimToken } from '../../operations/change-scim-token.ts';
import {
  changeProvider,
  draftProvider,
  findProviders,
  letProviderLive,
  retireProvider,
  showProvider,
  signOutOfProvider,
  tryProvider,
} from '../../operations/change-sign-in-provider.ts';
import { findSessions, revokeSession } from '../../operations/end-session.ts';
import { listMappable } from '../../operations/list-mappable.ts';
import { readVendorName } from '../../operations/read-frame.ts';
import { type Api, declare } from '../../route.ts';
import { reasonBody } from '../../schemas/customer.ts';
import { scimTokenBody } from '../../schemas/scim-token.ts';
import { domainBody, providerBody } from '../../schemas/sign-in.ts';
import { markBrowser } from '../../sign-in/cookies.ts';
import { wishOf } from '../sign-in-provider.ts';
import { showManaged } from '../../operations/managed-organization.ts';
import { notFound } from '../../operations/refusals.ts';
import { formAnswers, idAfter, pageToRead } from './common.ts';

const tags = ['Pages'];
const done = {
  200: html('The browser goes on, or the page with more lines'),
  ...formAnswers,
};

/** The same pages stand in a customer's panel, and in the staff's console for any organization. */
interface Room {
  path: string;
  /** The beginning of its operations' ids. */
  id: string;
  rule: RuleName;
  isPanel: boolean;
}

const rooms: readonly Room[] = [
  { path: '/admin/sign-in', id: 'adminSignIn', rule: 'customer-administrator', isPanel: true },
  { path: '/sign-in-settings/{organization}', id: 'staffSignIn', rule: 'manage-access', isPanel: false },
];

type Handler = (c: PageContext, place: Place) => Promise<Response>;
interface Act {
  /** Of its id. */
  name: string;
  path: string;
  summary: string;
  run: Handler;
}

const reads: readonly Act[] = [
  {
    name: 'Page',
    path: '',
    summary: 'How an organization’s people sign in',
    run: (c, place) => overview(c, place),
  },
  {
    name: 'NewPage',
    path: '/new',
    summary: 'The form to write down a provider',
    run: (c, place) => newForm(c, place),
  },
  {
    name: 'ProviderPage',
    path: '/providers/{id}',
    summary: 'One provider, and what may be done with it',
    run: (c, place) => providerPage(c, place, null),
  },
  {
    name: 'ChangePage',
    path: '/providers/{id}/change',
    summary: 'The form to change a draft',
    run: (c, place) => changeForm(c, place),
  },
  {
    name: 'RetirementPage',
    path: '/providers/{id}/retirement',
    summary: 'What retiring a provider does, and its form',
    run: (c, place) => reasonPage(c, place, 'retirement', {}, null),
  },
  {
    name: 'SignOutPage',
    path: '/providers/{id}/sign-out',
    summary: 'What signing everybody out does, and its form',
    run: (c, place) => reasonPage(c, place, 'sign-out', {}, null),
  },
  {
    name: 'SessionsPage',
    path: '/sessions',
    summary: 'Who of an organization is signed in',
    run: (c, place) => sessionsPage(c, place, null),
  },
];

const writes: readonly Act[] = [
  { name: 'Draft', path: '/providers', summary: 'Write down a provider', run: draft },
  { name: 'Change', path: '/providers/{id}', summary: 'Change a draft', run: change },
  { name: 'Try', path: '/providers/{id}/trial', summary: 'Try a provider', run: tryIt },
  { name: 'GoLive', path: '/providers/{id}/go-live', summary: 'Let a provider live', run: goLive },
  { name: 'Retire', path: '/providers/{id}/retirement', summary: 'Retire a provider', run: retire },
  { name: 'SignOut', path: '/providers/{id}/sign-out', summary: 'Sign everybody out', run: signOut },
  { name: 'Claim', path: '/domains', summary: 'Claim a mail domain', run: claim },
  { name: 'Verify', path: '/domains/{id}/verification', summary: 'Look for a domain’s proof', run: verify },
  { name: 'GiveUp', path: '/domains/{id}/removal', summary: 'Give a domain up', run: giveUp },
  { name: 'MakeToken', path: '/tokens', summary: 'Make a token for the directory', run: makeToken },
  {
    name: 'RevokeToken',
    path: '/tokens/{id}/revocation',
    summary: 'Revoke a directory’s token',
    run: revokeToken,
  },
  { name: 'EndSession', path: '/sessions/{id}/revocation', summary: 'End a session', run: endSession },
];

/** Ids of these pages' operations, for the tables that try every route. */
export const signInPageIds = {
  reading: (id: string) => reads.map(({ name }) => `${id}${name}`),
  writing: (id: string) => writes.map(({ name }) => `${id}${name}`),
};

export function adminSignInPages(app: Api): void {
  for (const room of rooms) {
    for (const act of reads) addPage(app, room, act, 'get');
    for (const act of writes) addPage(app, room, act, 'post');
  }
}

function addPage(app: Api, room: Room, { name, path, summary, run }: Act, method: 'get' | 'post'): void {
  const whole: string = `${room.path}${path}`;
  const named = [...whole.matchAll(/\{(\w+)\}/g)].map(([, param = '']) => [param, z.string()] as const);
  const route = declare({
    method,
    path: whole,
    operationId: `${room.id}${name}`,
    summary,
    rule: room.rule,
    isPage: true,
    tags,
    ...(method === 'post' ? { reads: 'form' as const } : {}),
    request: named.length > 0 ? { params: z.object(Object.fromEntries(named)) } : {},
    responses: method === 'get' ? pageToRead.responses : done,
  });
  app.openapi(route, async (c) => run(c, await placeOf(c, room)));
}

/** Where the page stands, and whose sign-in it is about. */
interface Place extends SignInPlace {
  organizationId: string;
  isVendors: boolean;
}

/** @throws TenureError `not-found` for an organization whose people others manage */
async function placeOf(c: PageContext, { isPanel }: Room): Promise<Place> {
  const [deps, caller] = [c.get('deps'), c.get('principal')];
  const named = isPanel ? caller.organization.id : (c.req.param('organization') ?? '');
  const [frame, found, vendor] = await Promise.all([
    frameOf(c),
    showManaged(deps, caller, named),
    readVendorName(deps, caller),
  ]);
  return {
    frame,
    panel: isPanel ? { customer: found.name, vendor } : null,
    organization: found.name,
    organizationId: found.id,
    isVendors: found.kind === 'vendor',
    vendor,
    base: isPanel ? '/admin/sign-in' : `/sign-in-settings/${found.key}`,
    me: caller.personId,
  };
}

const idOf = (c: PageContext) => c.req.param('id') ?? '';

/** The provider that a path names, of the organization that it names. @throws TenureError `not-found` */
async function providerOf(c: PageContext, { organizationId }: Place): Promise<Provider> {
  const found = await showProvider(c.get('deps'), c.get('principal'), idOf(c));
  if (found.organization.id !== organizationId) throw notFound();
  return found;
}

/** How many sessions an overview counts before it says that there are more. */
const countedSessions = 100;

async function overview(
  c: PageContext,
  place: Place,
  {
    typed = '',
    label = '',
    faults = {},
    refusal = null,
  }: { typed?: string; label?: string; faults?: Faults; refusal?: string | null } = {},
  status: 200 | RefusedStatus = 200,
) {
  const [deps, caller] = [c.get('deps'), c.get('principal')];
  const { organizationId: organization } = place;
  const [providers, domains, sessions, tokens] = await Promise.all([
    findProviders(deps, caller, organization),
    findDomains(deps, caller, organization),
    findSessions(deps, caller, { organization, page: { limit: countedSessions, after: null } }),
    place.isVendors ? null : findScimTokens(deps, caller, organization),
  ]);
  return answer(
    c,
    <SignInSettingsPage
      place={place}
      providers={providers.items}
      domains={domains.items}
      sessions={{ count: sessions.items.length, isMore: sessions.next !== null }}
      typed={typed}
      faults={faults}
      refusal={refusal}
      directory={tokens && <Directory place={place} tokens={tokens} label={label} faults={faults} />}
    />,
    status,
  );
}

/** What a form says of a provider, as its fields are called. */
function fieldsOf(provider: Provider | null): ProviderFields {
  if (!provider) return {};
  const { claims } = provider;
  const lines = provider.group_roles.flatMap(({ group, role }, at) => [
    [`group_roles.${at}.group`, group],
    [`group_roles.${at}.role`, role],
  ]);
  return {
    name: provider.name,
    issuer: provider.issuer,
    client_id: provider.client_id,
    new_people: provider.new_people,
    default_role: provider.default_role ?? '',
    ...Object.fromEntries(Object.entries(claims).map(([name, value]) => [`claims.${name}`, value])),
    ...Object.fromEntries(lines),
  };
}

/** How many lines for groups were filled in. */
function filledLines(fields: ProviderFields): number {
  const at = Object.keys(fields).flatMap((name) => {
    const [, line] = /^group_roles\.(\d{1,3})\.group$/.exec(name) ?? [];
    return line !== undefined && fields[name]?.trim() ? [Number(line) + 1] : [];
  });
  return Math.max(0, ...at);
}

function linesFor(fields: ProviderFields): number {
  return Math.min(groupLines.most, Math.max(groupLines.least, filledLines(fields) + 1));
}

interface FormState {
  changed: Provider | null;
  replaces: Provider | null;
  fields: ProviderFields;
  lines?: number;
  faults?: Faults;
  refusal?: string | null;
}

async function formPage(c: PageContext, place: Place, state: FormState, status: 200 | RefusedStatus = 200) {
  const [deps, caller] = [c.get('deps'), c.get('principal')];
  const { fields, lines = linesFor(fields), faults = {}, refusal = null } = state;
  const { roles } = await listMappable(deps, caller, place.organizationId);
  return answer(
    c,
    <ProviderFormPage
      place={place}
      changed={state.changed}
      replaces={state.replaces}
      fields={fields}
      lines={lines}
      roles={roles}
      mayAdd={!place.isVendors}
      redirect={redirectUri(deps)}
      faults={faults}
      refusal={refusal}
    />,
    status,
  );
}

async function liveOf(c: PageContext, place: Place): Promise<Provider | null> {
  const { items } = await findProviders(c.get('deps'), c.get('principal'), place.organizationId);
  return items.find(({ state }) => state === 'live') ?? null;
}

async function newForm(c: PageContext, place: Place) {
  const replaces = await liveOf(c, place);
  return formPage(c, place, { changed: null, replaces, fields: fieldsOf(replaces) });
}

async function changeForm(c: PageContext, place: Place) {
  const changed = await providerOf(c, place);
  if (changed.state !== 'draft' && changed.state !== 'tried') return providerPage(c, place, null);
  return formPage(c, place, { changed, replaces: null, fields: fieldsOf(changed) });
}

/** The API's body that a form means. An empty secret keeps what there is. */
function bodyOf(fields: ProviderFields, isNew: boolean): unknown {
  const claims = ['email', 'email_verified', 'name', 'groups'].flatMap((name) => {
    const value = fields[`claims.${name}`]?.trim();
    return value ? [[name, value]] : [];
  });
  const lines = Array.from({ length: filledLines(fields) }, (_, at) => ({
    group: fields[`group_roles.${at}.group`]?.trim() ?? '',
    role: fields[`group_roles.${at}.role`] ?? '',
  }));
  return {
    name: fields['name'],
    issuer: fields['issuer']?.trim(),
    client_id: fields['client_id']?.trim(),
    ...(fields['client_secret'] ? { client_secret: fields['client_secret'] } : {}),
    claims: Object.fromEntries(claims),
    group_roles: lines,
    new_people: fields['new_people'] || 'refuse',
    default_role: fields['default_role'] || null,
    ...(isNew && fields['replaces'] ? { replaces: fields['replaces'] } : {}),
  };
}

/** A pointer's parts as the names of fields have them. */
function byField(faults: Faults): Faults {
  return Object.fromEntries(
    Object.entries(faults).map(([name, fault]) => [name.replaceAll('/', '.'), fault]),
  );
}

async function save(
  c: PageContext,
  place: Place,
  known: Pick<FormState, 'changed' | 'replaces'>,
  write: (wish: ReturnType<typeof wishOf>) => Promise<{ id: string }>,
): Promise<Response> {
  const { client_secret: typedSecret = '', ...fields } = await formOf(c);
  if (fields['more'] !== undefined) {
    const lines = Math.min(groupLines.most, linesFor(fields) + groupLines.more);
    return formPage(c, place, { ...known, fields, lines });
  }
  const parsed = checked(
    providerBody,
    bodyOf({ ...fields, client_secret: typedSecret }, known.changed === null),
  );
  if ('faults' in parsed) return formPage(c, place, { ...known, fields, faults: parsed.faults }, 422);
  return orSay(
    async () => {
      const { id } = await write(wishOf(parsed.ok));
      return goOn(c, `${place.base}/providers/${id}`);
    },
    (refusal, faults, status) =>
      formPage(c, place, { ...known, fields, faults: byField(faults), refusal }, status),
  );
}

async function draft(c: PageContext, place: Place) {
  const replaces = await liveOf(c, place);
  return save(c, place, { changed: null, replaces }, (wish) =>
    draftProvider(c.get('deps'), c.get('principal'), place.organizationId, wish),
  );
}

async function change(c: PageContext, place: Place) {
  const changed = await providerOf(c, place);
  return save(c, place, { changed, replaces: null }, (wish) =>
    changeProvider(c.get('deps'), c.get('principal'), changed.id, wish),
  );
}

async function providerPage(
  c: PageContext,
  place: Place,
  refusal: string | null,
  status: 200 | RefusedStatus = 200,
) {
  const provider = await providerOf(c, place);
  const live = provider.state === 'tried' ? await liveOf(c, place) : null;
  return answer(
    c,
    <ProviderPage place={place} provider={provider} live={live?.name ?? null} refusal={refusal} />,
    status,
  );
}

/** Does something with the provider that a path names, or says on its page why not. */
async function withProvider(
  c: PageContext,
  place: Place,
  work: (provider: Provider) => Promise<Response>,
): Promise<Response> {
  const provider = await providerOf(c, place);
  return orSay(
    () => work(provider),
    (refusal, _faults, status) => providerPage(c, place, refusal, status),
  );
}

function tryIt(c: PageContext, place: Place) {
  return withProvider(c, place, async ({ id, name }) => {
    const browser = await markBrowser(c);
    const back = `${place.base}/providers/${id}`;
    const { url } = await tryProvider(c.get('deps'), c.get('signIn'), c.get('principal'), id, browser, back);
    return c.html(draw(<GoingPage url={url} name={name} />), 200, pageHeaders);
  });
}

function goLive(c: PageContext, place: Place) {
  return withProvider(c, place, async ({ id }) => {
    await letProviderLive(c.get('deps'), c.get('principal'), id, null);
    return goOn(c, place.base);
  });
}

const reasoned = {
  retirement: [signInTexts.retireTitle, signInTexts.retireLead, signInTexts.retire],
  'sign-out': [signInTexts.signOutTitle, signInTexts.signOutLead, signInTexts.signOutAll],
} as const;

async function reasonPage(
  c: PageContext,
  place: Place,
  what: keyof typeof reasoned,
  typed: { reason?: string; fault?: string },
  refusal: string | null,
  status: 200 | RefusedStatus = 200,
) {
  const { id, name } = await providerOf(c, place);
  const [title, lead, label] = reasoned[what];
  const back = `${place.base}/providers/${id}`;
  return answer(
    c,
    <SignInReasonPage
      place={place}
      title={title(name)}
      lead={lead}
      label={label}
      action={`${back}/${what}`}
      back={back}
      reason={typed.reason}
      fault={typed.fault}
      refusal={refusal}
    />,
    status,
  );
}

async function withReason(
  c: PageContext,
  place: Place,
  what: keyof typeof reasoned,
  work: (provider: Provider, reason: string) => Promise<unknown>,
): Promise<Response> {
  const provider = await providerOf(c, place);
  const { reason = '' } = await formOf(c);
  const parsed = checked(reasonBody, { reason });
  if ('faults' in parsed)
    return reasonPage(c, place, what, { reason, fault: parsed.faults['reason'] ?? '' }, null, 422);
  return orSay(
    async () => {
      await work(provider, parsed.ok.reason);
      return goOn(c, place.base);
    },
    (refusal, _faults, status) => reasonPage(c, place, what, { reason }, refusal, status),
  );
}

function retire(c: PageContext, place: Place) {
  return withReason(c, place, 'retirement', ({ id }, reason) =>
    retireProvider(c.get('deps'), c.get('principal'), id, reason, null),
  );
}

function signOut(c: PageContext, place: Place) {
  return withReason(c, place, 'sign-out', ({ id }, reason) =>
    signOutOfProvider(c.get('deps'), c.get('principal'), id, reason, null),
  );
}

async function claim(c: PageContext, place: Place) {
  const { domain: typed = '' } = await formOf(c);
  const parsed = checked(domainBody, { domain: typed.trim() });
  if ('faults' in parsed) return overview(c, place, { typed, faults: parsed.faults }, 422);
  return orSay(
    async () => {
      const { organizationId } = place;
      await claimDomain(c.get('deps'), c.get('principal'), organizationId, parsed.ok.domain, null);
      return goOn(c, `${place.base}#domains`);
    },
    (refusal, faults, status) => overview(c, place, { typed, faults, refusal }, status),
  );
}

/** Does something with a domain of this organization, or says on the overview why not. */
async function withDomain(
  c: PageContext,
  place: Place,
  work: (id: string) => Promise<unknown>,
): Promise<Response> {
  const { items } = await findDomains(c.get('deps'), c.get('principal'), place.organizationId);
  const found = items.find(({ id }) => id === idOf(c));
  if (!found) throw notFound();
  return orSay(
    async () => {
      await work(found.id);
      return goOn(c, `${place.base}#domains`);
    },
    (refusal, _faults, status) => overview(c, place, { refusal }, status),
  );
}

function verify(c: PageContext, place: Place) {
  return withDomain(c, place, (id) => verifyDomain(c.get('deps'), c.get('principal'), id, null));
}

function giveUp(c: PageContext, place: Place) {
  return withDomain(c, place, (id) => giveUpDomain(c.get('deps'), c.get('principal'), id, null));
}

/** Answers with the token itself, which no other page can show again. */
async function makeToken(c: PageContext, place: Place) {
  const { label = '' } = await formOf(c);
  const parsed = checked(scimTokenBody, { label });
  if ('faults' in parsed) return overview(c, place, { label, faults: parsed.faults }, 422);
  return orSay(
    async () => {
      const wish = { label: parsed.ok.label, forDays: parsed.ok.for_days };
      const made = await makeScimToken(c.get('deps'), c.get('principal'), place.organizationId, wish);
      return answer(c, <MadeTokenPage place={place} made={made} />);
    },
    (refusal, faults, status) => overview(c, place, { label, faults, refusal }, status),
  );
}

async function revokeToken(c: PageContext, place: Place) {
  const { items } = await findScimTokens(c.get('deps'), c.get('principal'), place.organizationId);
  const found = items.find(({ id }) => id === idOf(c));
  if (!found) throw notFound();
  return orSay(
    async () => {
      await revokeScimToken(c.get('deps'), c.get('principal'), found.id, null);
      return goOn(c, `${place.base}#directory`);
    },
    (refusal, _faults, status) => overview(c, place, { refusal }, status),
  );
}

async function sessionsPage(
  c: PageContext,
  place: Place,
  refusal: string | null,
  status: 200 | RefusedStatus = 200,
) {
  const said = c.req.query('after');
  const after = idAfter('ses', said);
  const wish = { organization: place.organizationId, page: { limit: 50, after } };
  const { items, next } = await findSessions(c.get('deps'), c.get('principal'), wish);
  return answer(c, <SignedInNowPage place={place} sessions={items} next={next} refusal={refusal} />, status);
}

function endSession(c: PageContext, place: Place) {
  return orSay(
    async () => {
      const wish = { id: idOf(c), organization: place.organizationId };
      await revokeSession(c.get('deps'), c.get('principal'), wish.id, undefined, null, wish.organization);
      return goOn(c, `${place.base}/sessions`);
    },
    (refusal, _faults, status) => sessionsPage(c, place, refusal, status),
  );
}
