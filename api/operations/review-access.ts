import type { Executor } from '../../db/client.ts';
import { appendAudits } from '../../db/audit.ts';
import { createProcesses } from '../../db/queries/process.ts';
import type { KeyedView } from '../../db/queries/organization.ts';
import type { PersonView } from '../../db/queries/person.ts';
import { lockReviewed, type ReviewedPerson, writeReviewLines } from '../../db/queries/review.ts';
import { type FieldError, TenureError } from '../../domain/errors.ts';
import type { ApiDeps } from '../deps.ts';
import type { Outside } from '../outside.ts';
import { actorOf, type PersonPrincipal } from '../principal.ts';
import { type IdempotencyKey, transact } from '../transact.ts';
import { refuseOwn } from './refuse-own.ts';
import { causeOf } from './user-process.ts';

export interface ReviewWish {
  /** A person's id or e-mail address. */
  person: string;
  /** A role's key; undefined: all that they hold. */
  role?: string | undefined;
  reason: string;
}

/** A line of a review as it was written, and the process that carries it out. */
export interface ReviewLine {
  id: string;
  person: PersonView;
  organization: KeyedView;
  role: string | null;
  reviewer: PersonView;
  reason: string;
  at: string;
  processId: string;
}

/** A line with the person whom it is about. */
interface Line {
  wish: ReviewWish;
  about: ReviewedPerson;
}

/**
 * Says that people keep what they hold by roles: its end is counted from now, and what has run out begins again, by a process
 * about each of them. All lines or none.
 * @throws TenureError `self-approval`; `unknown-reference` for people whom the caller does not manage, and for roles that they
 * do not have; `already-ended` for who has left; `nothing-to-change` where a contract says how long access lasts
 */
export function reviewAccess(
  deps: ApiDeps,
  caller: PersonPrincipal,
  wishes: readonly ReviewWish[],
  idempotency: IdempotencyKey | null,
): Promise<Outside<{ items: ReviewLine[] }>> {
  return transact(deps, caller, idempotency, async (tx) => {
    const lines = await linesOf(tx, caller, wishes);
    const written = await writeReviewLines(
      tx,
      caller.personId,
      lines.map(({ wish, about }) => ({
        personId: about.id,
        organizationId: about.organization.id,
        role: wish.role ?? null,
        reason: wish.reason,
      })),
    );
    const people = [...new Map(lines.map((line) => [line.about.id, line])).values()];
    const made = await begin(deps, tx, caller, people);
    const processOf = new Map(people.map(({ about }, at) => [about.id, made[at]?.id ?? '']));
    await appendAudits(
      tx,
      written.map(({ personId, organizationId, role, reason }) => ({
        type: 'access.reviewed',
        actor: actorOf(caller),
        subject: { kind: 'person', id: personId },
        organizationId,
        holderOrganizationId: organizationId,
        reason: role === null ? reason : `${role}: ${reason}`,
      })),
    );
    const reviewer = { id: caller.personId, email: caller.email, name: caller.name };
    const byId = new Map(lines.map(({ about }) => [about.id, about]));
    const items = written.flatMap(({ id, personId, role, reason, at }): ReviewLine[] => {
      const about = byId.get(personId);
      if (!about) return [];
      const person = { id: about.id, email: about.email, name: about.name };
      const { organization } = about;
      const processId = processOf.get(personId) ?? '';
      return [{ id, person, organization, role, reviewer, reason, at, processId }];
    });
    return { answer: { items }, lines: made.map(({ line }) => line) };
  });
}

function begin(deps: ApiDeps, tx: Executor, caller: PersonPrincipal, people: readonly Line[]) {
  return createProcesses(
    tx,
    people.map(({ wish, about }) => ({
      kind: 'role-change',
      organizationId: about.organization.id,
      personId: about.id,
      cause: causeOf(caller),
      wish: { what: 'review' },
      requestedBy: caller.personId,
      reason: wish.reason,
      actor: actorOf(caller),
      traceparent: deps.trace?.() ?? null,
    })),
  );
}

/** The lines with their people, locked; all that is wrong with any of them is said at once. */
async function linesOf(
  tx: Executor,
  caller: PersonPrincipal,
  wishes: readonly ReviewWish[],
): Promise<Line[]> {
  const found = await lockReviewed(tx, [...new Set(wishes.map(({ person }) => person))]);
  const known = wishes.map((wish) => {
    const about = found.get(wish.person);
    return about && isManaged(caller, about) ? { wish, about } : null;
  });
  for (const one of known) if (one) refuseOwn(caller, one.about.id, 'review');
  refuse(
    'unknown-reference',
    'Something named is not known.',
    wishes.map((wish, at) => {
      const one = known[at];
      if (!one) return { part: 'person', detail: 'There is no such person.' };
      const { about } = one;
      return wish.role === undefined || about.hasLeft || about.roles.includes(wish.role)
        ? null
        : { part: 'role', detail: `They do not have the role ${wish.role}.` };
    }),
  );
  const lines = known.filter((one) => one !== null);
  refuse(
    'already-ended',
    'Somebody named has left.',
    lines.map(({ about }) => (about.hasLeft ? { part: 'person', detail: 'They have left.' } : null)),
  );
  refuse(
    'nothing-to-change',
    'Where a contract names its end, access lasts as long as it does: a renewed contract prolongs it.',
    lines.map(({ about }) =>
      about.contractUntil === null
        ? null
        : { part: 'person', detail: `The contract lasts until ${about.contractUntil}.` },
    ),
  );
  return lines;
}

/** A customer's people see the vendor's, and manage their own alone. */
function isManaged({ organization }: PersonPrincipal, about: ReviewedPerson): boolean {
  return organization.kind === 'vendor' || about.organization.id === organization.id;
}

function refuse(
  code: 'unknown-reference' | 'already-ended' | 'nothing-to-change',
  detail: string,
  wrong: readonly ({ part: string; detail: string } | null)[],
): void {
  const errors = wrong.flatMap((one, at): FieldError[] =>
    one ? [{ pointer: `/lines/${at}/${one.part}`, detail: one.detail }] : [],
  );
  if (errors.length > 0) throw new TenureError(code, detail, errors);
}
