import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startIdentity, type Listening } from '../support/identity.ts';
import { csrfOf, enrol, type Said, sayAs, signedIn, stepUp } from '../support/passkeys.ts';
import { type SoftKey, useKey } from '../support/soft-authenticator.ts';
import { caep, connect, email as subject, follow } from '../support/signals.ts';
import { hiddenOf, onwardOf, signIn, startWeb, Visitor, type WebApi } from '../support/web.ts';

// What policy wants of whoever asks it wants of whoever approves, and what somebody signs with a passkey is exactly what they do.

const sam = 'sam@northwind.example';
const priya = 'priya@northwind.example';
const marek = 'marek@northwind.example';

let web: WebApi;
let identity: Listening;
beforeAll(async () => {
  web = await startWeb();
  identity = await startIdentity(web.ledger, web.url);
});
afterAll(async () => {
  await identity.stop();
  await web.stop();
});

const wish = {
  resource: 'globex-env',
  entitlement: 'operate',
  period: 'PT2H',
  ticket: 'NW-4821',
  justification: 'Replay the import',
};
const needed = { status: 403, body: { type: 'urn:tenure:problem:step-up-required' } };

async function asked(by = sam): Promise<{ id: string; reference: string }> {
  return (await web.http.call(by, 'POST', '/v1/access-requests', wish)).body;
}
const decide = (who: string, id: string, body: object, amr?: string[]) =>
  web.http.call(who, 'POST', `/v1/access-requests/${id}/decisions`, body, amr ? { amr } : {});

async function reasons(requestId: string): Promise<string[]> {
  const rows = await web.ledger.owner.db.execute<{ said: string }>(sql`
    select e.type || ': ' || t.reason as said from audit_event e join audit_text t on t.event_id = e.id
    where e.request_id = ${requestId} order by e.id`);
  return rows.map(({ said }) => said);
}

/** Somebody with a passkey whose session has no second factor again. */
async function withPasskey(email: string): Promise<{ visitor: Visitor; key: SoftKey }> {
  await web.ledger.owner.db.execute(sql`update passkey set revoked_at = tenure_now(), revoked_by = 'removal'
    where revoked_at is null and person_id = (select id from person where email = ${email})`);
  const { key, said } = await enrol(web, await signedIn(web, email));
  expect(said.status).toBe(201);
  return { visitor: await signedIn(web, email), key };
}

describe('Approvals', () => {
  it('take the second factor that the request took; denying takes none', async () => {
    const request = await asked();
    expect(await decide(priya, request.id, { decision: 'approve' }, ['pwd'])).toMatchObject(needed);
    expect((await reasons(request.id)).at(-1)).toBe('decision.refused: decision: step-up-required');
    expect((await decide(priya, request.id, { decision: 'approve' })).status).toBe(201);
    const other = await asked();
    const denial = { decision: 'deny', comment: 'Not today' };
    expect((await decide(priya, other.id, denial, ['pwd'])).status).toBe(201);
    // What needs none to be asked for needs none to be approved.
    const read = { ...wish, entitlement: 'read' };
    const { body } = await web.http.call(sam, 'POST', '/v1/access-requests', read, { amr: ['pwd'] });
    expect(body).toMatchObject({ needs_mfa: false, max_age: null });
    expect((await decide(priya, body.id, { decision: 'approve' }, ['pwd'])).status).toBe(201);
  });
});

describe('The token from before a step-up', () => {
  it('shows nothing of it, changes nothing, and ends nothing of what was under way', async () => {
    const { visitor, key } = await withPasskey(sam);
    const old = visitor.copy();
    expect((await stepUp(web, visitor, key, { kind: 'session' })).status).toBe(201);
    const me = async (who: typeof visitor) => who.send(`${web.url}/v1/me`);
    const mine: { amr: string[] } = JSON.parse((await me(visitor)).text);
    expect(mine.amr).toContain('mfa');
    const before = await me(old);
    expect(before.status).toBe(200);
    expect(JSON.parse(before.text).amr).toEqual([]);
    expect((await sayAs(web, old, '/v1/access-requests', wish)).status).toBe(401);
    expect((await sayAs(web, old, '/v1/access-requests/preview', wish)).status).toBe(401);
    expect((await sayAs(web, visitor, '/v1/access-requests', wish)).status).toBe(201);
  });
});

