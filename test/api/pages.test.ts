import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Listening, startIdentity } from '../support/identity.ts';
import {
  type Operation,
  readOperations,
  type Role,
  roleNames,
  roles,
  takeOnUlla,
} from '../support/matrix.ts';
import { pages } from '../support/page-routes.ts';
import { hiddenOf, startWeb, type WebApi } from '../support/web.ts';

// What people do in a browser without scripts: the pages have no power of their own.

const [sam, priya, anna, tom] = [
  'sam@northwind.example',
  'priya@northwind.example',
  'anna@acme.example',
  'tom@acme.example',
];

let web: WebApi;
let identity: Listening;
let operations: Operation[];
beforeAll(async () => {
  web = await startWeb();
  identity = await startIdentity(web.ledger, web.url);
  await takeOnUlla(web.http);
  operations = await readOperations(web.http);
});
afterAll(async () => {
  await identity.stop();
  await web.stop();
});
afterEach(() => expect(web.http.faults.splice(0)).toEqual([]));

const look = (who: string, path: string) => web.look(who, path);

const send: WebApi['send'] = (...sent) => web.send(...sent);

async function ask(who: string, wish: Record<string, string>): Promise<string> {
  const answer = await send(who, '/requests/new', '/requests', {
    period: 'PT1H',
    ticket: 'NW-1',
    why: 'A test',
    ...wish,
  });
  expect(answer).toMatchObject({ status: 303 });
  return answer.headers.get('location') ?? '';
}

const idOf = async (address: string) => {
  const rows = await web.ledger.owner.db.execute<{ id: string }>(
    sql`select id from access_request where reference = ${address.slice('/requests/'.length)}`,
  );
  return rows[0]?.id ?? '';
};

