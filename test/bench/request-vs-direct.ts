import { Agent, request } from 'node:http';
import { sql } from 'drizzle-orm';
import { freePort } from '../../bin/local/ports.ts';
import { mintTrialToken } from '../../bin/local-token.ts';
import { insertAccessRequest, type NewAccessRequest } from '../../db/queries/access-request.ts';
import {
  workflowTypes,
  requestWorkflowId,
  taskQueues,
  tenureOrganization,
  tenureState,
} from '../../workflows/contract.ts';
import type { Stack } from '../support/stack.ts';
import { eventually } from '../support/wait.ts';
import { askedRows } from './asked-row.ts';
import { type Figure, inParallel, pairs, quantile, timed, type Wish } from './harness.ts';
import type { Crew } from './processes.ts';
import { type Installation, onInstallation } from './servers.ts';

const runs = 7;

/**
 * The median time of asking for access over HTTP, over that of writing the same request and starting the same workflow
 * directly, one after another and ten at a time. No worker runs: what comes after the start belongs to neither.
 */
export const requestVsDirect: Figure = {
  goals: [
    { id: 'request-vs-direct-c1', bound: '<=', limit: 1.25, quote: 'median' },
    { id: 'request-vs-direct-c10', bound: '<=', limit: 1.15, quote: 'median' },
  ],
  measure: (wish) =>
    onInstallation(async (installation) => {
      const post = await poster(installation);
      const start = await directStarter(installation.stack);
      const ratios: number[][] = [];
      for (const parallel of [1, 10]) {
        ratios.push(await compare(wish, parallel, { post, start, rest: () => rest(installation.stack) }));
      }
      return ratios;
    }),
};

interface Ways {
  post: () => Promise<unknown>;
  start: () => Promise<unknown>;
  /** Waits until nothing of what was measured is still being worked off. */
  rest: () => Promise<void>;
}

async function compare({ isFull, say }: Wish, parallel: number, ways: Ways): Promise<number[]> {
  const count = parallel * (isFull ? 50 : 20) + 40;
  const side = (way: () => Promise<unknown>) => async () => {
    const times: number[] = [];
    await inParallel(parallel, count, async () => times.push(await timed(way)));
    await ways.rest();
    return quantile(times, 0.5);
  };
  const sides = { product: side(ways.post), baseline: side(ways.start) };
  await pairs(1, sides);
  const measured = await pairs(runs, sides, (product, baseline) =>
    say(`${parallel} at a time: ${product.toFixed(1)} ms by HTTP, ${baseline.toFixed(1)} ms directly`),
  );
  return measured.map(({ product, baseline }) => product / baseline);
}

async function poster({ stack, crew }: { stack: Stack; crew: Crew }): Promise<Ways['post']> {
  const port = await freePort();
  await crew.startReady(
    { script: 'bin/api.ts', role: 'application', environment: { PORT: String(port) } },
    'api ready',
  );
  // Two people who may ask take turns: the API lets nobody ask as fast as this for long.
  const tokens = await Promise.all(['sam', 'mei'].map((name) => tokenOf(stack, `${name}@northwind.example`)));
  let asked = 0;
  return async () => {
    asked += 1;
    const response = await postJson(port, '/v1/access-requests', tokens[asked % tokens.length] ?? '', wish);
    if (response.status !== 201) throw new Error(`${response.status}: ${response.text}`);
  };
}

const wish = JSON.stringify({
  resource: 'globex-env',
  entitlement: 'read',
  period: 'PT1H',
  justification: 'The customer cannot see the orders of yesterday.',
  ticket: 'SUP-1042',
});
const keptAlive = new Agent({ keepAlive: true });

/** The leanest client there is, on kept connections: what a caller's own library costs is not the product's. */
function postJson(
  port: number,
  path: string,
  token: string,
  body: string,
): Promise<{ status: number; text: string }> {
  const headers = {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  };
  const options = { host: '127.0.0.1', port, path, method: 'POST', agent: keptAlive, headers };
  return new Promise((resolve, reject) => {
    const call = request(options, (response) => {
      response.setEncoding('utf8');
      let text = '';
      response.on('data', (part: string) => {
        text += part;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    call.on('error', reject);
    call.end(body);
  });
}

async function tokenOf(stack: Stack, email: string): Promise<string> {
  const installation = { ownerUrl: stack.ledgerServer.url, masterKey: stack.key };
  return (await mintTrialToken(installation, { email, amr: ['pwd', 'otp', 'mfa'], ttlMs: 3_600_000 })).token;
}

async function directStarter(stack: Stack): Promise<Ways['start']> {
  const next = await askedRows(stack.ledger.db);
  return async () => {
    const row = next();
    await stack.ledger.db.transaction((tx) => insertAccessRequest(tx, row));
    await startDirectly(stack, row);
  };
}

function startDirectly(stack: Stack, row: NewAccessRequest) {
  return stack.client.workflow.start(workflowTypes.request, {
    workflowId: requestWorkflowId(row.id, 1),
    taskQueue: taskQueues.main,
    args: [row.id],
    typedSearchAttributes: [
      { key: tenureOrganization, value: row.organizationId },
      { key: tenureState, value: 'asked' },
    ],
  });
}

/** The API answers before the engine knows, and the relay of this process delivers what it had no hands for. */
async function rest({ ledger, relay }: Installation['stack']): Promise<void> {
  await eventually(
    'everything is told to the engine',
    async () => {
      await relay.deliver();
      const [row] = await ledger.db.execute<{ waiting: number }>(
        sql`select count(*)::int as waiting from outbox where delivered_at is null`,
      );
      return !row?.waiting;
    },
    { timeoutMs: 120_000 },
  );
}
