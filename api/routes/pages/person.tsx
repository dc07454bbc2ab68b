import { z } from '@hono/zod-openapi';
import { TenureError } from '../../../domain/errors.ts';
import {
  answer,
  checked,
  faultsOf,
  formOf,
  frameOf,
  goOn,
  html,
  type PageContext,
  refusalIn,
} from '../../console/answer.tsx';
import type { Faults } from '../../console/components/form.tsx';
import { personPage } from '../../console/links.ts';
import { orSay, type RefusedStatus } from '../../console/or-say.ts';
import { GrantEndPage, PeoplePage, type PeopleQuery, PersonPage } from '../../console/pages/people.tsx';
import { rules } from '../../guards/rule.ts';
import { findAuditStory } from '../../operations/list-audit-events.ts';
import { getGrant } from '../../operations/list-grants.ts';
import { findPeople } from '../../operations/list-people.ts';
import { readPersonScene } from '../../operations/read-person-scene.ts';
import { revokeAccess } from '../../operations/revoke-access.ts';
import { hasDuty, recordsOf } from '../../principal.ts';
import { type Api, declare, problemsOf } from '../../route.ts';
import { revocationBody } from '../../schemas/ending.ts';
import { personQuery } from '../../schemas/people.ts';
import { idAfter } from './common.ts';

const tags = ['Pages'];
const page = { 200: html('The page'), ...problemsOf('unauthenticated', 'forbidden', 'not-found') };

const list = declare({
  method: 'get',
  path: '/people',
  operationId: 'peoplePage',
  summary: 'Everybody whom Tenure knows, found by name',
  rule: 'people-reader',
  isPage: true,
  tags,
  request: {
    query: z.object({
      find: z.string().max(320).default(''),
      kind: z.string().max(40).default(''),
      organization: z.string().max(320).default(''),
      role: z.string().max(320).default(''),
      after: z.string().max(60).optional(),
    }),
  },
  responses: { ...page, 422: html('Something named is not known') },
});

const show = declare({
  method: 'get',
  path: '/people/{person}',
  operationId: 'personPage',
  summary: 'What somebody holds, until when, and where it comes from',
  rule: 'catalog-reader',
  isPage: true,
  tags,
  request: { params: z.object({ person: z.string().max(320) }) },
  responses: page,
});

const grantParams = z.object({ grant: z.string() });
const endForm = declare({
  method: 'get',
  path: '/grants/{grant}/revocation',
  operationId: 'grantEndPage',
  summary: 'The form to end an access, however it came',
  rule: 'revoker',
  isPage: true,
  tags,
  request: { params: grantParams },
  responses: page,
});
const end = declare({
  method: 'post',
  path: '/grants/{grant}/revocation',
  operationId: 'endGrantOnPage',
  summary: 'End an access now, however it came',
  rule: 'revoker',
  isPage: true,
  reads: 'form',
  tags,
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
  app.openapi(show, async (c) => {
    const [deps, caller] = [c.get('deps'), c.get('principal')];
    const named = c.req.valid('param').person;
    const person = named === 'me' ? caller.personId : named;
    const readsRecords = recordsOf(caller) === 'all';
    const [frame, scene, records] = await Promise.all([
      frameOf(c),
      readPersonScene(deps, caller, person),
      readsRecords
        ? findAuditStory(deps, caller, { person }, { limit: 20, after: null }).catch(orNone)
        : null,
    ]);
    const isMe = scene.profile.id === caller.personId;
    const rights = {
      isMe,
      mayEnd: hasDuty(caller, 'end-any-access'),
      findsPeople: rules['people-reader'].admits(caller),
      seesAll: readsRecords || hasDuty(caller, 'end-any-access'),
    };
    return answer(c, <PersonPage frame={frame} scene={scene} records={records} rights={rights} />);
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
  try {
    const people = await findPeople(deps, caller, filter, { limit: 50, after });
    return say(c, await frame, query, people, {});
  } catch (error) {
    const refusal = refusalIn(error);
    if (refusal?.code !== 'unknown-reference') throw error;
    return say(c, await frame, query, nobody, faultsOf(refusal.errors), 422);
  }
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
