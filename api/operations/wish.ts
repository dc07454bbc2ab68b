import type { Executor } from '../../db/client.ts';
import { findOwnRequest } from '../../db/queries/access-request.ts';
import { type QuestionParts, readPolicyQuestion } from '../../db/queries/policy-question.ts';
import { readProvenFrom } from '../../db/queries/signal.ts';
import { type FieldError, TenureError } from '../../domain/errors.ts';
import { limits } from '../../domain/limits.ts';
import { periodMsOrThrow } from '../../domain/period.ts';
import type { PolicyQuestion, PolicyVerdict, StageNeed } from '../../domain/policy.ts';
import type { ApiDeps } from '../deps.ts';
import { type PersonPrincipal, viewerOf } from '../principal.ts';

/** What a person wishes, as it was sent and checked for form. */
export interface Wish {
  resource: string;
  entitlement: string;
  customer?: string | undefined;
  person?: string | undefined;
  /** ISO 8601. */
  period: string;
  /** ISO 8601 UTC. */
  starts_at?: string | undefined;
  ticket?: string | undefined;
  replaces?: string | undefined;
}

type Known<Key extends keyof QuestionParts> = NonNullable<QuestionParts[Key]>;

/** A wish whose names are known things, and what policy says about it. */
export interface Weighed {
  person: Known<'person'>;
  resource: Known<'resource'>;
  organization: Known<'organization'>;
  entitlement: Known<'entitlement'>;
  vendorId: string;
  periodMs: number;
  replacesRequestId: string | null;
  /** The person's open risk signals by name. */
  signals: string[];
  verdict: PolicyVerdict;
}

/** How far in the past a start may lie, for clocks that differ and forms that take their time. */
const startToleranceMs = 60_000;

/** What they are told whose credentials have changed. */
export const outdatedText = 'Something about how you sign in has changed since you did. Sign in again.';

/**
 * Finds what the wish names and asks policy, in this order: what is not known, what does not fit together, what the caller
 * may not ask for at all.
 */
export async function weigh(
  deps: ApiDeps,
  tx: Executor,
  caller: PersonPrincipal,
  wish: Wish,
): Promise<Weighed> {
  const parts = await readPolicyQuestion(tx, {
    person: wish.person ?? caller.personId,
    resource: wish.resource,
    entitlement: wish.entitlement,
    organization: wish.customer,
  });
  const { person, resource, organization, entitlement } = parts;
  refuseUnknown(wish, parts);
  if (!person || !resource || !organization || !entitlement) throw new TypeError('A name without its thing.');
  refuseMisfits(wish, resource, organization, parts.nowMs);
  const replacesRequestId = await replaced(tx, caller, wish);
  if (person.id !== caller.personId && person.managerId !== caller.personId) {
    const detail = 'You may ask for yourself and for people who report to you.';
    throw new TenureError('forbidden', detail, [{ pointer: '/person', detail }]);
  }
  const question = questionOf({ person, resource, organization }, entitlement.key, {
    amr: caller.amr,
    ageMs: ageOf(caller, parts.nowMs),
    signals: parts.signals,
    hasTicket: wish.ticket !== undefined,
    nowMs: parts.nowMs,
  });
  // Who asks is who must have shown who they are, whomever they ask for.
  const provenFromMs =
    person.id === caller.personId ? parts.provenFromMs : await readProvenFrom(tx, caller.personId);
  const verdict = provenAnew(deps.decide(question), caller, { provenFromMs, nowMs: parts.nowMs });
  const periodMs = periodMsOrThrow(wish.period);
  return {
    person,
    resource,
    organization,
    entitlement,
    vendorId: parts.vendorId,
    periodMs,
    replacesRequestId,
    signals: parts.signals,
    verdict,
  };
}

/** The question that policy is asked; nothing but what policy knows is handed on. */
export function questionOf(
  known: Pick<Weighed, 'person' | 'resource' | 'organization'>,
  entitlement: string,
  brought: { amr: string[]; ageMs?: number; signals: string[]; hasTicket: boolean; nowMs: number },
): PolicyQuestion {
  const { managerId: _manager, ...person } = known.person;
  const { shared: _shared, organizationId: _owner, ...resource } = known.resource;
  const { region: _region, ...organization } = known.organization;
  return {
    person,
    resource,
    organization,
    entitlement,
    assurance: {
      amr: brought.amr,
      signals: brought.signals,
      ...(brought.ageMs === undefined ? {} : { ageMs: brought.ageMs }),
    },
    hasTicket: brought.hasTicket,
    now: new Date(brought.nowMs).toISOString(),
  };
}

