import { type SQL, sql } from 'drizzle-orm';
import type { Actor } from '../../domain/audit-event.ts';
import { newId } from '../../domain/ids.ts';
import { limits } from '../../domain/limits.ts';
import type { SessionEnd, SessionMethod } from '../../domain/session.ts';
import { appendAudit, appendAudits } from '../audit.ts';
import type { Executor, Ledger } from '../client.ts';
import { kept } from '../kept.ts';
import { iso, type Page, type PageWish, pageOf } from './instant.ts';
import {
  activeNow,
  type PersonView,
  personJson,
  type PrincipalView,
  principalColumns,
  principalRoles,
} from './person.ts';
import { organizationJson, type KeyedView } from './organization.ts';
import { anyOf, textArray } from './texts.ts';

/** How somebody signed in. Instants are ISO 8601 UTC. */
export interface Assurance {
  /** RFC 8176. */
  amr: readonly string[];
  acr: string | null;
  authTime: string;
}

export interface NewSession extends Assurance {
  personId: string;
  organizationId: string;
  method: SessionMethod;
  /** Of method `oidc`. */
  providerId: string | null;
  /** Of method `passkey`. */
  passkeyId?: string;
  familyHash: string;
  tokenHash: string;
  browser: string;
  actor: Actor;
}

const ms = (span: number) => sql`${span} * interval '1 millisecond'`;

/** Begins a session, with its audit event. @throws TN033 for who may not sign in */
export async function beginSession(tx: Executor, wish: NewSession): Promise<string> {
  const id = newId('ses');
  const { personId, organizationId, amr } = wish;
  await tx.execute(sql`
    insert into session (id, person_id, organization_id, method, provider_id, passkey_id, family_hash, token_hash, amr, acr,
      auth_time, browser,
      ends_at, idle_ends_at)
    select ${id}, ${personId}, ${organizationId}, ${wish.method}, ${wish.providerId}, ${wish.passkeyId ?? null}, ${wish.familyHash}, ${wish.tokenHash},
      ${textArray(amr)}, ${wish.acr}, least(${wish.authTime}::timestamptz, clock.now), ${wish.browser},
      clock.now + ${ms(limits.sessionMs)}, clock.now + ${ms(limits.sessionIdleMs)}
    from (select tenure_now() as now offset 0) clock`);
  await appendAudit(tx, {
    type: 'session.begun',
    actor: wish.actor,
    subject: { kind: 'session', id },
    organizationId,
    holderOrganizationId: organizationId,
    reason: `${wish.method}${wish.passkeyId ? ` ${wish.passkeyId}` : ''}: ${amr.join(' ') || 'nothing said how'}`,
  });
  return id;
}

/** A session as its cookie's word finds it, with whose it is. */
export interface FoundSession extends PrincipalView {
  sessionId: string;
  /** Null where it came otherwise. */
  providerId: string | null;
  /**
   * `former`: what the token was before; `weaker`: the same, and the session was stepped up since, so that it shows nothing of how
   * they signed in; `late`: it was that too long ago; `foreign`: it never was, or long ago.
   */
  token: 'current' | 'former' | 'weaker' | 'late' | 'foreign';
  amr: string[];
  acr: string | null;
  /** Seconds since the epoch. */
  authTime: number;
  expiresAt: number;
  isRotationDue: boolean;
  isSightDue: boolean;
}

/**
 * The session of that family and its person, while both are what they should be; null otherwise. As with a token, this is one
 * statement with the vendor's eyes.
 */
export async function findSession(
  ledger: Ledger,
  familyHash: string,
  tokenHash: string,
): Promise<FoundSession | null> {
  const rows = await session(ledger.db, { familyHash, tokenHash });
  return rows[0] ?? null;
}

