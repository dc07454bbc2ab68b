import { z } from '@hono/zod-openapi';
import { answer, frameOf, goOn, html, type PageContext } from '../../console/answer.tsx';
import { orSay, type RefusedStatus } from '../../console/or-say.ts';
import { DomainClaimsPage } from '../../console/pages/sign-in-domain.tsx';
import { acceptDomain, findWaitingDomains } from '../../operations/change-sign-in-domain.ts';
import { managesPeopleOf } from '../../operations/managed-organization.ts';
import { type Api, declare, problemsOf } from '../../route.ts';
import { idAfter, pageToRead, pageToSend } from './common.ts';

const list = declare({
  ...pageToRead,
  path: '/sign-in-settings',
  operationId: 'domainClaimsPage',
  summary: 'Mail domains that wait for a proof, and where sign-in is set up',
  rule: 'domain-accepter',
  request: { query: z.object({ after: z.string().max(60).optional() }) },
  responses: { 200: html('The page'), ...problemsOf('unauthenticated', 'forbidden') },
});

const accept = declare({
  ...pageToSend,
  path: '/sign-in-settings/domains/{id}/acceptance',
  operationId: 'acceptDomainOnPage',
  summary: 'Say that a domain is that organization’s',
  rule: 'domain-accepter',
  request: { params: z.object({ id: z.string() }) },
});

export function signInClaimPages(app: Api): void {
  app.openapi(list, (c) => listPage(c, c.req.valid('query').after, null));
  app.openapi(accept, (c) =>
    orSay(
      async () => {
        await acceptDomain(c.get('deps'), c.get('principal'), c.req.valid('param').id, null);
        return goOn(c, '/sign-in-settings');
      },
      (refusal, _faults, status) => listPage(c, undefined, refusal, status),
    ),
  );
}

async function listPage(
  c: PageContext,
  said: string | undefined,
  refusal: string | null,
  status: 200 | RefusedStatus = 200,
) {
  const caller = c.get('principal');
  const after = idAfter('dom', said);
  const [frame, { items, next }] = await Promise.all([
    frameOf(c),
    findWaitingDomains(c.get('deps'), caller, { limit: 50, after }),
  ]);
  const { id, key } = caller.organization;
  const own = managesPeopleOf(caller, id) ? `/sign-in-settings/${key}` : null;
  const props = { frame, me: caller.personId, own, claims: items, next, refusal };
  return answer(c, <DomainClaimsPage {...props} />, status);
}
