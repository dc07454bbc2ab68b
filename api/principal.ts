import type { Scope } from '../db/client.ts';
import type { PrincipalView } from '../db/queries/person.ts';
import type { Viewer } from '../db/queries/viewer.ts';
import type { Actor } from '../domain/audit-event.ts';
import type { Duty } from '../domain/catalog.ts';

/**
 * Who calls. A person comes with a bearer token, or with a browser's session; the others are machines, whose doors are
 * built later and which no route of today admits.
 */
export type Principal = PersonPrincipal | MachinePrincipal;

export interface PersonPrincipal extends PrincipalView {
  kind: 'person' | 'session';
  /** How they signed in (RFC 8176). */
  amr: string[];
  /** At what level; null when it was not said. */
  acr: string | null;
  /** When they signed in, seconds since the epoch. */
  authTime: number;
  /** When the token or the session ends, seconds since the epoch. */
  expiresAt: number;
  /** Of kind `session`: which one, and what its pages' forms and scripts say beside the cookie. */
  session: { id: string; csrf: string } | null;
}

export interface MachinePrincipal {
  kind: 'scim-token' | 'event-source' | 'service';
  id: string;
  organizationId: string;
}

export function isPerson(principal: Principal): principal is PersonPrincipal {
  return principal.kind === 'person' || principal.kind === 'session';
}

export function hasDuty(person: PrincipalView, duty: Duty): boolean {
  // A customer's administrator stays one only for a customer, and the vendor's duties only bind the vendor's people.
  const ofCustomer = person.organization.kind === 'customer';
  return (duty === 'administer-customer') === ofCustomer && person.duties.includes(duty);
}

/** Whose records the person reads whole: everybody's, their own organization's, or nobody's. */
export function recordsOf(person: PersonPrincipal): 'all' | 'organization' | 'none' {
  if (hasDuty(person, 'read-records')) return 'all';
  return hasDuty(person, 'administer-customer') ? 'organization' : 'none';
}

/** Who may end any access must be able to find it, too. */
function seesAll(person: PrincipalView): boolean {
  return hasDuty(person, 'read-records') || hasDuty(person, 'end-any-access');
}

/** What row-level security is told about the person. */
export function scopeOf(person: PrincipalView): Scope {
  return {
    personId: person.personId,
    organizationId: person.organization.id,
    reach: seesAll(person) ? 'all' : 'own',
  };
}

/** What lists and ids are narrowed to, within what row-level security lets through. */
export function viewerOf(person: PersonPrincipal): Viewer {
  return {
    personId: person.personId,
    organizationId: person.organization.id,
    seesAll: seesAll(person),
    administers: hasDuty(person, 'administer-customer'),
    manages: hasDuty(person, 'manage-access'),
  };
}

export function actorOf(person: PersonPrincipal): Actor {
  return { kind: 'person', id: person.personId, name: person.name };
}