const session = kept<FoundSession, 'familyHash' | 'tokenHash'>(
  (given) => sql`
    select found.* from (select set_config('tenure.organization', tenure_vendor(), true) as vendor) scope
    cross join lateral (
      select s.id as "sessionId", s.provider_id as "providerId", case when shown.weaker then '{}' else s.amr end as amr,
        case when not shown.weaker then s.acr end as acr,
        extract(epoch from case when shown.weaker then s.created_at else s.auth_time end)::float8 as "authTime",
        extract(epoch from s.ends_at)::float8 as "expiresAt",
        case when s.token_hash = ${given('tokenHash')} then 'current' when s.former_hash is distinct from ${given('tokenHash')} then 'foreign'
          when s.rotated_at <= tenure_now() - ${ms(limits.sessionGraceMs)} then 'late'
          when shown.weaker then 'weaker' else 'former' end as token,
        s.rotated_at <= tenure_now() - ${ms(limits.sessionRotationMs)} as "isRotationDue",
        s.seen_at <= tenure_now() - ${ms(limits.sessionSeenMs)} as "isSightDue", ${principalColumns}
      from session s join person p on p.id = s.person_id join organization o on o.id = p.organization_id
      ${principalRoles}
      cross join lateral (select s.token_hash <> ${given('tokenHash')} and s.former_is_weaker as weaker) shown
      where s.family_hash = ${given('familyHash')} and s.organization_id = p.organization_id and ${isOpen(sql`s`)}
        and ${activeNow(sql`p`)} and o.suspended_at is null and scope.vendor is not null offset 0) found`,
);

function isOpen(session: SQL): SQL {
  return sql`${session}.ended_at is null and ${session}.ends_at > tenure_now() and ${session}.idle_ends_at > tenure_now()`;
}

/** Notes that a session is used, so that it does not end for idleness. With the eyes of the vendor or its organization. */
export async function noteSight(tx: Executor, sessionId: string): Promise<void> {
  await tx.execute(sql`
    update session set seen_at = tenure_now(), idle_ends_at = least(ends_at, tenure_now() + ${ms(limits.sessionIdleMs)})
    where id = ${sessionId} and ${isOpen(sql`session`)}`);
}

/** Replaces a session's token, unless another call has just done so. */
export async function rotateSession(
  tx: Executor,
  wish: { sessionId: string; tokenHash: string; newTokenHash: string },
): Promise<boolean> {
  const rows = await tx.execute(sql`
    update session set token_hash = ${wish.newTokenHash}, former_hash = token_hash, rotated_at = tenure_now(), seen_at = tenure_now(),
      idle_ends_at = least(ends_at, tenure_now() + ${ms(limits.sessionIdleMs)})
    where id = ${wish.sessionId} and token_hash = ${wish.tokenHash} and ${isOpen(sql`session`)} returning 1`);
  return rows.length > 0;
}

/** Notes that its person has shown anew who they are, and gives the session a new token. False when it is none any more. */
export async function stepUpSession(
  tx: Executor,
  wish: Assurance & { sessionId: string; personId: string; newTokenHash: string; actor: Actor; how: string },
): Promise<boolean> {
  const rows = await tx.execute<{ organizationId: string }>(sql`
    update session set token_hash = ${wish.newTokenHash}, former_hash = token_hash, rotated_at = tenure_now(), seen_at = tenure_now(),
      idle_ends_at = least(ends_at, tenure_now() + ${ms(limits.sessionIdleMs)}), amr = ${textArray(wish.amr)}, acr = ${wish.acr},
      auth_time = least(${wish.authTime}::timestamptz, tenure_now())
    where id = ${wish.sessionId} and person_id = ${wish.personId} and ${isOpen(sql`session`)}
    returning organization_id as "organizationId"`);
  const [stepped] = rows;
  if (!stepped) return false;
  const { organizationId } = stepped;
  await appendAudit(tx, {
    type: 'session.stepped_up',
    actor: wish.actor,
    subject: { kind: 'session', id: wish.sessionId },
    organizationId,
    holderOrganizationId: organizationId,
    reason: `${wish.how}: ${wish.amr.join(' ')}`,
  });
  return true;
}

/** Which sessions: one, those of people, of an organization, those that came by a provider or a passkey, or a person's own (but for one of these). */
export type SessionChoice =
  | { id: string }
  | { familyHash: string }
  | { personIds: readonly string[] }
  | { organizationId: string }
  | { providerId: string }
  | { passkeyId: string; but: string | null }
  | { personId: string; but: string | null };

