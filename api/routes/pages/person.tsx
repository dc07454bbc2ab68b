import { z } from '@hono/zod-openapi';
import { TenureError } from '../../../domain/errors.ts';
import { answer, checked, formOf, frameOf, goOn, html, type PageContext } from '../../console/answer.tsx';
import type { Faults } from '../../console/components/form.tsx';
import { personPage } from '../../console/links.ts';
import { orFaults, orSay, type RefusedStatus } from '../../console/or-say.ts';
import { GrantEndPage, PeoplePage, type PeopleQuery } from '../../console/pages/people.tsx';
import { PersonPage } from '../../console/pages/person.tsx';
import { rules } from '../../guards/rule.ts';
import { inviteStaff } from '../../operations/invite-staff.ts';
import { findAuditStory } from '../../operations/list-audit-events.ts';
import { getGrant } from '../../operations/list-grants.ts';
import { findPeople } from '../../operations/list-people.ts';
import { type PersonScene, readPersonScene } from '../../operations/read-person-scene.ts';
import { revokeAccess } from '../../operations/revoke-access.ts';
import { hasDuty, type PersonPrincipal, recordsOf } from '../../principal.ts';
import type { Outside } from '../../outside.ts';
import { type Api, declare, problemsOf } from '../../route.ts';
import { reasonBody } from '../../schemas/customer.ts';
import { revocationBody } from '../../schemas/ending.ts';
import { personQuery } from '../../schemas/people.ts';
import { idAfter, pageToRead, pageToSend } from './common.ts';

const list = declare({
  ...pageToRead,
  path: '/people',
  operationId: 'peoplePage',
  summary: 'Everybody whom Tenure knows, found by name',
  rule: 'people-reader',
  request: {
    query: z.object({
      find: z.string().max(320).default(''),
      kind: z.string().max(40).default(''),
      organization: z.string().max(320).default(''),
      role: z.string().max(320).default(''),
      after: z.string().max(60).optional(),
    }),
  },
  responses: { ...pageToRead.responses, 422: html('Something named is not known') },
});

const show = declare({
  ...pageToRead,
  path: '/people/{person}',
  operationId: 'personPage',
  summary: 'What somebody holds, until when, and where it comes from',
  rule: 'catalog-reader',
  request: { params: z.object({ person: z.string().max(320) }) },
});

const invite = declare({
  ...pageToSend,
  path: '/people/{person}/invitation',
  operationId: 'inviteStaffOnPage',
  summary: 'Send a welcome to one of our people who has no way to sign in',
  rule: 'manage-access',
  request: { params: z.object({ person: z.string().max(320) }) },
});

const grantParams = z.object({ grant: z.string() });
const endForm = declare({
  ...pageToRead,
  path: '/grants/{grant}/revocation',
  operationId: 'grantEndPage',
  summary: 'The form to end an access, however it came',
  rule: 'revoker',
  request: { params: grantParams },
});
const end = declare({
  ...pageToSend,
  path: '/grants/{grant}/revocation',
  operationId: 'endGrantOnPage',
  summary: 'End an access now, however it came',
  rule: 'revoker',
  request: { params: grantParams },
  responses: {
    303: { description: 'It is recorded; the browser goes on to the person.' },
    403: html('It is not allowed; nothing has changed'),
    409: html('It has ended already; nothing has changed'),
    422: html('The reason is missing; nothing has changed'),
    503: html('Not now; nothing has changed'),
    ...problemsOf('unauthenticated', 'not-found'),
  },
});

export function personPages(app: Api): void {
  app.openapi(list, async (c) => {
    const { after, ...query } = c.req.valid('query');
    return peoplePage(c, query, idAfter('person', after));
  });
  app.openapi(show, (c) => personPageOf(c, c.req.valid('param').person, {}));
  app.openapi(invite, async (c) => {
    const { person } = c.req.valid('param');
    const { reason = '' } = await formOf(c);
    const wish = checked(reasonBody, { reason });
    if ('faults' in wish) return personPageOf(c, person, { reason, faults: wish.faults }, 422);
    return orSay(
      async () => {
        await inviteStaff(c.get('deps'), c.get('principal'), person, wish.ok.reason, null);
        return goOn(c, personPage(person));
      },
      (refusal, faults, status) => personPageOf(c, person, { reason, faults, refusal }, status),
    );
  });
  app.openapi(endForm, (c) => grantEndPage(c, c.req.valid('param').grant, {}, {}, null));
  app.openapi(end, async (c) => {
    const { grant } = c.req.valid('param');
    const fields = await formOf(c);
    const wish = checked(revocationBody, { reason: fields.reason });
    if ('faults' in wish) return grantEndPage(c, grant, fields, wish.faults, null, 422);
    return orSay(
      async () => {
        const { deps, principal } = c.var;
        const found = await getGrant(deps, principal, grant);
        await revokeAccess(deps, principal, { grant }, wish.ok.reason, null);
        return goOn(c, personPage(found.person.id));
      },
      (refusal, faults, status) => grantEndPage(c, grant, fields, faults, refusal, status),
    );
  });
}

