import { z } from '@hono/zod-openapi';
import { noticeTopicNames } from '../../../domain/notice.ts';
import { answer, checked, formOf, frameOf, goOn, html, type PageContext } from '../../console/answer.tsx';
import type { Faults } from '../../console/components/form.tsx';
import { orSay, type RefusedStatus } from '../../console/or-say.ts';
import { AccountPage } from '../../console/pages/account.tsx';
import { chooseNotices, findNoticeChoices } from '../../operations/choose-notices.ts';
import { endOtherSessions, findSessions, revokeSession } from '../../operations/end-session.ts';
import { readVendorName } from '../../operations/read-frame.ts';
import { hasDuty } from '../../principal.ts';
import { type Api, declare, problemsOf } from '../../route.ts';
import { chooseNoticesBody } from '../../schemas/notice.ts';
import { formAnswers, idAfter, pageToRead } from './common.ts';

const tags = ['Pages'];
/** So many sessions on one page. */
const atOnce = 20;

const show = declare({
  ...pageToRead,
  path: '/account',
  operationId: 'accountPage',
  summary: 'Who I am here, where I am signed in, and what I am told by mail',
  rule: 'person',
  request: {
    query: z.object({
      after: z.string().max(60).optional(),
      saved: z.literal('1').optional().catch(undefined).openapi({ type: 'string' }),
      ended: z
        .string()
        .regex(/^\d{1,5}$/)
        .optional()
        .catch(undefined)
        .openapi({ type: 'string' }),
    }),
  },
  responses: { 200: html('The page'), ...problemsOf('unauthenticated') },
});

const posting = {
  method: 'post',
  rule: 'person',
  isPage: true,
  reads: 'form',
  tags,
  responses: formAnswers,
} as const;

const endOne = declare({
  ...posting,
  path: '/account/sessions/{id}/revocation',
  operationId: 'endSessionOnPage',
  summary: 'End a session of mine',
  request: { params: z.object({ id: z.string() }) },
});
const endOthers = declare({
  ...posting,
  path: '/account/sessions/revocation',
  operationId: 'endOtherSessionsOnPage',
  summary: 'End all my sessions but this one',
});
const choose = declare({
  ...posting,
  path: '/account/notices',
  operationId: 'chooseNoticesOnPage',
  summary: 'Choose what I am told by mail',
});

export function accountPages(app: Api): void {
  app.openapi(show, (c) => accountPage(c, c.req.valid('query')));
  app.openapi(endOne, (c) =>
    orSay(
      async () => {
        const { id } = c.req.valid('param');
        await revokeSession(c.get('deps'), c.get('principal'), id, undefined, null);
        return goOn(c, '/account?ended=1');
      },
      (refusal, faults, status) => accountPage(c, {}, { refusal, faults, status }),
    ),
  );
  app.openapi(endOthers, (c) =>
    orSay(
      async () => {
        const { ended } = await endOtherSessions(c.get('deps'), c.get('principal'), undefined, null);
        return goOn(c, `/account?ended=${ended}`);
      },
      (refusal, faults, status) => accountPage(c, {}, { refusal, faults, status }),
    ),
  );
  app.openapi(choose, async (c) => {
    const fields = await formOf(c);
    const named = noticeTopicNames.filter((topic) => topic in fields);
    const wish = checked(chooseNoticesBody, Object.fromEntries(named.map((topic) => [topic, fields[topic]])));
    if ('faults' in wish) return accountPage(c, {}, { refusal: null, faults: wish.faults, status: 422 });
    return orSay(
      async () => {
        await chooseNotices(c.get('deps'), c.get('principal'), wish.ok, null);
        return goOn(c, '/account?saved=1');
      },
      (refusal, faults, status) => accountPage(c, {}, { refusal, faults, status }),
    );
  });
}

interface Said {
  refusal: string | null;
  faults: Faults;
  status: 200 | RefusedStatus;
}

async function accountPage(
  c: PageContext,
  query: { after?: string | undefined; saved?: string | undefined; ended?: string | undefined },
  { refusal, faults, status }: Said = { refusal: null, faults: {}, status: 200 },
) {
  const [deps, caller] = [c.get('deps'), c.get('principal')];
  const after = idAfter('ses', query.after);
  const isInPanel = hasDuty(caller, 'administer-customer');
  const [frame, sessions, notices, vendor] = await Promise.all([
    frameOf(c),
    findSessions(deps, caller, { page: { limit: atOnce, after } }),
    findNoticeChoices(deps, caller),
    isInPanel ? readVendorName(deps, caller) : null,
  ]);
  const { name, email, organization, roles } = caller;
  const ended = query.ended === undefined ? null : { ended: Number(query.ended) };
  return answer(
    c,
    <AccountPage
      frame={frame}
      panel={vendor === null ? null : { customer: organization.name, vendor }}
      owner={{
        name,
        email,
        organization: organization.name,
        isCustomers: organization.kind === 'customer',
        roles: roles.map((role) => role.name),
      }}
      sessions={sessions.items}
      isLater={after !== null}
      next={sessions.next}
      notices={notices}
      done={query.saved ? { saved: true } : ended}
      faults={faults}
      refusal={refusal}
    />,
    status,
  );
}
