import { sql } from 'drizzle-orm';
import type { Actor } from '../../domain/audit-event.ts';
import { newId } from '../../domain/ids.ts';
import type { PasskeyEnd, PasskeyMaker } from '../../domain/passkey.ts';
import { appendAudit, appendAudits } from '../audit.ts';
import type { Executor } from '../client.ts';
import { iso, type Page, type PageWish, pageOf } from './instant.ts';
import { activeNow, type PersonView, personJson } from './person.ts';
import { anyOf, textArray } from './texts.ts';
import { fixed } from './fixed.ts';

/** A key as an authenticator has made it. */
export interface NewPasskey {
  personId: string;
  organizationId: string;
  /** base64url, as are the next. */
  credentialId: string;
  publicKey: string;
  counter: number;
  transports: readonly string[];
  backedUp: boolean;
  name: string;
  madeBy: PasskeyMaker;
  /** The used challenge that it was made with. */
  challengeId: string;
  actor: Actor;
}

/**
 * Writes a passkey with its audit event, with the eyes of its person. Returns its id.
 * @throws TN033 without a right to make one, TN036 when they have as many as there may be; a duplicate when somebody has this one
 */
export async function insertPasskey(tx: Executor, wish: NewPasskey): Promise<string> {
  const id = newId('pk');
  const { personId, organizationId, actor } = wish;
  await tx.execute(sql`
    insert into passkey (id, person_id, organization_id, credential_id, public_key, counter, transports, backed_up, name, made_by,
      challenge_id)
    values (${id}, ${personId}, ${organizationId}, ${wish.credentialId}, ${wish.publicKey}, ${wish.counter},
      ${textArray(wish.transports)}, ${wish.backedUp}, ${wish.name}, ${wish.madeBy}, ${wish.challengeId})`);
  await appendAudit(tx, {
    type: 'passkey.enrolled',
    actor,
    subject: { kind: 'passkey', id },
    organizationId,
    holderOrganizationId: organizationId,
    reason: wish.madeBy === 'welcome' ? 'by a welcome' : 'by their own session',
  });
  return id;
}

/** A passkey as far as using it needs it, with whose it is. */
export interface UsablePasskey {
  id: string;
  personId: string;
  organizationId: string;
  person: string;
  credentialId: string;
  publicKey: string;
  transports: string[];
  /** Its person works here now, and neither they nor their organization are suspended. */
  isHere: boolean;
  /** An identity provider says who is who in their organization: passkeys let nobody in there. */
  hasProvider: boolean;
  /** `vendor` or `customer`. */
  organizationKind: 'vendor' | 'customer';
}

/** The live passkey with that credential id, whoever's it is, within what the scope sees; null when there is none. */
export async function findPasskey(tx: Executor, credentialId: string): Promise<UsablePasskey | null> {
  const rows = await tx.execute<UsablePasskey & Record<string, unknown>>(sql`
    select k.id, k.person_id as "personId", k.organization_id as "organizationId", p.name as person,
      k.credential_id as "credentialId", k.public_key as "publicKey", k.transports,
      ${activeNow(sql`p`)} and o.suspended_at is null as "isHere", o.kind as "organizationKind",
      exists (select 1 from sign_in_provider i where i.organization_id = o.id and i.state = 'live') as "hasProvider"
    from passkey k join person p on p.id = k.person_id join organization o on o.id = k.organization_id
    where k.credential_id = ${credentialId} and k.revoked_at is null`);
  return rows[0] ?? null;
}

/**
 * Notes that a passkey was used, with the eyes of its person. False when its counter has not gone on: then there are two of it,
 * or it was revoked meanwhile.
 */
export async function notePasskeyUse(
  tx: Executor,
  use: { id: string; counter: number; backedUp: boolean },
): Promise<boolean> {
  const rows = await tx.execute(sql`
    update passkey set counter = ${use.counter}, backed_up = ${use.backedUp}, last_used_at = tenure_now()
    where id = ${use.id} and revoked_at is null and (counter < ${use.counter} or (counter = 0 and ${use.counter} = 0))
    returning 1`);
  return rows.length > 0;
}

/** Notes that somebody tried a passkey in a way that it cannot be used in. `why`: closed words. */
export function notePasskeyRefusal(
  tx: Executor,
  about: { id: string; organizationId: string; actor: Actor; why: string },
): Promise<void> {
  return appendAudit(tx, {
    type: 'passkey.refused',
    actor: about.actor,
    subject: { kind: 'passkey', id: about.id },
    organizationId: about.organizationId,
    holderOrganizationId: about.organizationId,
    reason: about.why,
  });
}

/** Which passkeys: one, or those of people. */
export type PasskeyChoice = { id: string } | { personIds: readonly string[] };

/** Revokes passkeys, each with its audit event; those that were revoked already are left alone. Returns which. */
export async function revokePasskeys(
  tx: Executor,
  which: PasskeyChoice,
  end: { by: PasskeyEnd; actor: Actor; reason?: string | null },
): Promise<string[]> {
  const { by, actor, reason = null } = end;
  const byPerson = actor.kind === 'person' ? sql`, revoked_by_person = ${actor.id}` : sql``;
  const chosen = 'id' in which ? sql`id = ${which.id}` : sql`person_id = ${anyOf(which.personIds)}`;
  const rows = await tx.execute<{ id: string; organizationId: string }>(sql`
    update passkey set revoked_at = tenure_now(), revoked_by = ${by}${byPerson}
    where ${chosen} and revoked_at is null returning id, organization_id as "organizationId"`);
  await appendAudits(
    tx,
    rows.map(({ id, organizationId }) => ({
      type: 'passkey.revoked',
      actor,
      subject: { kind: 'passkey', id },
      organizationId,
      holderOrganizationId: organizationId,
      reason: reason === null ? by : `${by}: ${reason}`,
    })),
  );
  return rows.map(({ id }) => id);
}

