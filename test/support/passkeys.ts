import { sql } from 'drizzle-orm';
import { newSessionToken, sessionCookie, sessionHashes } from '../../crypto/session-token.ts';
import { unseal } from '../../crypto/sealing.ts';
import { createWelcome, voidWelcomes, welcomeContext } from '../../db/queries/welcome.ts';
import { newId } from '../../domain/ids.ts';
import { type Lies, makeKey, type SoftKey, useKey } from './soft-authenticator.ts';
import { hiddenOf, type Shown, Visitor, type WebApi } from './web.ts';

/** What was answered to a call of a page's script. */
export interface Said {
  status: number;
  // Tests look into bodies of many shapes.
  // oxlint-disable-next-line typescript/no-explicit-any
  body: any;
}

const fromHere = { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' };

/** What a page's script sends. */
export async function say(
  visitor: Visitor,
  url: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Said> {
  const shown = await visitor.send(url, {
    method: 'POST',
    headers: { ...fromHere, ...headers },
    body: JSON.stringify(body),
  });
  return { status: shown.status, body: JSON.parse(shown.text) };
}

/** A welcome's link for somebody, as only the mail has it. */
export async function welcomeLink({ http, ledger, url }: WebApi, email: string): Promise<string> {
  const rows = await ledger.owner.db.execute<{ id: string; organization: string }>(
    sql`select id, organization_id as organization from person where email = ${email}`,
  );
  const { id: personId = '', organization: organizationId = '' } = rows[0] ?? {};
  const { sealing } = http.ledger.keys;
  await voidWelcomes(ledger.system.db, personId);
  const wish = {
    personId,
    organizationId,
    processId: null,
    forMs: 3_600_000,
    invitedBy: null,
    sealing,
  };
  const id = await createWelcome(ledger.system.db, wish);
  const sealed = await ledger.owner.db.execute<{ token: string }>(
    sql`select sealed_token as token from welcome where id = ${id}`,
  );
  return `${url}/welcome/${unseal(sealing, sealed[0]?.token ?? '', welcomeContext(id))}`;
}

/** Opens a welcome's link and confirms it. */
export async function confirm(visitor: Visitor, link: string): Promise<Shown> {
  const page = hiddenOf(await visitor.send(link));
  return visitor.post(link, { ...page, me: 'yes' });
}

/** Everything up to the passkey that the welcome's page makes; the browser is signed in by it. */
export async function joinByPasskey(
  web: WebApi,
  email: string,
): Promise<{ visitor: Visitor; key: SoftKey; said: Said }> {
  const visitor = new Visitor();
  await confirm(visitor, await welcomeLink(web, email));
  const { body } = await say(visitor, `${web.url}/sign-in/passkey/welcome/options`, {});
  const { key, credential } = makeKey(web.url, body);
  const said = await say(visitor, `${web.url}/sign-in/passkey/welcome`, { credential });
  return { visitor, key, said };
}

/** Signs in by a passkey, honestly unless told otherwise. */
export async function signInBy(web: WebApi, visitor: Visitor, key: SoftKey, lies: Lies = {}): Promise<Said> {
  const { body } = await say(visitor, `${web.url}/sign-in/passkey/options`, {});
  return say(visitor, `${web.url}/sign-in/passkey`, { credential: useKey(web.url, body, key, lies) });
}

/** A browser that is signed in, as if by a provider that said this about how, so long ago. */
export async function signedIn(
  { ledger, url }: WebApi,
  email: string,
  { amr = ['pwd'], agoMs = 0 }: { amr?: string[]; agoMs?: number } = {},
): Promise<Visitor> {
  const words = newSessionToken();
  const { familyHash, tokenHash } = sessionHashes(words);
  await ledger.owner.db.execute(sql`
    insert into session (id, person_id, organization_id, method, family_hash, token_hash, amr, auth_time, ends_at, idle_ends_at, browser)
    select ${newId('ses')}, id, organization_id, 'passkey', ${familyHash}, ${tokenHash}, ${`{${amr.join()}}`}::text[],
      tenure_now() - ${agoMs} * interval '1 millisecond', tenure_now() + interval '1 hour', tenure_now() + interval '1 hour', 'Test'
    from person where email = ${email}`);
  const [installation] = await ledger.owner.db.execute<{ id: string }>(sql`select id from installation`);
  const visitor = new Visitor();
  visitor.cookies.set(
    new URL(url).hostname,
    new Map([[`tenure-${installation?.id ?? ''}-session`, sessionCookie(words)]]),
  );
  return visitor;
}

/** What a signed-in page's forms and scripts repeat. */
export async function csrfOf(web: WebApi, visitor: Visitor): Promise<string> {
  return hiddenOf(await visitor.open(`${web.url}/account/passkeys`))['csrf'] ?? '';
}

/** A call of a signed-in page's script. */
export async function sayAs(web: WebApi, visitor: Visitor, path: string, body: unknown): Promise<Said> {
  return say(visitor, web.url + path, body, { 'x-tenure-csrf': await csrfOf(web, visitor) });
}

/** Makes a passkey with a session that is fresh. */
export async function enrol(
  web: WebApi,
  visitor: Visitor,
  name = 'Test',
): Promise<{ said: Said; key: SoftKey }> {
  const { body } = await sayAs(web, visitor, '/v1/passkeys/options', {});
  const { key, credential } = makeKey(web.url, body);
  return { said: await sayAs(web, visitor, '/v1/passkeys', { name, credential }), key };
}

/** Signs something and steps the session up. */
export async function stepUp(
  web: WebApi,
  visitor: Visitor,
  key: SoftKey,
  what: object,
  lies: Lies = {},
): Promise<Said> {
  const { body } = await sayAs(web, visitor, '/v1/passkeys/step-up', { for: what });
  const credential = useKey(web.url, body.options, key, lies);
  return sayAs(web, visitor, '/v1/passkeys/step-up/answer', { credential });
}
