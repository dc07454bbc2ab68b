import { getRequestListener } from '@hono/node-server';
import postgres from 'postgres';
import { connectionProblems } from '../../activities/connectors/settings.ts';
import { createApi } from '../../api/app.ts';
import type { Api } from '../../api/route.ts';
import { approverRolesOf } from '../../bin/approver-roles.ts';
import { readDefaultPolicies } from '../../bin/policies.ts';
import { mintAccessToken, verifyAccessToken } from '../../crypto/access-token.ts';
import { deriveKeys } from '../../crypto/keys.ts';
import { newSessionToken, sessionCookie, sessionHashes } from '../../crypto/session-token.ts';
import { readInstallationId } from '../../db/queries/trial.ts';
import { testKey } from '../support/stack.ts';
import { type Figure, pairs, quantile, timed, type Wish } from './harness.ts';
import { type Amount, fillLedger } from './many-grants.ts';
import { type BenchLedger, onLedger } from './servers.ts';
import { countOf, recorderOf } from './statements.ts';

const runs = 7;
const warmLooks = 100;
const small: Amount = { grants: 100_000, people: 10_000, hotGrants: 20_000, ordinaryGrants: 500 };
const full: Amount = { grants: 1_000_000, people: 10_000, hotGrants: 20_000, ordinaryGrants: 500 };
const issuer = 'urn:tenure:bench';
/** Somebody who holds access now and has held some for a year, as everybody does in this ledger. */
const busy = 'person-1@northwind.example';

interface Page {
  name: string;
  path: string;
  /** Who looks. */
  who: string;
}

/** The main pages, each by somebody who has much there. `{request}` is one that waits. */
const pages: readonly Page[] = [
  { name: 'home', path: '/', who: busy },
  { name: 'approvals', path: '/approvals', who: 'priya@northwind.example' },
  { name: 'request', path: '/requests/{request}', who: 'sam@northwind.example' },
  { name: 'people', path: '/people', who: 'sita@northwind.example' },
  { name: 'person', path: `/people/${busy}`, who: 'sita@northwind.example' },
  { name: 'customer', path: '/customers/acme', who: 'sita@northwind.example' },
  { name: 'resource', path: '/resources/postgres-eu', who: 'sita@northwind.example' },
  { name: 'reach', path: '/reach?resource=postgres-eu&customer=hot', who: 'sita@northwind.example' },
  { name: 'operations', path: '/operations', who: 'omar@northwind.example' },
  { name: 'catalog', path: '/catalog', who: 'omar@northwind.example' },
  { name: 'admin-users', path: '/admin', who: 'anna@acme.example' },
  { name: 'admin-access', path: '/admin/access', who: 'anna@acme.example' },
];

/**
 * What each page costs the server more than its own queries, which are recorded and sent again as they were sent; and how much a
 * first visit of a page transfers. Both with years of access in the ledger.
 */
export const pageFigures: Figure = {
  goals: [
    ...pages.map(({ name }) => ({
      id: `page-${name}-vs-queries`,
      bound: '<=' as const,
      limit: 1.5,
      quote: 'median' as const,
    })),
    { id: 'page-bytes', bound: '<=', limit: 100_000, quote: 'worst' },
  ],
  measure: (wish) =>
    onLedger(10, async (ledger) => {
      const amount = wish.isFull ? full : small;
      wish.say(`${amount.grants} grants of ${amount.people} people are written`);
      await fillLedger(ledger.server.url, amount);
      const look = await lookingAt(ledger);
      const ratios: number[][] = [];
      const bytes: { at: string; value: number; unit: string }[] = [];
      const failed: string[] = [];
      for (const page of pages) {
        try {
          ratios.push(await compare(wish, page, ledger, look));
          bytes.push({ at: page.name, value: await bytesOf(page, look), unit: 'bytes' });
        } catch (error) {
          // The others are worth knowing, too.
          failed.push(`${page.name}: ${error instanceof Error ? error.message : String(error)}`);
          wish.say(failed.at(-1) ?? '');
        }
      }
      if (failed.length > 0) throw new Error(failed.join('\n'));
      return [...ratios, { values: bytes.map(({ value }) => value), curve: bytes }];
    }),
};

