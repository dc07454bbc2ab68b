import { getRequestListener } from '@hono/node-server';
import postgres from 'postgres';
import { connectionProblems } from '../../activities/connectors/settings.ts';
import { createApi } from '../../api/app.ts';
import type { ApiDeps } from '../../api/deps.ts';
import { readCatalogNow } from '../../api/operations/allowed-roles.ts';
import { addUserIn } from '../../api/operations/add-user.ts';
import { openCustomerOf } from '../../api/operations/find-customer.ts';
import { noteScim } from '../../api/operations/scim-keeping.ts';
import { keeperOfDirectory, writingAs } from '../../api/scim/transact.ts';
import { approverRolesOf } from '../../bin/approver-roles.ts';
import { readDefaultPolicies } from '../../bin/policies.ts';
import { deriveKeys } from '../../crypto/keys.ts';
import { scimTokens } from '../../crypto/scim-token.ts';
import { together } from '../../db/client.ts';
import { findDirectory, type Directory } from '../../db/queries/scim-token.ts';
import { insertScimUser } from '../../db/queries/scim-user.ts';
import { lockPerson } from '../../db/queries/user.ts';
import { newId } from '../../domain/ids.ts';
import { fillCrowd } from '../support/crowd.ts';
import { testKey } from '../support/stack.ts';
import { type Figure, inParallel, pairs, quantile, timed, type Wish } from './harness.ts';
import { type BenchLedger, onLedger } from './servers.ts';
import { countOf, recorderOf } from './statements.ts';

const runs = 7;
const parallel = 8;
const unlimited = { burst: 1_000_000, perSecond: 1_000_000 };

/**
 * Users created by SCIM in a second, over the same rows written by the operation which an administrator's word is carried out by too, in
 * a transaction of its own and without protocol, token, check of the name, groups and reading back, beside 50,000 users of another customer; and a page of a hundred users, over the statements that it sent.
 */
export const scim: Figure = {
  goals: [
    { id: 'scim-creates-vs-operations', bound: '>=', limit: 0.7, quote: 'median' },
    { id: 'scim-list-vs-sql', bound: '<=', limit: 2, quote: 'median' },
  ],
  measure: (wish) =>
    onLedger(parallel, async (ledger) => {
      const size = wish.isFull ? 50_000 : 10_000;
      // Written first: PostgreSQL plans for the tables that it knows, and a minute after an installation began it knows none.
      await fillCrowd(ledger.server.url, 'globex', size);
      wish.say(`${size} users of another customer are written`);
      const creates = await compareCreates(wish, await sceneOf(ledger, 'acme'));
      return [creates, await compareLists(wish, ledger, await sceneOf(ledger, 'globex'))];
    }),
};

interface Scene {
  deps: ApiDeps;
  directory: Directory;
  send(method: string, path: string, body?: unknown): Promise<Response>;
}

async function sceneOf({ server, app }: BenchLedger, customer: string): Promise<Scene> {
  const keys = deriveKeys(testKey);
  const policies = readDefaultPolicies();
  const deps: ApiDeps = {
    ledger: app,
    decide: policies.decide,
    holding: policies,
    using: policies,
    approverRoles: approverRolesOf(policies),
    checkConnection: connectionProblems,
    starter: { hurry: () => undefined },
    verifyToken: () => Promise.reject(new Error('No person calls.')),
    sealing: keys.sealing,
    readAddress: () => Promise.resolve({ error: 'unreachable' }),
    probes: { engine: () => Promise.resolve(true) },
    publicUrl: 'http://localhost:3000',
    rateLimit: unlimited,
    directoryLimit: unlimited,
  };
  const api = createApi(deps);
  // Puts the requests and responses of the server that runs in production in the place of Node's own.
  getRequestListener(api.fetch);
  const token = await connect(server.url, customer);
  const directory = await findDirectory(app, scimTokens.hashOf(token) ?? '', customer);
  if (!directory) throw new RangeError('The directory’s token is not good.');
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/scim+json' };
  return {
    deps,
    directory,
    send: async (method, path, body) => {
      const address = new URL(`/scim/v2/${customer}${path}`, deps.publicUrl);
      const sent = body === undefined ? {} : { body: JSON.stringify(body) };
      return api.fetch(new Request(address, { method, headers, ...sent }));
    },
  };
}