/** Whether the caller has shown who they are before something was said that makes it count no more; to the second, as they were told. */
export function isOutdated(caller: PersonPrincipal, provenFromMs: number | null): boolean {
  return provenFromMs !== null && caller.authTime < Math.floor(provenFromMs / 1_000);
}

/** What policy says, and that they must show anew who they are where a source has spoken of their credentials since they did. */
export function provenAnew(
  verdict: PolicyVerdict,
  caller: PersonPrincipal,
  { provenFromMs, nowMs }: { provenFromMs: number | null; nowMs: number },
): PolicyVerdict {
  if (provenFromMs === null || !isOutdated(caller, provenFromMs)) return verdict;
  const others = verdict.needs.filter(({ kind }) => kind !== 'fresh');
  const sinceMs = Math.max(0, nowMs - provenFromMs);
  return {
    ...verdict,
    needs: [...others, { kind: 'fresh', text: outdatedText }],
    missing: [...new Set([...verdict.missing, 'fresh' as const])],
    freshMs: Math.min(verdict.freshMs ?? sinceMs, sinceMs),
  };
}

/** How long ago the caller has shown who they are, in milliseconds. */
export function ageOf(caller: PersonPrincipal, nowMs: number): number {
  return nowMs - caller.authTime * 1_000;
}

/** The organization whose people decide a stage. */
export function deciderOrganization(
  weighed: Pick<Weighed, 'vendorId' | 'organization'>,
  stage: StageNeed,
): string {
  return stage.of === 'vendor' ? weighed.vendorId : weighed.organization.id;
}

function refuseUnknown(wish: Wish, parts: QuestionParts): void {
  const errors: FieldError[] = [];
  if (!parts.resource) errors.push({ pointer: '/resource', detail: 'There is no such resource.' });
  else if (!parts.entitlement) {
    errors.push({ pointer: '/entitlement', detail: 'The resource has no such entitlement.' });
  }
  if (wish.customer !== undefined && parts.organization?.kind !== 'customer') {
    errors.push({ pointer: '/customer', detail: 'There is no such customer.' });
  }
  // A resource whose organization the caller may not know is not known to them either.
  if (wish.customer === undefined && parts.resource && !parts.organization) {
    errors.push({ pointer: '/resource', detail: 'There is no such resource.' });
  }
  if (!parts.person) errors.push({ pointer: '/person', detail: 'There is no such person.' });
  if (errors.length > 0) throw new TenureError('unknown-reference', 'Something named is not known.', errors);
}

function refuseMisfits(
  wish: Wish,
  resource: Known<'resource'>,
  organization: Known<'organization'>,
  nowMs: number,
): void {
  const errors: FieldError[] = [];
  const customer = (detail: string) => errors.push({ pointer: '/customer', detail });
  if (resource.shared && wish.customer === undefined) {
    customer('Several customers share this resource: name the one whose data it is about.');
  } else if (resource.shared && organization.region !== resource.region) {
    customer('The data of this customer do not lie here.');
  } else if (!resource.shared && organization.id !== resource.organizationId) {
    customer('This resource belongs to another customer.');
  }
  const startsMs = wish.starts_at === undefined ? nowMs : Date.parse(wish.starts_at);
  if (startsMs < nowMs - startToleranceMs) {
    errors.push({ pointer: '/starts_at', detail: 'This is in the past.' });
  }
  if (startsMs > nowMs + limits.startAheadMs) {
    errors.push({ pointer: '/starts_at', detail: 'At most 90 days ahead.' });
  }
  if (errors.length > 0) throw new TenureError('invalid-input', 'Some fields are wrong.', errors);
}

async function replaced(tx: Executor, caller: PersonPrincipal, wish: Wish): Promise<string | null> {
  if (wish.replaces === undefined) return null;
  const former = await findOwnRequest(tx, viewerOf(caller), wish.replaces);
  if (former !== null) return former;
  throw new TenureError('unknown-reference', 'Something named is not known.', [
    { pointer: '/replaces', detail: 'You have made no such request.' },
  ]);
}