/** Asks for an address as somebody, the way a browser does: with a session's cookie. */
interface Look {
  /** What the browser sends; it is ready before the clock starts. */
  ask(who: string, path: string): Request;
  answer(request: Request): Promise<Response>;
}

async function lookingAt({ server, app, system }: BenchLedger): Promise<Look> {
  const keys = deriveKeys(testKey);
  const expected = { issuer, audience: issuer };
  const policies = readDefaultPolicies();
  const api = createApi({
    ledger: app,
    decide: policies.decide,
    holding: policies,
    using: policies,
    approverRoles: approverRolesOf(policies),
    checkConnection: connectionProblems,
    starter: { hurry: () => undefined },
    verifyToken: (token) => verifyAccessToken(keys.signing.publicKey, token, expected),
    sealing: keys.sealing,
    readAddress: () => Promise.resolve({ error: 'unreachable' }),
    probes: { engine: () => Promise.resolve(true) },
    publicUrl: 'http://localhost:3000',
    rateLimit: { burst: 1_000_000, perSecond: 1_000_000 },
  });
  // Puts the requests and responses of the server that runs in production in the place of Node's own, which take longer to make.
  getRequestListener(api.fetch);
  const people = await openSessions(server.url, [...new Set(pages.map(({ who }) => who))]);
  const cookieName = `tenure-${await readInstallationId(system.db)}-session`;
  const asker = 'sam@northwind.example';
  const token = await mintAccessToken(keys.signing, {
    personId: people.get(asker)?.id ?? '',
    ...expected,
    amr: ['pwd', 'otp', 'mfa'],
    authTime: Math.floor(Date.now() / 1_000),
    ttlSeconds: 3_600,
    installation: { id: 'bench', local: true },
  });
  const request = await askSome(api, token);
  return {
    ask: (who, path) =>
      new Request(new URL(path.replace('{request}', request), 'http://localhost:3000'), {
        headers: {
          cookie: `${cookieName}=${people.get(who)?.cookie ?? ''}`,
          accept: 'text/html',
          'accept-encoding': 'gzip',
        },
      }),
    answer: async (asked) => api.fetch(asked),
  };
}

/**
 * Everybody signed in, past the guards. What a session writes every few minutes (that it is used, its next token) is not due
 * while it is looked at.
 */
async function openSessions(
  ownerUrl: string,
  emails: readonly string[],
): Promise<Map<string, { id: string; cookie: string }>> {
  const owner = postgres(ownerUrl, { max: 1, connection: { session_replication_role: 'replica' } });
  const signedIn = new Map<string, { id: string; cookie: string }>();
  try {
    for (const email of emails) {
      const words = newSessionToken();
      const { familyHash, tokenHash } = sessionHashes(words);
      const [person] = await owner<{ id: string }[]>`
        insert into session (id, person_id, organization_id, method, family_hash, token_hash, amr, auth_time, rotated_at, seen_at,
          ends_at, idle_ends_at, browser)
        select 'ses_' || substr(md5(${familyHash}), 1, 26), id, organization_id, 'passkey', ${familyHash}, ${tokenHash},
          '{pwd,otp,mfa}', now(), now() + interval '6 hours', now() + interval '6 hours', now() + interval '8 hours',
          now() + interval '8 hours', 'Firefox on Linux'
        from person where email = ${email} returning person_id as id`;
      if (!person) throw new RangeError(`There is no ${email}.`);
      signedIn.set(email, { id: person.id, cookie: sessionCookie(words) });
    }
  } finally {
    await owner.end();
  }
  return signedIn;
}

/** Fills the approvers' list; the reference of the last request. */
async function askSome(api: Api, token: string): Promise<string> {
  let reference = '';
  for (let asked = 0; asked < 30; asked += 1) {
    const response = await api.request('/v1/access-requests', {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        resource: 'acme-env',
        entitlement: 'read',
        period: 'PT1H',
        justification: `The customer cannot see the orders of yesterday, case ${asked}.`,
        ticket: `SUP-${asked}`,
      }),
    });
    const body: { reference?: string } = Object(await response.json());
    if (response.status !== 201 || body.reference === undefined)
      throw new Error(`Asking: ${JSON.stringify(body)}`);
    ({ reference } = body);
  }
  return reference;
}