/** Calls a live passkey of that person otherwise, with its audit event, which does not say the name. False when there is none. */
export async function renamePasskey(
  tx: Executor,
  wish: { id: string; personId: string; name: string; actor: Actor },
): Promise<boolean> {
  const { id, personId, name, actor } = wish;
  const rows = await tx.execute<{ organizationId: string }>(sql`
    update passkey set name = ${name} where id = ${id} and person_id = ${personId} and revoked_at is null
    returning organization_id as "organizationId"`);
  const [row] = rows;
  if (!row) return false;
  await appendAudit(tx, {
    type: 'passkey.renamed',
    actor,
    subject: { kind: 'passkey', id },
    organizationId: row.organizationId,
    holderOrganizationId: row.organizationId,
    reason: null,
  });
  return true;
}

/** A passkey as its person, and whoever may remove it, sees it. Instants are ISO 8601 UTC. */
export interface PasskeyView {
  id: string;
  person: PersonView;
  name: string;
  madeBy: PasskeyMaker;
  /** It is copied between devices. */
  backedUp: boolean;
  madeAt: string;
  lastUsedAt: string | null;
  revokedAt: string | null;
  revokedBy: PasskeyEnd | null;
}

const view =
  fixed(sql`k.id, ${personJson(sql`k.person_id`)} as person, k.name, k.made_by as "madeBy", k.backed_up as "backedUp",
  ${iso(sql`k.made_at`)} as "madeAt", ${iso(sql`k.last_used_at`)} as "lastUsedAt", ${iso(sql`k.revoked_at`)} as "revokedAt",
  k.revoked_by as "revokedBy"`);

/** A person's live passkeys, newest first. */
export async function listPasskeys(
  tx: Executor,
  wish: { personId: string; page: PageWish },
): Promise<Page<PasskeyView>> {
  const { personId, page } = wish;
  const after = page.after === null ? sql`` : sql` and k.id < ${page.after}`;
  const rows = await tx.execute<PasskeyView & Record<string, unknown>>(sql`
    select ${view} from passkey k where k.person_id = ${personId} and k.revoked_at is null${after}
    order by k.id desc limit ${page.limit + 1}`);
  return pageOf([...rows], page.limit, ({ id }) => id);
}

/** One passkey, revoked or not; null when there is none that the scope may know. */
export async function readPasskey(
  tx: Executor,
  id: string,
): Promise<(PasskeyView & { personId: string }) | null> {
  const rows = await tx.execute<PasskeyView & { personId: string } & Record<string, unknown>>(sql`
    select ${view}, k.person_id as "personId" from passkey k where k.id = ${id}`);
  return rows[0] ?? null;
}

/** What a browser is told of a person's live passkeys, so that it offers or leaves out these. */
export async function knownCredentials(
  tx: Executor,
  personId: string,
): Promise<{ id: string; transports: string[] }[]> {
  const rows = await tx.execute<{ id: string; transports: string[] }>(sql`
    select k.credential_id as id, k.transports from passkey k where k.person_id = ${personId} and k.revoked_at is null order by k.id`);
  return [...rows];
}

/** What decides whether somebody may make one more: those that they have, and the ledger's clock (ms since the epoch). */
export async function enrolmentFacts(
  tx: Executor,
  personId: string,
): Promise<{ known: { id: string; transports: string[] }[]; nowMs: number }> {
  const [known, clock] = await Promise.all([
    knownCredentials(tx, personId),
    tx.execute<{ nowMs: number }>(sql`select (extract(epoch from tenure_now()) * 1000)::float8 as "nowMs"`),
  ]);
  return { known, nowMs: clock[0]?.nowMs ?? 0 };
}

/** How somebody can show once more who they are. */
export interface StepUpWays {
  /** How many passkeys they have. */
  passkeys: number;
  /** The name of the live provider that their session came by. */
  provider: string | null;
}

/** How somebody can show once more who they are, as far as the ledger knows. */
export async function readStepUpWays(
  tx: Executor,
  whose: { personId: string; sessionId: string | null },
): Promise<StepUpWays> {
  const rows = await tx.execute<StepUpWays & Record<string, unknown>>(sql`
    select (select count(*)::int from passkey k where k.person_id = ${whose.personId} and k.revoked_at is null) as passkeys,
      (select i.name from session s join sign_in_provider i on i.id = s.provider_id
        where s.id = ${whose.sessionId} and i.state = 'live') as provider`);
  return rows[0] ?? { passkeys: 0, provider: null };
}

/** Whether somebody can sign in: their organization has an identity provider, or they have a passkey. */
export async function hasWayIn(
  tx: Executor,
  whose: { personId: string; organizationId: string },
): Promise<boolean> {
  const rows = await tx.execute<{ has: boolean }>(sql`
    select tenure_has_provider(${whose.organizationId})
      or exists (select 1 from passkey k where k.person_id = ${whose.personId} and k.revoked_at is null) as has`);
  return rows[0]?.has ?? false;
}