async function personPageOf(
  c: PageContext,
  named: string,
  { reason = '', faults = {}, refusal = null }: { reason?: string; faults?: Faults; refusal?: string | null },
  status: 200 | RefusedStatus = 200,
) {
  const [deps, caller] = [c.get('deps'), c.get('principal')];
  const person = named === 'me' ? caller.personId : named;
  const [frame, scene, records] = await Promise.all([
    frameOf(c),
    readPersonScene(deps, caller, person),
    recordsOf(caller) === 'all'
      ? findAuditStory(deps, caller, { person }, { limit: 20, after: null }).catch(orNone)
      : null,
  ]);
  const said = { inviting: { reason, faults, refusal }, rights: rightsOver(caller, scene) };
  return answer(c, <PersonPage frame={frame} scene={scene} records={records} {...said} />, status);
}

/** What somebody may do about a person, and see of them. */
function rightsOver(caller: PersonPrincipal, { profile }: Outside<PersonScene>) {
  const isMe = profile.id === caller.personId;
  const isColleague = profile.organization.id === caller.organization.id;
  const mayEnd = hasDuty(caller, 'end-any-access');
  return {
    isMe,
    mayEnd,
    findsPeople: rules['people-reader'].admits(caller),
    seesAll: recordsOf(caller) === 'all' || mayEnd,
    mayInvite:
      rules['manage-access'].admits(caller) &&
      isColleague &&
      !isMe &&
      profile.state === 'active' &&
      !profile.can_sign_in,
    mayClose: rules['manage-access'].admits(caller) && !isMe,
  };
}

/** Who is nobody is said by the page as a whole. */
function orNone(error: unknown): null {
  if (error instanceof TenureError && error.code === 'unknown-reference') return null;
  throw error;
}

async function peoplePage(c: PageContext, query: PeopleQuery, after: string | null) {
  const [deps, caller] = [c.get('deps'), c.get('principal')];
  const narrowed = checked(
    personQuery,
    given({
      find: query.find.trim(),
      employment: query.kind,
      organization: query.organization.trim(),
      role: query.role,
    }),
  );
  const nobody = { items: [], next: null };
  const frame = frameOf(c);
  if ('faults' in narrowed) return say(c, await frame, query, nobody, narrowed.faults, 422);
  const { limit: _limit, cursor: _cursor, ...filter } = narrowed.ok;
  const people = await orFaults(() => findPeople(deps, caller, filter, { limit: 50, after }));
  if ('faults' in people) return say(c, await frame, query, nobody, people.faults, 422);
  return say(c, await frame, query, people.found, {});
}

function say(
  c: PageContext,
  frame: Awaited<ReturnType<typeof frameOf>>,
  query: PeopleQuery,
  { items, next }: Awaited<ReturnType<typeof findPeople>>,
  faults: Faults,
  status: 200 | RefusedStatus = 200,
) {
  return answer(
    c,
    <PeoplePage frame={frame} people={items} next={next} query={query} faults={faults} />,
    status,
  );
}

/** What was typed at all. */
function given(fields: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ''));
}

async function grantEndPage(
  c: PageContext,
  id: string,
  fields: Record<string, string>,
  faults: Faults,
  refusal: string | null,
  status: 200 | RefusedStatus = 200,
) {
  const [frame, grant] = await Promise.all([frameOf(c), getGrant(c.get('deps'), c.get('principal'), id)]);
  return answer(
    c,
    <GrantEndPage frame={frame} grant={grant} fields={fields} faults={faults} refusal={refusal} />,
    status,
  );
}
