import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { checkout, nodeScript } from '../../bin/local/node-script.ts';
import { freePort } from '../../bin/local/ports.ts';
import { type RunningProcess, startProcess } from '../../bin/local/running-process.ts';
import { mintTrialToken } from '../../bin/local-token.ts';
import { startStack, type Stack } from '../support/stack.ts';

const spanSchema = z.object({
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string().optional(),
  name: z.string(),
});
const exportSchema = z.object({
  resourceSpans: z.array(z.object({ scopeSpans: z.array(z.object({ spans: z.array(spanSchema) })) })),
});

let stack: Stack;
let collector: Server;
let url: string;
const received: string[] = [];
const spans: z.infer<typeof spanSchema>[] = [];
const processes: RunningProcess[] = [];

beforeAll(async () => {
  stack = await startStack();
  collector = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      received.push(body);
      for (const resource of exportSchema.parse(JSON.parse(body)).resourceSpans)
        for (const scope of resource.scopeSpans) spans.push(...scope.spans);
      response.end('{}');
    });
  });
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
  const { port } = collector.address() as AddressInfo; // A listening TCP server's address is always one.
  const apiPort = await freePort();
  url = `http://127.0.0.1:${apiPort}`;
  for (const [name, role] of [
    ['worker', 'system'],
    ['api', 'application'],
  ] as const) {
    processes.push(
      await startProcess({
        ...nodeScript(join(checkout, 'bin', `${name}.ts`)),
        cwd: checkout,
        environment: {
          PATH: '/usr/local/bin:/usr/bin:/bin',
          ...stack.environment(role),
          PORT: String(apiPort),
          OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
          OTEL_BSP_SCHEDULE_DELAY: '200',
        },
        logFile: join('/dev', 'null'),
        detached: false,
      }),
    );
  }
});

afterAll(async () => {
  await Promise.all(processes.map((process) => process.end('SIGTERM', 8_000)));
  await new Promise((resolve) => collector.close(resolve));
  await stack.stop();
});

it('follows one access in one trace, from the request over HTTP to the target, and tells no secrets', async () => {
  await expect
    .poll(
      () =>
        fetch(`${url}/healthz`).then(
          (answer) => answer.ok,
          () => false,
        ),
      { timeout: 30_000 },
    )
    .toBe(true);
  const installation = { ownerUrl: stack.ledgerServer.url, masterKey: stack.key };
  const { token } = await mintTrialToken(installation, {
    email: 'sam@northwind.example',
    amr: ['pwd', 'mfa'],
    ttlMs: 60_000,
  });
  const wish = {
    resource: 'initech-env',
    entitlement: 'read',
    period: 'PT3S',
    justification: 'CANARY-WHY',
    ticket: 'CANARY-TICKET',
  };
  const asked = await fetch(`${url}/v1/access-requests`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(wish),
  });
  expect(asked.status).toBe(201);

  const traceOf = (name: string) => spans.find((span) => span.name === name)?.traceId;
  await expect.poll(() => traceOf('postgres add'), { timeout: 30_000 }).toBeDefined();
  const trace = traceOf('postgres add');
  await expect
    .poll(() => spans.filter((span) => span.traceId === trace).map((span) => span.name), { timeout: 15_000 })
    .toEqual(
      expect.arrayContaining([
        'POST access-requests',
        'StartWorkflow:elevatedAccess',
        'RunWorkflow:elevatedAccess',
        'StartActivity:provision',
        'RunActivity:provision',
        'postgres observe',
        'postgres add',
        'RunActivity:end',
        'postgres remove',
      ]),
    );
  expect(received.join()).not.toMatch(/CANARY|northwind\.example|Bearer|eyJ/);
}, 90_000);