/** A token past the guards. */
async function connect(ownerUrl: string, customer: string): Promise<string> {
  const token = scimTokens.make();
  const owner = postgres(ownerUrl, { max: 1, connection: { session_replication_role: 'replica' } });
  try {
    await owner`
      insert into scim_token (id, organization_id, label, token_hash, made_by, expires_at)
      select ${newId('stk')}, o.id, 'Okta', ${scimTokens.hashOf(token)}, p.id, now() + interval '1 day'
      from organization o, person p where o.key = ${customer} and p.email = 'anna@acme.example'`;
  } finally {
    await owner.end();
  }
  return token;
}

async function compareCreates({ isFull, say }: Wish, scene: Scene): Promise<number[]> {
  const count = parallel * (isFull ? 50 : 15);
  let last = 0;
  const side = (create: (email: string) => Promise<unknown>) => async () => {
    const ms = await timed(() =>
      inParallel(parallel, count, () => {
        last += 1;
        return create(`person-${last}@bench.example`);
      }),
    );
    return (count * 1_000) / ms;
  };
  const sides = { product: side(bySending(scene)), baseline: side(byOperation(scene)) };
  await pairs(1, sides);
  const measured = await pairs(runs, sides, (product, baseline) =>
    say(`${product.toFixed(0)}/s by SCIM, ${baseline.toFixed(0)}/s by the operation`),
  );
  return measured.map(({ product, baseline }) => product / baseline);
}

const bySending = (scene: Scene) => async (email: string) => {
  const created = await scene.send('POST', '/Users', {
    userName: email,
    externalId: email,
    displayName: 'Some Body',
    emails: [{ value: email, type: 'work', primary: true }],
    active: true,
  });
  if (created.status !== 201) throw new Error(`${created.status}: ${await created.text()}`);
};

const byOperation =
  ({ deps, directory }: Scene) =>
  (email: string) =>
    writingAs(deps, directory, async (tx, lines) => {
      const customer = await openCustomerOf(tx, directory.organizationId);
      const [known, at] = await together([lockPerson(tx, email), readCatalogNow(tx)]);
      const wish = { email, name: 'Some Body', contractRole: null, roles: [], reason: 'By the directory' };
      const { organizationId } = directory;
      const { personId, line } = await addUserIn(
        deps,
        tx,
        keeperOfDirectory(directory),
        { customer, known, at },
        wish,
      );
      lines.push(line);
      const user = { id: newId('scu'), personId, organizationId, userName: email, externalId: email };
      await insertScimUser(tx, { ...user, attributes: { displayName: wish.name } });
      await noteScim({ tx, directory }, 'scim_user.linked', { kind: 'person', id: personId });
    });

async function compareLists({ isFull, say }: Wish, { app }: BenchLedger, scene: Scene): Promise<number[]> {
  const recorder = recorderOf(app);
  const show = async () => {
    const page = await scene.send('GET', '/Users?count=100');
    if (page.status !== 200) throw new Error(`${page.status}: ${await page.text()}`);
  };
  // Compiled, and each connection has its statements, before anything counts.
  for (let warm = 0; warm < 100; warm += 1) await show();
  const recorded = await recorder.record(show);
  const count = isFull ? 60 : 20;
  const side = (work: () => Promise<unknown>) => async () => {
    const times: number[] = [];
    for (let done = 0; done < count; done += 1) times.push(await timed(work));
    return quantile(times, 0.5);
  };
  const sides = { product: side(show), baseline: side(() => recorder.replay(recorded)) };
  await pairs(1, sides);
  const measured = await pairs(runs, sides, (product, baseline) =>
    say(`${product.toFixed(2)} ms a page, ${baseline.toFixed(2)} ms its ${countOf(recorded)} statements`),
  );
  return measured.map(({ product, baseline }) => product / baseline);
}