describe('With a passkey', () => {
  it('somebody signs what they ask for, and the records name it', async () => {
    const { visitor, key } = await withPasskey(sam);
    expect(await sayAs(web, visitor, '/v1/access-requests', wish)).toMatchObject(needed);
    const begun = await sayAs(web, visitor, '/v1/passkeys/step-up', {
      for: { kind: 'access_request', ask: wish },
    });
    expect(begun.body.signs).toEqual({
      kind: 'access_request',
      words: "operate on Globex's environment, 2\u00a0h, NW-4821",
    });
    const credential = useKey(web.url, begun.body.options, key);
    const { body: signed } = await sayAs(web, visitor, '/v1/passkeys/step-up/answer', { credential });
    expect(signed).toMatchObject({ id: begun.body.id, amr: ['hwk', 'user', 'mfa'] });
    // Not for more than was signed, not by anybody else, and not twice.
    for (const other of [{ period: 'PT4H' }, { resource: 'acme-env' }, { ticket: undefined }]) {
      const differs = { ...wish, ...other, signed: signed.id };
      expect((await sayAs(web, visitor, '/v1/access-requests', differs)).status).not.toBe(201);
    }
    const mei = await signedIn(web, 'mei@northwind.example', { amr: ['mfa'] });
    expect(await sayAs(web, mei, '/v1/access-requests', { ...wish, signed: signed.id })).toMatchObject(
      needed,
    );
    const made = await sayAs(web, visitor, '/v1/access-requests', { ...wish, signed: signed.id });
    expect(made.status).toBe(201);
    const [row] = await web.ledger.owner.db.execute<{ id: string }>(
      sql`select passkey_id as id from passkey_challenge where id = ${signed.id}`,
    );
    expect(await reasons(made.body.id)).toEqual([
      `access_request.asked: Replay the import (signed by passkey ${row?.id})`,
    ]);
    expect((await sayAs(web, visitor, '/v1/access-requests', { ...wish, signed: signed.id })).status).toBe(
      403,
    );
  });

  it('an approver signs exactly this decision on exactly this request', async () => {
    const { visitor, key } = await withPasskey(priya);
    const [one, other] = [await asked(), await asked()];
    const approve = { kind: 'decision', request: one.reference, decision: 'approve' };
    const { body: signed } = await stepUp(web, visitor, key, approve);
    const send = (id: string, body: object) =>
      sayAs(web, visitor, `/v1/access-requests/${id}/decisions`, { ...body, signed: signed.id });
    expect(await send(other.id, { decision: 'approve' })).toMatchObject(needed);
    expect(await send(one.id, { decision: 'deny', comment: 'No' })).toMatchObject(needed);
    const decided = await send(one.id, { decision: 'approve', comment: 'Fine' });
    expect(decided).toMatchObject({ status: 201, body: { signed_by: expect.stringMatching(/^pk_/) } });
    expect(await reasons(one.id)).toContain(
      `decision.recorded: Fine (signed by passkey ${decided.body.signed_by})`,
    );
    // The signature is kept and can be checked: its challenge is made of what was signed.
    const rows = await web.ledger.owner.db.execute<{ signs: object; assertion: object }>(
      sql`select signs, assertion from passkey_challenge where id = ${signed.id}`,
    );
    expect(rows[0]).toMatchObject({
      signs: { kind: 'decision', about: one.id, verb: 'approve' },
      assertion: { signature: expect.any(String), clientDataJSON: expect.any(String) },
    });
  });

  it('nobody’s session is stepped up by another’s key, session or answer', async () => {
    const { visitor: hers, key: herKey } = await withPasskey(priya);
    const { visitor: his, key: hisKey } = await withPasskey(marek);
    const refused = { status: 403, body: { type: 'urn:tenure:problem:passkey-refused' } };
    const { body } = await sayAs(web, hers, '/v1/passkeys/step-up', {});
    const foreign = useKey(web.url, body.options, hisKey);
    expect(await sayAs(web, hers, '/v1/passkeys/step-up/answer', { credential: foreign })).toMatchObject(
      refused,
    );
    const again = await sayAs(web, hers, '/v1/passkeys/step-up', {});
    const credential = useKey(web.url, again.body.options, herKey);
    expect(await sayAs(web, his, '/v1/passkeys/step-up/answer', { credential })).toMatchObject(refused);
    const otherSession = await signedIn(web, priya);
    expect(await sayAs(web, otherSession, '/v1/passkeys/step-up/answer', { credential })).toMatchObject(
      refused,
    );
    expect((await sayAs(web, hers, '/v1/passkeys/step-up/answer', { credential })).status).toBe(201);
    for (const lies of [
      { origin: 'https://x.example' },
      { rpId: 'x' },
      { isUnverified: true },
      { counter: 1 },
    ])
      expect(await stepUp(web, hers, herKey, { kind: 'session' }, lies)).toMatchObject(refused);
    const without = await signedIn(web, 'omar@northwind.example');
    expect(await sayAs(web, without, '/v1/passkeys/step-up', {})).toMatchObject(refused);
    const foreignRequest = { kind: 'decision', request: 'AR-999999', decision: 'approve' };
    expect((await sayAs(web, hers, '/v1/passkeys/step-up', { for: foreignRequest })).status).toBe(404);
    // Without the mark of the session’s own page nothing is begun.
    const forged = await hers.send(`${web.url}/v1/passkeys/step-up`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' },
      body: '{}',
    });
    expect(forged.status).toBe(403);
  });
});