describe('A request, from asking to its end', () => {
  let address: string;

  it('says what it will take before it is sent', async () => {
    const { text } = await look(sam, '/requests/new?resource=globex-env&entitlement=operate&period=PT2H');
    expect(text).toContain('Marek or Priya');
    expect(text).toContain('of at most 4');
    expect(text).toMatch(/value="administer"[^>]*disabled/);
  });

  it('is refused with the field that is wrong, and nothing is asked', async () => {
    const before = await web.http.count('access_request');
    const typed = { resource: 'globex-env', entitlement: 'operate', period: 'PT2H', ticket: '', why: '' };
    const answer = await send(sam, '/requests/new', '/requests', typed);
    expect(answer.status).toBe(422);
    expect(answer.text).toContain('id="why-fault"');
    const tooLong = {
      resource: 'globex-env',
      entitlement: 'operate',
      period: 'PT8H',
      ticket: 'NW-1',
      why: 'Long',
    };
    expect((await send(sam, '/requests/new', '/requests', tooLong)).status).toBe(422);
    expect(await web.http.count('access_request')).toBe(before);
  });

  it('is sent, stands on the page of who asked and of who may decide', async () => {
    address = await ask(sam, {
      resource: 'globex-env',
      entitlement: 'operate',
      why: 'Invoices <b>stuck</b>',
    });
    expect((await look(sam, '/')).text).toContain(address);
    const inbox = await look(priya, '/approvals');
    expect(inbox.text).toContain('1\u00a0request waits for you');
    const { text } = await look(priya, address.replace('requests', 'approvals'));
    expect(text).toContain('Invoices &lt;b&gt;stuck&lt;/b&gt;');
    expect(text).toContain('The first time in 90 days');
  });

  it('is not decided by who asked, nor without having read what it is now', async () => {
    const approval = address.replace('requests', 'approvals');
    const own = await send(sam, '/requests/new', approval, { decision: 'approve', digest: 'none' });
    expect(own.status).toBe(409);
    const { digest = '' } = hiddenOf(await look(priya, approval));
    expect((await send(sam, '/requests/new', approval, { decision: 'approve', digest })).status).toBe(403);
    expect((await send(priya, approval, approval, { decision: 'approve', digest: 'former' })).status).toBe(
      409,
    );
    const silent = await send(priya, approval, approval, { decision: 'deny', digest });
    expect(silent).toMatchObject({ status: 422 });
    expect(silent.text).toContain('Say why it is denied.');
  });

  it('is approved, and its credential is shown once', async () => {
    const approval = address.replace('requests', 'approvals');
    const { digest = '' } = hiddenOf(await look(priya, approval));
    expect((await send(priya, approval, approval, { decision: 'approve', digest })).status).toBe(303);
    await web.http.provision(await idOf(address));
    expect((await look(sam, '/')).text).toContain('You have access to 1\u00a0system');
    const page = await look(sam, address);
    expect(page.text).toContain('Show credential');
    expect(page.text).not.toMatch(/postgresql:\/\//);
    const shown = await send(sam, address, `${address}/credential`);
    expect(shown.status).toBe(200);
    expect(shown.headers.get('cache-control')).toBe('no-store');
    expect(shown.text).toContain('postgresql://');
    const again = await send(sam, address, `${address}/credential`);
    expect(again.status).toBe(409);
    expect(again.text).not.toContain('postgresql://');
    expect((await send(priya, approval, `${address}/credential`)).status).toBe(403);
  });

  it('is extended and given back', async () => {
    const later = await send(sam, `${address}/extension`, `${address}/extension`, {
      period: 'PT1H',
      why: 'Not done yet',
    });
    expect(later.status).toBe(303);
    expect((await look(sam, later.headers.get('location') ?? '')).text).toContain('a later end');
    expect((await send(sam, address, `${address}/return`)).status).toBe(303);
    expect((await send(sam, address, `${address}/return`)).status).toBe(409);
  });

  it('is ended by who may, with a reason', async () => {
    const other = await ask(sam, { resource: 'initech-env', entitlement: 'read' });
    await web.http.provision(await idOf(other));
    const form = `${other}/revocation`;
    expect((await send('sita@northwind.example', form, form, { reason: ' ' })).status).toBe(422);
    expect((await send('sita@northwind.example', form, form, { reason: 'An incident' })).status).toBe(303);
  });

  it('is withdrawn by who asked', async () => {
    const other = await ask(sam, { resource: 'acme-env', entitlement: 'read' });
    expect((await send(sam, other, `${other}/cancellation`)).status).toBe(303);
    expect((await look(sam, other)).text).toContain('Withdrawn');
  });
});

describe('A customer’s panel', () => {
  it('adds, changes and removes a user', async () => {
    const typed = { name: 'Kim', email: 'kim@acme.example', contract_role: 'member' };
    expect((await send(anna, '/admin/users/new', '/admin/users', typed)).status).toBe(303);
    const { text } = await look(anna, '/admin?find=kim');
    const [, id = ''] = /\/admin\/users\/(person_\w+)"/.exec(text) ?? [];
    const user = `/admin/users/${id}`;
    expect((await send(anna, user, user, { contract_role: 'viewer' })).status).toBe(303);
    expect((await send(anna, user, user, { contract_role: 'emperor' })).status).toBe(422);
    expect((await send(anna, `${user}/removal`, `${user}/removal`)).status).toBe(303);
    expect((await send(anna, '/admin/users/new', `${user}/removal`)).status).toBe(409);
    const twice = await send(anna, '/admin/users/new', '/admin/users', { ...typed, email: tom });
    expect(twice).toMatchObject({ status: 409 });
    expect(twice.text).toContain('value="Kim"');
  });

  it('invites an active user again who has no way in, and offers it for nobody who has one', async () => {
    const offered = async () =>
      /\/admin\/users\/person_\w+\/invitation/.exec((await look(anna, '/admin?find=tom')).text)?.[0];
    // Who is served by a provider needs no invitation; the guards of a provider's states are not what is tried here.
    expect(await offered()).toBeUndefined();
    const turn = (state: 'live' | 'retired') =>
      web.ledger.owner.db.transaction(async (tx) => {
        await tx.execute(sql`set local session_replication_role = replica`);
        await tx.execute(sql`
          update sign_in_provider set state = ${state} where state in ('live', 'retired')
            and organization_id = (select id from organization where key = 'acme')`);
      });
    await turn('retired');
    const address = (await offered()) ?? '';
    expect(address).not.toBe('');
    expect((await look(anna, '/admin?find=tom')).text).toContain('Send again');
    expect((await send(anna, '/admin?find=tom', address)).status).toBe(303);
    expect(await offered()).toBeUndefined();
    const { body } = await web.http.call(anna, 'GET', '/v1/customers/acme/users');
    expect(body.items.find((one: { person: { email: string } }) => one.person.email === tom)).toMatchObject({
      state: 'joining',
      can_sign_in: false,
    });
    await turn('live');
  });

  it('says from when on an administrator whom the vendor made approves its access', async () => {
    const words = 'Made administrator by your vendor; may approve vendor access from';
    expect((await look(anna, '/admin')).text).not.toContain(words);
    const added = await web.http.call('omar@northwind.example', 'POST', '/v1/customers/acme/users', {
      email: 'eve@acme.example',
      name: 'Eve',
      roles: ['customer-administrator'],
      reason: 'A test',
    });
    expect(added.status).toBe(201);
    // What her process gives her.
    await web.ledger.owner.db.execute(sql`
      insert into person_role (person_id, role_id, organization_id)
      select p.id, r.id, p.organization_id from person p, role r where p.email = 'eve@acme.example' and r.key = 'customer-administrator'`);
    expect((await look(anna, '/admin?find=eve')).text).toContain(words);
    expect((await look(anna, '/admin?find=tom')).text).not.toContain(words);
  });

  it('has no other customer’s people, whatever an address says', async () => {
    const rows = await web.ledger.owner.db.execute<{ id: string }>(
      sql`select id from person where email = 'gus@globex.example'`,
    );
    const gus = `/admin/users/${rows[0]?.id}`;
    for (const path of [gus, `${gus}/removal`]) expect((await look(anna, path)).status).toBe(404);
    for (const path of [gus, `${gus}/removal`, `${gus}/invitation`])
      expect((await send(anna, '/admin/users/new', path, { contract_role: 'viewer' })).status).toBe(404);
  });
});

describe('Every page', () => {
  const pathOf = (operationId: string, params: Record<string, string>) => {
    const { path = '', method = '' } = operations.find((one) => one.operationId === operationId) ?? {};
    return { method, path: path.replaceAll(/\{(.+?)\}/g, (_, name: string) => params[name] ?? '') };
  };
  const names = async () => {
    const other = await ask(sam, { resource: 'globex-env', entitlement: 'read' });
    const rows = await web.ledger.owner.db.execute<{ id: string }>(
      sql`select id from person where email = ${tom}`,
    );
    return { id: other.slice('/requests/'.length), person: rows[0]?.id ?? '' };
  };
  const call = async (role: Role | null, method: string, path: string) =>
    web.http.call(
      role && roles[role],
      method.toUpperCase(),
      path,
      undefined,
      method === 'post'
        ? { raw: 'reason=x', headers: { 'content-type': 'application/x-www-form-urlencoded' } }
        : {},
    );

  it('is in one of the tables', () => {
    const known = Object.values(pages).flat();
    for (const id of known) expect(operations.map(({ operationId }) => operationId)).toContain(id);
  });

  it('shows a request to whom it concerns alone', async () => {
    const params = await names();
    for (const id of ['requestPage', 'extensionPage', 'revocationPage', 'approvalPage']) {
      const { path } = pathOf(id, params);
      const seen: Role[] = [];
      for (const role of roleNames) {
        const { status } = await call(role, 'get', path);
        expect([200, 404]).toContain(status);
        if (status === 200) seen.push(role);
      }
      // Sam’s own; who may decide; who reads all records; the customer whose data it is.
      expect(seen).toEqual(['sam', 'priya', 'omar', 'sita', 'ada', 'gus']);
    }
  });

  it('leads who is not signed in to sign in, and back; a form without its session’s mark is nobody’s', async () => {
    const params = await names();
    for (const id of [...pages.reading, ...pages.panel]) {
      const { path } = pathOf(id, params);
      const { status, headers } = await call(null, 'get', path);
      expect(status).toBe(303);
      expect(headers.get('location')).toBe(`/sign-in?return=${encodeURIComponent(path)}`);
    }
    for (const id of pages.writing) {
      const { path } = pathOf(id, params);
      expect((await call(null, 'post', path)).headers.get('location')).toBe('/sign-in');
      expect((await (await web.as(sam)).post(web.url + path, { reason: 'x' })).status).toBe(403);
      const { csrf = '' } = hiddenOf(await look(sam, '/requests/new'));
      const abroad = { 'sec-fetch-site': 'cross-site' };
      expect((await (await web.as(sam)).post(web.url + path, { csrf, reason: 'x' }, abroad)).status).toBe(
        403,
      );
    }
  });

  it('says what is wrong in a page to a browser, and as a problem to a program', async () => {
    const visitor = await web.as(sam);
    const page = await visitor.send(`${web.url}/requests/AR-999999`, { headers: { accept: 'text/html' } });
    expect(page.status).toBe(404);
    expect(page.headers.get('content-type')).toContain('text/html');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    const problem = await visitor.send(`${web.url}/requests/AR-999999`);
    expect(problem.headers.get('content-type')).toContain('application/problem+json');
  });

  it('is light: the first one with all it needs is under 100 kB', async () => {
    const visitor = await web.as(sam);
    const gzip = { 'accept-encoding': 'gzip' };
    const home = await visitor.send(`${web.url}/`);
    const files = [...home.text.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map(([, file = '']) => file);
    expect(files.length).toBeGreaterThan(3);
    let bytes = Buffer.byteLength(home.text);
    for (const file of files) {
      const { headers, status } = await visitor.send(web.url + file, { headers: gzip });
      expect(status).toBe(200);
      expect(headers.get('cache-control')).toContain('immutable');
      bytes += Number(headers.get('content-length'));
    }
    expect(bytes).toBeLessThan(100_000);
    expect((await visitor.send(`${web.url}/assets/nothing.css`)).status).toBe(404);
  });
});
