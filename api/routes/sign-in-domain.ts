import { idempotencyHeader, idempotencyOf } from '../guards/idempotency-key.ts';
import {
  acceptDomain,
  claimDomain,
  findDomains,
  findWaitingDomains,
  giveUpDomain,
  verifyDomain,
} from '../operations/change-sign-in-domain.ts';
import { type Api, declare, listProblems, problemsOf, writeProblems } from '../route.ts';
import { cursorAfter, idParam, pageWish } from '../schemas/common.ts';
import { nothingBody } from '../schemas/customer.ts';
import {
  domainBody,
  domainListShape,
  domainShape,
  waitingDomainListShape,
  waitingDomainQuery,
} from '../schemas/sign-in.ts';
import { organizationId } from './sign-in-provider.ts';

const tags = ['Sign-in'];
const domainId = idParam('A claimed domain’s id.', 'dom_01kb3x4r7tfb3k6n9q2t5w8zac');
const theDomain = { description: 'The domain', content: { 'application/json': { schema: domainShape } } };
const nothing = {
  params: domainId,
  headers: idempotencyHeader,
  body: { content: { 'application/json': { schema: nothingBody } } },
};

const list = declare({
  method: 'get',
  path: '/v1/organizations/{id}/sign-in-domains',
  operationId: 'listSignInDomains',
  summary: 'The mail domains that an organization has claimed or proven, newest first',
  rule: 'sign-in-manager',
  tags,
  request: { params: organizationId },
  responses: {
    200: { description: 'All of them', content: { 'application/json': { schema: domainListShape } } },
    ...problemsOf('unauthenticated', 'forbidden', 'not-found'),
  },
});

const waiting = declare({
  method: 'get',
  path: '/v1/sign-in-domains',
  operationId: 'listWaitingSignInDomains',
  summary: 'Mail domains that are claimed and not proven, of all organizations; newest first',
  rule: 'domain-accepter',
  tags,
  request: { query: waitingDomainQuery },
  responses: {
    200: { description: 'A page', content: { 'application/json': { schema: waitingDomainListShape } } },
    ...problemsOf(...listProblems, 'forbidden'),
  },
});

const claim = declare({
  method: 'post',
  path: '/v1/organizations/{id}/sign-in-domains',
  operationId: 'claimSignInDomain',
  summary: 'Claim a mail domain',
  description:
    'Nobody signs in with it until it is proven: by the TXT record that the answer names, or by two of the vendor’s people who did not ask for it. Whoever proves it first has it.',
  rule: 'sign-in-manager',
  tags,
  request: {
    params: organizationId,
    headers: idempotencyHeader,
    body: { content: { 'application/json': { schema: domainBody } }, required: true },
  },
  responses: {
    201: theDomain,
    ...problemsOf(...writeProblems, 'forbidden', 'not-found', 'nothing-to-change'),
  },
});

const verification = declare({
  method: 'post',
  path: '/v1/sign-in-domains/{id}/verification',
  operationId: 'verifySignInDomain',
  summary: 'Look for the proof in the domain’s TXT records',
  rule: 'sign-in-manager',
  tags,
  request: nothing,
  responses: {
    201: theDomain,
    ...problemsOf(
      ...writeProblems,
      'forbidden',
      'not-found',
      'nothing-to-change',
      'not-proven',
      'domain-taken',
    ),
  },
});

const acceptance = declare({
  method: 'post',
  path: '/v1/sign-in-domains/{id}/acceptance',
  operationId: 'acceptSignInDomain',
  summary: 'Say that a domain is that organization’s; the second who says so proves it',
  rule: 'domain-accepter',
  tags,
  request: nothing,
  responses: {
    201: theDomain,
    ...problemsOf(
      ...writeProblems,
      'forbidden',
      'self-approval',
      'not-found',
      'nothing-to-change',
      'domain-taken',
    ),
  },
});

const removal = declare({
  method: 'post',
  path: '/v1/sign-in-domains/{id}/removal',
  operationId: 'removeSignInDomain',
  summary: 'Give a domain up',
  description: 'Nobody is known by an address of it any more who was not before.',
  rule: 'sign-in-manager',
  tags,
  request: nothing,
  responses: { 201: theDomain, ...problemsOf(...writeProblems, 'forbidden', 'not-found') },
});

export function signInDomainRoutes(app: Api): void {
  app.openapi(list, async (c) =>
    c.json(await findDomains(c.get('deps'), c.get('principal'), c.req.valid('param').id), 200),
  );
  app.openapi(waiting, async (c) => {
    const page = await findWaitingDomains(c.get('deps'), c.get('principal'), pageWish(c.req.valid('query')));
    return c.json({ items: page.items, next_cursor: cursorAfter(page.next) }, 200);
  });
  app.openapi(claim, async (c) => {
    const body = c.req.valid('json');
    const key = idempotencyOf(c.req, c.req.valid('header'), body);
    const { id } = c.req.valid('param');
    return c.json(await claimDomain(c.get('deps'), c.get('principal'), id, body.domain, key), 201);
  });
  app.openapi(verification, async (c) => {
    const key = idempotencyOf(c.req, c.req.valid('header'), c.req.valid('json'));
    return c.json(await verifyDomain(c.get('deps'), c.get('principal'), c.req.valid('param').id, key), 201);
  });
  app.openapi(acceptance, async (c) => {
    const key = idempotencyOf(c.req, c.req.valid('header'), c.req.valid('json'));
    return c.json(await acceptDomain(c.get('deps'), c.get('principal'), c.req.valid('param').id, key), 201);
  });
  app.openapi(removal, async (c) => {
    const key = idempotencyOf(c.req, c.req.valid('header'), c.req.valid('json'));
    return c.json(await giveUpDomain(c.get('deps'), c.get('principal'), c.req.valid('param').id, key), 201);
  });
}