describe('A fresh sign-in', () => {
  it('is asked of whoever asks and whoever approves where policy says so, and not when access begins', async () => {
    const decideFresh: WebApi['http']['api'] = web.http.over({
      publicUrl: web.url,
      decide: (question) => ({
        outcome: 'needs_approval',
        stages: [
          { name: 'support-lead of vendor', roleKey: 'support-lead', of: 'vendor', needed: 1, text: 'x' },
        ],
        needs: [{ kind: 'fresh', text: 'Show once more that it’s you.' }],
        missing: (question.assurance.ageMs ?? 0) > 15 * 60_000 ? ['fresh'] : [],
        freshMs: 15 * 60_000,
        longest: 'PT4H',
        reported: false,
        policyVersion: 'sha256:test',
        policies: [],
      }),
    });
    const call = async (visitor: Visitor, path: string, body: object): Promise<Said> => {
      const cookie = [...(visitor.cookies.get('localhost') ?? [])].map((one) => one.join('=')).join('; ');
      const headers = {
        cookie,
        'content-type': 'application/json',
        'sec-fetch-site': 'same-origin',
        'x-tenure-csrf': await csrfOf(web, visitor),
      };
      const answer = await decideFresh.request(path, { method: 'POST', headers, body: JSON.stringify(body) });
      return { status: answer.status, body: await answer.json() };
    };
    const [old, fresh] = [
      await signedIn(web, sam, { amr: ['mfa'], agoMs: 16 * 60_000 }),
      await signedIn(web, sam, { amr: ['pwd'], agoMs: 14 * 60_000 }),
    ];
    expect(await call(old, '/v1/access-requests', wish)).toMatchObject({
      ...needed,
      body: { ...needed.body, max_age: 900 },
    });
    const made = await call(fresh, '/v1/access-requests', wish);
    expect(made).toMatchObject({ status: 201, body: { needs_mfa: false, max_age: 900 } });
    const path = `/v1/access-requests/${made.body.id}/decisions`;
    const late = await signedIn(web, priya, { amr: ['mfa'], agoMs: 16 * 60_000 });
    expect(await call(late, path, { decision: 'approve' })).toMatchObject(needed);
    const prompt = await signedIn(web, priya, { amr: ['pwd'] });
    expect((await call(prompt, path, { decision: 'approve' })).status).toBe(201);
  });
});

