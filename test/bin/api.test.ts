import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { provideExampleProviders } from '../../bin/example-providers.ts';
import { freePort } from '../../bin/local/ports.ts';
import { tokenIssuer } from '../../bin/local-token.ts';
import { mintAccessToken } from '../../crypto/access-token.ts';
import { type EphemeralLedger, ephemeralLedger } from '../support/ledger.ts';
import { type Processes, processesOf } from '../support/outage.ts';
import { type StallingProxy, stallingProxy } from '../support/stalling-proxy.ts';

// The API as a process: whom it serves is decided before it serves anybody.

let ledger: EphemeralLedger;
let way: StallingProxy;
let processes: Processes;

beforeAll(async () => {
  ledger = await ephemeralLedger();
  way = await stallingProxy(Number(new URL(ledger.appUrl).port));
});
beforeEach(() => {
  processes = processesOf({
    environment: () => ({ TENURE_KEY: ledger.key, DATABASE_URL: ledger.appUrl }),
  });
});
afterEach(() => processes.stop());
afterAll(async () => {
  await way.close();
  await ledger.stop();
});

/** Starts it and does not wait, for what it answers before it is ready is the question here. */
async function startApiProcess(environment: Record<string, string>) {
  const port = await freePort();
  const one = await processes.start('api', { PORT: String(port), ...environment });
  return { one, url: `http://127.0.0.1:${port}` };
}

async function tokenOfSita(isTrial: boolean): Promise<string> {
  const rows = await ledger.system.db.execute<{ id: string }>(
    `select id from person where email = 'sita@northwind.example'`,
  );
  const issuer = tokenIssuer(ledger.keys);
  return mintAccessToken(ledger.keys.signing, {
    personId: rows[0]?.id ?? '',
    issuer,
    audience: issuer,
    amr: ['pwd', 'otp', 'mfa'],
    authTime: Math.floor(Date.now() / 1_000),
    ttlSeconds: 300,
    installation: { id: 'test', local: isTrial },
  });
}

/** The status, or null while nobody listens. */
async function statusOf(url: string, token: string): Promise<number | null> {
  try {
    const answer = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
    await answer.text();
    return answer.status;
  } catch {
    return null;
  }
}

it.each(['ownerUrl', 'systemUrl'] as const)(
  'with the eyes of %s it ends, and has answered nobody before',
  { timeout: 60_000 },
  async (role) => {
    const token = await tokenOfSita(true);
    const { one, url } = await startApiProcess({ DATABASE_URL: ledger[role] });
    const answered = new Set<number>();
    const paths = ['/v1/me', '/v1/access-requests', '/v1/grants', '/metrics', '/openapi.json'];
    while (one.exit() === undefined) {
      const statuses = await Promise.all(paths.map((path) => statusOf(`${url}${path}`, token)));
      for (const status of statuses) if (status !== null && status !== 503) answered.add(status);
    }
    expect(await one.exited).toEqual({ code: 2, signal: null });
    expect([...answered]).toEqual([]);
  },
);

it('while the ledger says nothing it lives, is not ready and answers nobody; then it serves', {
  timeout: 60_000,
}, async () => {
  const token = await tokenOfSita(true);
  const through = new URL(ledger.appUrl);
  through.port = String(way.port);
  way.stall();
  const { url } = await startApiProcess({ DATABASE_URL: through.href });
  await expect.poll(() => statusOf(`${url}/healthz`, token), { timeout: 20_000 }).toBe(200);
  expect(await statusOf(`${url}/readyz`, token)).toBe(503);
  expect(await statusOf(`${url}/v1/me`, token)).toBe(503);
  expect(await statusOf(`${url}/openapi.json`, token)).toBe(503);
  await delay(200);
  way.flow();
  await expect.poll(() => statusOf(`${url}/v1/me`, token), { timeout: 20_000 }).toBe(200);
});

it('in production takes no token that was minted for a trial, and takes the others', {
  timeout: 60_000,
}, async () => {
  const production = {
    TENURE_ENV: 'production',
    TENURE_PUBLIC_URL: 'https://tenure.northwind.example',
    TENURE_SMTP_URL: 'smtps://mail.northwind.example',
    TENURE_MAIL_FROM: 'tenure@northwind.example',
  };
  const { url } = await startApiProcess(production);
  const [trial, real] = [await tokenOfSita(true), await tokenOfSita(false)];
  await expect.poll(() => statusOf(`${url}/v1/me`, real), { timeout: 20_000 }).toBe(200);
  expect(await statusOf(`${url}/v1/me`, trial)).toBe(401);
  expect(await statusOf(`${url}/v1/grants`, trial)).toBe(401);
});

it('in production it ends while a provider without TLS signs people in', { timeout: 60_000 }, async () => {
  await provideExampleProviders(ledger.system.db, ledger.keys, 'http://127.0.0.1:1');
  const { one } = await startApiProcess({
    TENURE_ENV: 'production',
    TENURE_PUBLIC_URL: 'https://tenure.northwind.example',
    TENURE_SMTP_URL: 'smtps://mail.northwind.example',
    TENURE_MAIL_FROM: 'tenure@northwind.example',
  });
  expect(await one.exited).toEqual({ code: 2, signal: null });
});
