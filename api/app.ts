import { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { methodNotAllowed } from 'hono/method-not-allowed';
import { routePath } from 'hono/route';
import { getPath } from 'hono/utils/url';
import { signingKeysOf } from '../db/signing-keys.ts';
import { TenureError } from '../domain/errors.ts';
import type { ApiDeps } from './deps.ts';
import type { ApiEnv } from './env.ts';
import { refuse } from './console/refuse.tsx';
import { answerInTime, defaultPatience } from './guards/deadline.ts';
import { invalidOf } from './guards/invalid.ts';
import { limitedBody } from './guards/limited-body.ts';
import { createRateLimiter, defaultRateLimit } from './guards/rate-limit.ts';
import { createLiveRoom, defaultLive } from './live/room.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { faultOf, refusalOf } from './problem.ts';
import { isScimPath, isScimRefusal, nothingAt, scimRefusal } from './scim/refusal.ts';
import { type Api, assertEveryRouteHasARule } from './route.ts';
import { accessReportRoutes } from './routes/access-report.ts';
import { accessRequestRoutes } from './routes/access-request.ts';
import { activityRoutes } from './routes/activity.ts';
import { grantTokenRoutes } from './routes/grant-token.ts';
import { serviceTokenRoutes } from './routes/service-token.ts';
import { authzenRoutes } from './routes/authzen.ts';
import { auditEventRoutes } from './routes/audit-event.ts';
import { catalogRoutes } from './routes/catalog.ts';
import { consentRoutes } from './routes/consent.ts';
import { credentialRoutes } from './routes/credential.ts';
import { customerRoutes } from './routes/customer.ts';
import { decisionRoutes } from './routes/decision.ts';
import { docsRoutes } from './routes/docs.ts';
import { endingRoutes } from './routes/ending.ts';
import { effectiveEntitlementRoutes } from './routes/effective-entitlement.ts';
import { eventRoutes } from './routes/event.ts';
import { eventSourceRoutes } from './routes/event-source.ts';
import { feedRoutes } from './routes/feed.ts';
import { fenceRoutes } from './routes/fence.ts';
import { grantRoutes } from './routes/grant.ts';
import { importRoutes } from './routes/import.ts';
import { liveRoutes } from './routes/live.ts';
import { noticeRoutes } from './routes/notice.ts';
import { mailRoutes } from './routes/mail.ts';
import { openapiRoutes } from './routes/openapi.ts';
import { passkeyRoutes } from './routes/passkey.ts';
import { passkeySignInRoutes } from './routes/passkey-sign-in.ts';
import { personRoutes } from './routes/person.ts';
import { processRoutes } from './routes/process.ts';
import { resourceRoutes } from './routes/resource.ts';
import { reviewRoutes } from './routes/review.ts';
import { readinessRoutes } from './routes/readiness.ts';
import { scimRoutes } from './routes/scim.ts';
import { scimTokenRoutes } from './routes/scim-token.ts';
import { signalRoutes } from './routes/signal.ts';
import { webhookRoutes } from './routes/webhook.ts';
import { securityEventRoutes } from './routes/security-event.ts';
import { sessionRoutes } from './routes/session.ts';
import { signInDomainRoutes } from './routes/sign-in-domain.ts';
import { signInProviderRoutes } from './routes/sign-in-provider.ts';
import { signInRoutes } from './routes/sign-in.tsx';
import { staffRoutes } from './routes/staff.ts';
import { taskRoutes } from './routes/task.ts';
import { accessRequestPages } from './routes/pages/access-request.tsx';
import { accountPages } from './routes/pages/account.tsx';
import { adminAccessPages } from './routes/pages/admin-access.tsx';
import { adminActivityPages } from './routes/pages/admin-activity.tsx';
import { adminSettingsPages } from './routes/pages/admin-settings.tsx';
import { adminSignInPages } from './routes/pages/admin-sign-in.tsx';
import { adminUserPages } from './routes/pages/admin-user.tsx';
import { approvalPages } from './routes/pages/approval.tsx';
import { signInClaimPages } from './routes/pages/sign-in-claim.tsx';
import { catalogListPages, catalogPages } from './routes/pages/catalog.tsx';
import { customerConsentPages } from './routes/pages/customer-consent.tsx';
import { customerUserPages } from './routes/pages/customer-user.tsx';
import { catalogEditPages } from './routes/pages/catalog-edit.tsx';
import { customerPages } from './routes/pages/customer.tsx';
import { eventPages } from './routes/pages/event.tsx';
import { fencePages } from './routes/pages/fence.tsx';
import { homePages } from './routes/pages/home.tsx';
import { operationPages } from './routes/pages/operation.tsx';
import { webhookPages } from './routes/pages/webhook.tsx';
import { personPages } from './routes/pages/person.tsx';
import { processPages } from './routes/pages/process.tsx';
import { reachPages } from './routes/pages/reach.tsx';
import { recordPages } from './routes/pages/record.tsx';
import { requestListPages } from './routes/pages/request-list.tsx';
import { resourcePages } from './routes/pages/resource.tsx';
import { signalPages } from './routes/pages/signal.tsx';
import { taskPages } from './routes/pages/task.tsx';
import { passkeyPages } from './routes/pages/passkey.tsx';
import { assetRoutes } from './routes/asset.ts';
import { welcomeRoutes } from './routes/welcome.tsx';
import { createSignInRoom } from './sign-in/room.ts';

/**
 * The whole HTTP surface as one application. It neither listens nor reads the environment.
 * @throws TypeError when any route lacks a rule that says who may call it
 */
export function createApi(deps: ApiDeps): Api {
  const app: Api = new OpenAPIHono<ApiEnv>({
    // Directories put addresses together with a slash at the end.
    getPath: (request) => {
      const path = getPath(request);
      return isScimPath(path) ? path.replace(/\/$/, '') : path;
    },
    defaultHook: (result) => {
      if (!result.success) throw invalidOf(result.target, result.error);
    },
  });
  const metrics = createMetrics(deps.ledger);
  guardEverything(app, deps, metrics);
  accessRequestRoutes(app);
  decisionRoutes(app);
  endingRoutes(app);
  credentialRoutes(app);
  grantRoutes(app);
  accessReportRoutes(app);
  auditEventRoutes(app);
  feedRoutes(app);
  webhookRoutes(app);
  securityEventRoutes(app);
  signalRoutes(app);
  activityRoutes(app);
  personRoutes(app);
  staffRoutes(app);
  customerRoutes(app);
  consentRoutes(app);
  processRoutes(app);
  fenceRoutes(app);
  importRoutes(app);
  reviewRoutes(app);
  taskRoutes(app);
  mailRoutes(app);
  catalogRoutes(app);
  effectiveEntitlementRoutes(app);
  resourceRoutes(app);
  eventRoutes(app);
  eventSourceRoutes(app);
  welcomeRoutes(app);
  homePages(app);
  personPages(app);
  customerPages(app);
  customerConsentPages(app);
  customerUserPages(app);
  resourcePages(app);
  reachPages(app);
  recordPages(app);
  requestListPages(app);
  catalogPages(app);
  catalogEditPages(app);
  catalogListPages(app);
  accessRequestPages(app);
  approvalPages(app);
  operationPages(app, deps);
  webhookPages(app);
  signalPages(app);
  fencePages(app);
  taskPages(app);
  eventPages(app);
  processPages(app);
  passkeyPages(app);
  adminUserPages(app);
  adminAccessPages(app);
  adminSignInPages(app);
  adminActivityPages(app);
  adminSettingsPages(app);
  signInClaimPages(app);
  assetRoutes(app);
  signInRoutes(app);
  sessionRoutes(app);
  noticeRoutes(app);
  accountPages(app);
  passkeyRoutes(app);
  passkeySignInRoutes(app);
  signInProviderRoutes(app);
  signInDomainRoutes(app);
  scimTokenRoutes(app);
  serviceTokenRoutes(app);
  grantTokenRoutes(app, signingKeysOf(deps.ledger.db, deps.sealing));
  scimRoutes(app, deps);
  authzenRoutes(app, deps, metrics);
  liveRoutes(app);
  readinessRoutes(app, deps, metrics);
  openapiRoutes(app, deps.publicUrl);
  docsRoutes(app);
  assertEveryRouteHasARule(app);
  return app;
}

/** What holds for every answer, whatever the route: headers, limits, figures, and errors in one form. */
function guardEverything(app: Api, deps: ApiDeps, metrics: Metrics): void {
  const rate = createRateLimiter(deps.rateLimit ?? defaultRateLimit);
  const signIn = createSignInRoom(deps);
  const live = createLiveRoom(deps.ledger, deps.live ?? defaultLive, (connections) =>
    metrics.watching(connections),
  );
  deps.stopping?.addEventListener('abort', () => live.close());
  app.use(async (c, next) => {
    const begun = performance.now();
    c.set('deps', deps);
    c.set('rate', rate);
    c.set('signIn', signIn);
    c.set('live', live);
    await next();
    const { headers } = c.res;
    headers.set('x-content-type-options', 'nosniff');
    headers.set('referrer-policy', 'no-referrer');
    // Everything under /v1 is somebody's own, credentials above all: no cache may keep any of it.
    if (c.req.path.startsWith('/v1/')) headers.set('cache-control', 'no-store');
    const seconds = (performance.now() - begun) / 1_000;
    metrics.answered({ route: routePath(c, -1), method: c.req.method, status: c.res.status, seconds });
  });
  app.use(methodNotAllowed({ app, onMethodNotAllowed: notAllowed }));
  app.use(answerInTime(deps.patience ?? defaultPatience));
  app.use(limitedBody);
  app.notFound((c) => {
    if (isScimPath(c.req.path)) return scimRefusal(nothingAt(c.req.path));
    return refuse(c, new TenureError('not-found', 'There is nothing at this address.'));
  });
  app.onError((error, c) => {
    if (isScimRefusal(error)) return scimRefusal(error);
    const refusal = refusalOf(error);
    if (refusal.code === 'internal-error')
      deps.onFault?.(faultOf(error, `${c.req.method} ${routePath(c, -1)}`));
    return isScimPath(c.req.path) ? scimRefusal(refusal) : refuse(c, refusal);
  });
}

async function notAllowed(c: Context<ApiEnv>, methods: readonly string[]): Promise<Response> {
  const allowed = methods.join(', ');
  const problem = new TenureError('method-not-allowed', `Allowed here: ${allowed}.`);
  const response = isScimPath(c.req.path) ? scimRefusal(problem) : await refuse(c, problem);
  response.headers.set('allow', allowed);
  return response;
}
