import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createApi } from '../../api/app.ts';
import type { Api } from '../../api/route.ts';
import { type AccessRequest, accessRequestShape } from '../../bin/cli/shapes.ts';
import { tokenIssuer } from '../../bin/local-token.ts';
import { readDefaultPolicies } from '../../bin/policies.ts';
import { mintAccessToken, verifyAccessToken } from '../../crypto/access-token.ts';
import { type Ledger, openLedger } from '../../db/client.ts';
import { keepMending } from '../attacks/scene.ts';
import { durable, startStack, type Stack } from '../support/stack.ts';

// "Target down: retried with the state visible": over HTTP, not only to who reads the ledger.

let stack: Stack;
let ledger: Ledger;
let api: Api;
let authorization: string;
const stops: (() => Promise<void>)[] = [];

beforeAll(async () => {
  stack = await startStack({ target: durable });
  stops.push(await stack.startWorkers(), keepMending(stack));
  ledger = openLedger({ url: stack.appUrl, applicationName: 'tenure-test' });
  const { sealing, signing } = stack.keys;
  const issuer = tokenIssuer(stack.keys);
  api = createApi({
    ledger,
    decide: stack.deps.decide,
    holding: { mayHoldMany: stack.deps.mayHoldMany, sight: { namesPeople: true, tells: () => true } },
    using: readDefaultPolicies(),
    checkConnection: () => [],
    starter: { hurry: () => undefined },
    verifyToken: (token) => verifyAccessToken(signing.publicKey, token, { issuer, audience: issuer }),
    sealing,
    readAddress: () => Promise.resolve({ error: 'unreachable' }),
    probes: { engine: async () => true },
    publicUrl: 'http://localhost:3000',
  });
  const [sam] = await stack.ledger.db.execute<{ id: string }>(
    sql`select id from person where email = 'sam@northwind.example'`,
  );
  const token = await mintAccessToken(signing, {
    personId: sam?.id ?? '',
    issuer,
    audience: issuer,
    amr: ['pwd'],
    authTime: Math.floor(Date.now() / 1_000),
    ttlSeconds: 900,
    installation: { id: 'test', local: true },
  });
  authorization = `Bearer ${token}`;
});

afterAll(async () => {
  for (const stop of stops.reverse()) await stop();
  await ledger?.close();
  await stack?.stop();
});

async function ask(): Promise<string> {
  const body = {
    resource: 'initech-env',
    entitlement: 'read',
    period: 'PT20M',
    justification: 'A look',
    ticket: 'SUP-1',
  };
  const headers = { authorization, 'content-type': 'application/json' };
  const answer = await api.request('/v1/access-requests', {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  });
  expect(answer.status).toBe(201);
  return accessRequestShape.parse(await answer.json()).id;
}

async function look(id: string): Promise<AccessRequest> {
  const answer = await api.request(`/v1/access-requests/${id}`, { headers: { authorization } });
  return accessRequestShape.parse(await answer.json());
}

const standing = async (id: string) => {
  const { state, last_error: lastError } = await look(id);
  return { state, lastError };
};

it('who asked sees why it takes long, and that it has passed', { timeout: 90_000 }, async () => {
  await stack.targetServer.kill();
  const id = await ask();
  const troubled = { state: 'approved', lastError: 'target-unreachable' };
  await expect.poll(() => standing(id), { timeout: 30_000 }).toEqual(troubled);
  await stack.targetServer.start();
  await expect.poll(() => standing(id), { timeout: 40_000 }).toEqual({ state: 'granted', lastError: null });
});