async function compare(wish: Wish, page: Page, { app }: BenchLedger, look: Look): Promise<number[]> {
  const { name, who, path } = page;
  const recorder = recorderOf(app);
  const show = async (request = look.ask(who, path)) => {
    const response = await look.answer(request);
    // The page stands whole in the answer, and reading it is the browser's work.
    if (response.status === 200) return;
    const text = await response.text();
    throw new Error(`${path}: ${response.status} ${/<h1[^>]*>(.*?)<\/h1>/.exec(text)?.[1] ?? ''}`);
  };
  // What is kept between two looks, plans and policies above all, is there before anything counts; and the code is compiled, as
  // it is in a server that has been up for a minute.
  for (let warm = 0; warm < warmLooks; warm += 1) await show();
  const queries = await recorder.record(() => show());
  const count = wish.isFull ? 100 : 20;
  const side =
    <T>(prepare: () => T, work: (prepared: T) => Promise<unknown>) =>
    async () => {
      const times: number[] = [];
      for (let done = 0; done < count; done += 1) {
        const prepared = prepare();
        times.push(await timed(() => work(prepared)));
      }
      return quantile(times, 0.5);
    };
  const sides = {
    product: side(() => look.ask(who, path), show),
    baseline: side(
      () => queries,
      (recorded) => recorder.replay(recorded),
    ),
  };
  await pairs(1, sides);
  const measured = await pairs(runs, sides);
  const again = countOf(await recorder.record(() => show()));
  // Who answers is kept for a moment, so that a page may ask for it or not.
  if (Math.abs(again - countOf(queries)) > 1)
    throw new Error(`${path} sent ${countOf(queries)} statements, then ${again}`);
  const middle = (key: 'product' | 'baseline') =>
    quantile(
      measured.map((one) => one[key]),
      0.5,
    ).toFixed(2);
  wish.say(`${name}: ${middle('product')} ms, its ${again} queries ${middle('baseline')} ms`);
  return measured.map(({ product, baseline }) => product / baseline);
}

/** What a browser fetches on a first visit: the page, what it names, and the font of its letters. */
async function bytesOf({ who, path }: Page, look: Look): Promise<number> {
  const sizeOf = async (address: string) => {
    const response = await look.answer(look.ask(who, address));
    const body = Buffer.from(await response.arrayBuffer());
    if (response.status !== 200) throw new Error(`${address}: ${response.status}`);
    return body;
  };
  const page = await sizeOf(path);
  const text = page.toString();
  const named = [...text.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map(([, address = '']) => address);
  const sheets = named.filter((address) => address.endsWith('.css'));
  const fonts = await Promise.all(
    sheets.map(async (sheet) => fontsOf((await readSheet(look, who, sheet)) ?? '', text)),
  );
  const needed = new Set([...named, ...fonts.flat()]);
  const sizes = await Promise.all([...needed].map(async (address) => (await sizeOf(address)).length));
  return sizes.reduce((sum, size) => sum + size, page.length);
}

async function readSheet(look: Look, who: string, address: string): Promise<string> {
  const response = await look.answer(look.ask(who, address));
  const stream = response.body;
  if (response.headers.get('content-encoding') !== 'gzip' || !stream) return response.text();
  return new Response(stream.pipeThrough(new DecompressionStream('gzip'))).text();
}

/** A font in parts is fetched by the part: the one of the Latin letters, and another where the page has others. */
function fontsOf(sheet: string, text: string): string[] {
  const isPlain = !/[\u0100-\u024f\u1e00-\u1eff]/.test(text);
  return [...sheet.matchAll(/url\((\/assets\/[^)]+\.woff2)\)/g)]
    .map(([, address = '']) => address)
    .filter((address) => !address.includes('latin-ext') || !isPlain);
}