describe('On the pages, without a script', () => {
  it('a second factor is asked of the provider, and what was typed is kept', async () => {
    const visitor = new Visitor();
    await signIn(visitor, web.url, sam, 'pwd');
    const form = {
      csrf: await csrfOf(web, visitor),
      resource: 'globex-env',
      entitlement: 'operate',
      period: 'PT2H',
      ticket: 'NW-4821',
      why: `Replay last night’s import & more? ${'x'.repeat(900)}`,
    };
    const refusal = await visitor.post(`${web.url}/requests`, form);
    expect(refusal.status).toBe(403);
    expect(refusal.text).toContain('Your request wasn’t sent');
    expect(refusal.text).toContain('This needs a second factor');
    expect(refusal.text).toContain('formaction="/sign-in/step-up?return=%2Frequests%2Fnew"');
    const going = await visitor.post(`${web.url}/sign-in/step-up?return=%2Frequests%2Fnew`, form);
    const interaction = await visitor.open(onwardOf(going));
    const back = await visitor.submit(interaction.url, { person: sam, how: 'mfa' });
    const hidden = Object.fromEntries(
      [...back.text.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)].map((one) => [
        one[1] ?? '',
        (one[2] ?? '').replaceAll('&amp;', '&'),
      ]),
    );
    const kept = await visitor.submit(`${web.url}/sign-in/callback`, hidden);
    expect(kept.url).toContain('/requests/new?');
    expect(kept.text).toContain(`Replay last night’s import &amp; more? ${'x'.repeat(900)}`);
    expect(kept.text).not.toContain('This needs a second factor');
    expect(kept.url).not.toContain(form.csrf);
    const sent = await visitor.post(`${web.url}/requests`, { ...form, csrf: await csrfOf(web, visitor) });
    expect(sent.status).toBe(303);
  });

  it('an approver sees what is needed before they press, and the comment is kept', async () => {
    const request = await asked();
    const visitor = new Visitor();
    await signIn(visitor, web.url, priya, 'pwd');
    const page = await visitor.open(`${web.url}/approvals/${request.reference}`);
    expect(page.text).toContain('This needs a second factor');
    const csrf = await csrfOf(web, visitor);
    const digest = /name="digest" value="([^"]+)"/.exec(page.text)?.[1] ?? '';
    const form = { csrf, digest, decision: 'approve', comment: 'Go on' };
    const refusal = await visitor.post(`${web.url}/approvals/${request.reference}`, form);
    expect(refusal.status).toBe(403);
    expect(refusal.text).toContain('Go on');
    const going = await visitor.post(
      `${web.url}/sign-in/step-up?return=%2Fapprovals%2F${request.reference}`,
      form,
    );
    expect(going.status).toBe(200);
    const kept = await visitor.open(`${web.url}/approvals/${request.reference}?comment=Go+on`);
    expect(kept.text).toContain('>Go on</textarea>');
    const stronger = await signedIn(web, priya, { amr: ['mfa'] });
    const plain = await stronger.open(`${web.url}/approvals/${request.reference}`);
    expect(plain.text).not.toContain('This needs a second factor');
  });

  it('whoever’s credentials have changed since they signed in is led on, to approve, to deny and to ask for more', async () => {
    const globex = { ...wish, entitlement: 'read', customer: 'globex' };
    const waiting = (await web.http.call(sam, 'POST', '/v1/access-requests', globex)).body;
    const held = (await web.http.call(sam, 'POST', '/v1/access-requests', globex)).body;
    await decide(priya, held.id, { decision: 'approve' });
    await web.http.provision(held.id);
    const [approver, holder] = [new Visitor(), new Visitor()];
    await signIn(approver, web.url, priya, 'mfa');
    await signIn(holder, web.url, sam, 'mfa');
    const pages = [
      [approver, `/approvals/${waiting.reference}`],
      [holder, `/requests/${held.reference}/extension`],
    ] as const;
    for (const [visitor, path] of pages)
      expect((await visitor.open(web.url + path)).text).not.toContain('/sign-in/step-up');
    const ours = await connect(web.http, 'omar@northwind.example', 'northwind');
    const at = {
      event_timestamp: Math.floor(Date.now() / 1_000) + 1,
      change_type: 'update',
      credential_type: 'password',
    };
    for (const who of [priya, sam]) await ours.say(`${caep}credential-change`, subject(who), at);
    await follow(web.http);
    for (const [visitor, path] of pages)
      expect((await visitor.open(web.url + path)).text).toContain('/sign-in/step-up');
    const page = await approver.open(`${web.url}/approvals/${waiting.reference}`);
    // What policy wants nothing for does here, so that the script has it signed as well.
    expect(page.text).toContain('data-for-any');
    const refusal = await approver.post(`${web.url}/approvals/${waiting.reference}`, {
      ...hiddenOf(page),
      decision: 'deny',
      comment: 'Not now',
    });
    expect(refusal.status).toBe(403);
    expect(refusal.text).toContain('Not now');
    expect(refusal.text).toContain('/sign-in/step-up');
  });

  it('one’s passkeys are listed and removed; another’s is not there', async () => {
    const { visitor: weak } = await withPasskey(priya);
    const visitor = await signedIn(web, priya, { amr: ['mfa'] });
    const page = await visitor.open(`${web.url}/account/passkeys`);
    expect(page.text).toContain('You have one passkey');
    const id = /passkeys\/(pk_\w+)\/revocation/.exec(page.text)?.[1] ?? '';
    const marekToo = await withPasskey(marek);
    const his = /passkeys\/(pk_\w+)\/revocation/.exec(
      (await marekToo.visitor.open(`${web.url}/account/passkeys`)).text,
    )?.[1];
    const csrf = await csrfOf(web, visitor);
    const remove = (one: string) => visitor.post(`${web.url}/account/passkeys/${one}/revocation`, { csrf });
    expect((await remove(his ?? '')).status).toBe(404);
    expect((await remove('pk_01kb3x5h9vf2m6q0t4w8z1c5gj')).status).toBe(404);
    const rename = (one: string, name: string) =>
      visitor.post(`${web.url}/account/passkeys/${one}/renaming`, { csrf, name });
    expect((await rename(his ?? '', 'Mine now')).status).toBe(404);
    const long = await rename(id, 'x'.repeat(61));
    expect(long.status).toBe(422);
    expect(long.text).toContain('At most 60 characters.');
    expect((await rename(id, ' ')).status).toBe(422);
    expect((await rename(id, ' The key on my <ring> ')).status).toBe(303);
    const renamed = await visitor.open(`${web.url}/account/passkeys`);
    expect(renamed.text).toContain('<h3>The key on my &lt;ring&gt;</h3>');
    const noted = await web.ledger.owner.db.execute(
      sql`select organization_id as whose from audit_event where type = 'passkey.renamed' and subject_id = ${id}`,
    );
    expect([...noted]).toEqual([{ whose: expect.stringMatching(/^org_/) }]);
    // Who has only a password neither adds nor removes one.
    const form = { csrf: await csrfOf(web, weak) };
    const refusal = await weak.post(`${web.url}/account/passkeys/${id}/revocation`, form);
    expect(refusal.status).toBe(403);
    expect(refusal.text).toContain('First show once more that it’s you');
    expect((await remove(id)).status).toBe(303);
    const again = await remove(id);
    expect(again.status).toBe(409);
    expect(again.text).toContain('You have no passkeys yet');
  });
});
