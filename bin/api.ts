import { createServer } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { getRequestListener } from '@hono/node-server';
import { connectionProblems } from '../activities/connectors/settings.ts';
import { createReading } from '../activities/egress/read.ts';
import { createApi } from '../api/app.ts';
import { uncheckableProviders } from '../api/operations/check-providers.ts';
import { problemResponse } from '../api/problem.ts';
import { tokenVerifier } from '../crypto/access-token.ts';
import { isConfined } from '../db/queries/readiness.ts';
import { TenureError } from '../domain/errors.ts';
import { approverRolesOf, refusingUnknownRoles } from './approver-roles.ts';
import { tokenIssuer } from './local-token.ts';
import { askedToStop, openService } from './service.ts';
import { starterThread } from './starter-thread.ts';
import { currentTraceparent, startTelemetry } from './telemetry.ts';
import { lazyClient } from './temporal.ts';

// Answers over HTTP. It signs in to the ledger as the application's role and needs Temporal for nothing it answers.

const drainMs = 5_000;
const openWithinMs = 2_000;
/** How long somebody may wait for what is read elsewhere. */
const readingLimitMs = 3_000;
const healthPaths = ['/healthz', '/readyz'];

const service = openService('api', 20);
const { config, keys, ledger, log } = service;
const telemetry = startTelemetry('api', config.exportTraces);
const client = lazyClient(config, telemetry);
const starter = starterThread();
const issuer = tokenIssuer(keys);
const verify = tokenVerifier(keys.signing.publicKey, { issuer, audience: issuer });
const checked = refusingUnknownRoles(service);

const stopping = new AbortController();
const app = createApi({
  ledger,
  decide: checked.decide,
  holding: service.policies,
  using: service.policies,
  approverRoles: approverRolesOf(service.policies),
  checkConnection: connectionProblems,
  starter,
  sealing: keys.sealing,
  publicUrl: config.publicUrl,
  isLocal: !config.isProduction,
  webhooksReach: config.webhooksReach,
  readAddress: createReading({ reachable: config.webhooksReach, limitMs: readingLimitMs }),
  probes: { engine: isEngineUp },
  trace: currentTraceparent,
  stopping: stopping.signal,
  onFault: (fault) => log.error(fault, 'unexpected failure'),
  async verifyToken(token) {
    const claims = await verify(token);
    return claims?.trial && config.isProduction ? null : claims;
  },
});

const listener = getRequestListener(traced);
let isOpen = false;
const opened = checkLedger().then(() => {
  isOpen = true;
});
const server = createServer((request, response) => void listener(request, response));
server.listen(config.port, config.host, () => log.info({ port: config.port }, 'api ready'));
server.on('error', (error: NodeJS.ErrnoException) => {
  log.error({ code: error.code, port: config.port }, 'cannot listen');
  process.exit(1);
});

await askedToStop();
stopping.abort();
const closed = new Promise((resolve) => server.close(resolve));
server.closeIdleConnections();
setTimeout(() => server.closeAllConnections(), drainMs).unref();
await closed;
await starter.settled();
await client.connection.close();
await telemetry.close();
await ledger.close();

/**
 * Signed in as the owner or the system role, every caller would see every tenant. Asked until the ledger answers, and before
 * anybody is answered.
 */
async function checkLedger(): Promise<void> {
  for (;;) {
    try {
      if (!(await isConfined(ledger.db))) return refuseUnconfined();
      await checkProviders();
      return await checked.check();
    } catch {
      await delay(1_000, undefined, { ref: false });
    }
  }
}

/** A provider whose answers could not be checked would let anybody in, so nobody is let in at all until it is mended. */
async function checkProviders(): Promise<void> {
  const unsafe = await uncheckableProviders(ledger, !config.isProduction);
  if (unsafe.length === 0) return;
  log.error({ providers: unsafe }, 'identity providers without TLS or without a client: retire them first');
  process.exit(2);
}

function refuseUnconfined(): never {
  log.error(
    'DATABASE_URL of the API must be the application role, which row-level security binds; see docs/guides/production.md',
  );
  return process.exit(2);
}

/** Until the ledger was looked at there is no answer but to whether we live; who comes early waits for it a little. */
async function answer(request: Request, pathname: string): Promise<Response> {
  if (!isOpen && !healthPaths.includes(pathname)) {
    await Promise.race([opened, delay(openWithinMs, undefined, { ref: false })]);
    const early = new TenureError(
      'ledger-unavailable',
      'The ledger has not answered yet. Try again shortly.',
    );
    if (!isOpen) return problemResponse(early, pathname);
  }
  return app.fetch(request);
}

async function isEngineUp(): Promise<boolean> {
  try {
    await client.connection.withDeadline(Date.now() + 900, () => client.workflowService.getSystemInfo({}));
    return true;
  } catch {
    return false;
  }
}

/** Each request begins a trace of its own: what an untrusted caller says about theirs is not followed. */
function traced(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  const options = {
    kind: SpanKind.SERVER,
    root: true,
    attributes: { 'http.request.method': request.method },
  };
  return trace
    .getTracer('tenure')
    .startActiveSpan(`${request.method} ${pathname.split('/')[2] ?? pathname}`, options, async (span) => {
      try {
        const response = await answer(request, pathname);
        span.setAttribute('http.response.status_code', response.status);
        if (response.status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
        return response;
      } finally {
        span.end();
      }
    });
}