function chosen(which: SessionChoice): SQL {
  if ('id' in which) return sql`id = ${which.id}`;
  if ('familyHash' in which) return sql`family_hash = ${which.familyHash}`;
  if ('personIds' in which) return sql`person_id = ${anyOf(which.personIds)}`;
  if ('organizationId' in which) return sql`organization_id = ${which.organizationId}`;
  if ('personId' in which)
    return sql`person_id = ${which.personId} and id is distinct from ${which.but}::text`;
  if ('passkeyId' in which)
    return sql`passkey_id = ${which.passkeyId} and id is distinct from ${which.but}::text`;
  return sql`provider_id = ${which.providerId}`;
}

/** Ends sessions, each with its audit event; those that have ended already are left alone. Returns which. */
export async function endSessions(
  tx: Executor,
  which: SessionChoice,
  end: { by: SessionEnd; actor: Actor; reason?: string | null },
): Promise<string[]> {
  const { by, actor, reason = null } = end;
  const byPerson = actor.kind === 'person' ? sql`, ended_by_person = ${actor.id}` : sql``;
  const rows = await tx.execute<{ id: string; organizationId: string }>(sql`
    update session set ended_at = tenure_now(), ended_by = ${by}${byPerson}
    where ${chosen(which)} and ended_at is null returning id, organization_id as "organizationId"`);
  await appendAudits(
    tx,
    rows.map(({ id, organizationId }) => ({
      type: 'session.ended',
      actor,
      subject: { kind: 'session', id },
      organizationId,
      holderOrganizationId: organizationId,
      reason: reason === null ? by : `${by}: ${reason}`,
    })),
  );
  return rows.map(({ id }) => id);
}

/** A session as its person, and whoever may end it, sees it. */
export interface SessionView {
  id: string;
  person: PersonView;
  organization: KeyedView;
  method: SessionMethod;
  provider: { id: string; name: string | null } | null;
  amr: string[];
  acr: string | null;
  authTime: string;
  createdAt: string;
  seenAt: string;
  endsAt: string;
  browser: string;
  isCurrent: boolean;
  endedAt: string | null;
  endedBy: SessionEnd | null;
}

const view = (current: string | null) => sql`s.id, ${personJson(sql`s.person_id`)} as person,
  ${organizationJson(sql`s.organization_id`)} as organization, s.method, case when s.provider_id is not null then
    json_build_object('id', s.provider_id, 'name', (select i.name from sign_in_provider i where i.id = s.provider_id)) end as provider,
  s.amr, s.acr, ${iso(sql`s.auth_time`)} as "authTime", ${iso(sql`s.created_at`)} as "createdAt", ${iso(sql`s.seen_at`)} as "seenAt",
  ${iso(sql`least(s.ends_at, s.idle_ends_at)`)} as "endsAt", s.browser, s.id is not distinct from ${current}::text as "isCurrent",
  ${iso(sql`s.ended_at`)} as "endedAt", s.ended_by as "endedBy"`;

/** The open sessions of a person or of an organization's people, newest first. */
export async function listSessions(
  tx: Executor,
  wish: ({ personId: string } | { organizationId: string }) & { current: string | null; page: PageWish },
): Promise<Page<SessionView>> {
  const { current, page } = wish;
  const whose =
    'personId' in wish
      ? sql`s.person_id = ${wish.personId}`
      : sql`s.organization_id = ${wish.organizationId}`;
  const after = page.after === null ? sql`` : sql` and s.id < ${page.after}`;
  const rows = await tx.execute<SessionView & Record<string, unknown>>(sql`
    select ${view(current)} from session s where ${whose} and ${isOpen(sql`s`)}${after}
    order by s.id desc limit ${page.limit + 1}`);
  return pageOf([...rows], page.limit, ({ id }) => id);
}

/** One session, open or not; null when there is none that the scope may know. */
export async function readSession(
  tx: Executor,
  id: string,
  current: string | null,
): Promise<(SessionView & { personId: string; organizationId: string }) | null> {
  const rows = await tx.execute<
    SessionView & { personId: string; organizationId: string } & Record<string, unknown>
  >(sql`
    select ${view(current)}, s.person_id as "personId", s.organization_id as "organizationId" from session s where s.id = ${id}`);
  return rows[0] ?? null;
}
