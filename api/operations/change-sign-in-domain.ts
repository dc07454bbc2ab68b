import { resolveTxt } from 'node:dns/promises';
import { randomWord } from '../../crypto/session-token.ts';
import { appendAudit } from '../../db/audit.ts';
import type { Executor } from '../../db/client.ts';
import { isDuplicate } from '../../db/errors.ts';
import {
  type ClaimedDomain,
  type DomainView,
  insertAcceptance,
  insertDomain,
  listDomains,
  listWaitingDomains,
  lockDomain,
  proveDomain,
  readDomain,
  removeDomain,
} from '../../db/queries/sign-in-domain.ts';
import type { Page, PageWish } from '../../db/queries/instant.ts';
import type { AuditEventType } from '../../domain/audit-event.ts';
import { TenureError } from '../../domain/errors.ts';
import { newId } from '../../domain/ids.ts';
import { domainName, verificationPrefix } from '../../domain/sign-in.ts';
import type { ApiDeps } from '../deps.ts';
import type { Outside } from '../outside.ts';
import { actorOf, type PersonPrincipal } from '../principal.ts';
import { type IdempotencyKey, reading, transact } from '../transact.ts';
import { managedOrganization, managesPeopleOf } from './managed-organization.ts';
import { notFound } from './refusals.ts';

/** A domain with what its owner writes into the DNS. */
export type DomainAnswer = DomainView & { txtRecord: string };

/** An organization's mail domains, claimed and proven. */
export function findDomains(
  deps: ApiDeps,
  caller: PersonPrincipal,
  organization: string,
): Promise<Outside<{ items: DomainAnswer[] }>> {
  return reading(deps, caller, async (tx) => {
    const { id } = await managedOrganization(tx, caller, organization);
    return { items: (await listDomains(tx, id)).map(answerOf) };
  });
}

/** Claims of all organizations that wait for a proof, for whoever may accept them. */
export function findWaitingDomains(
  deps: ApiDeps,
  caller: PersonPrincipal,
  page: PageWish,
): Promise<Outside<Page<DomainAnswer>>> {
  return reading(deps, caller, async (tx) => {
    const { items, next } = await listWaitingDomains(tx, page);
    return { items: items.map(answerOf), next };
  });
}

/** Claims a domain. Until it is proven nobody signs in with it. */
export function claimDomain(
  deps: ApiDeps,
  caller: PersonPrincipal,
  organization: string,
  wish: string,
  idempotency: IdempotencyKey | null,
): Promise<Outside<DomainAnswer>> {
  return transact(deps, caller, idempotency, async (tx) => {
    const { id: organizationId } = await managedOrganization(tx, caller, organization);
    const domain = domainName(wish);
    if (domain === null) {
      const detail = 'A domain is what stands behind the @ of your addresses, like acme.example.';
      throw new TenureError('invalid-input', 'Some fields are wrong.', [{ pointer: '/domain', detail }]);
    }
    const id = newId('dom');
    const askedBy = caller.personId;
    await insertDomain(tx, { id, organizationId, domain, token: randomWord(), askedBy }).catch(
      (error: unknown) => {
        if (!isDuplicate(error)) throw error;
        throw new TenureError('nothing-to-change', 'This organization has claimed it already.');
      },
    );
    await note(tx, caller, { id, organizationId }, 'sign_in_domain.claimed', domain);
    return { answer: answerOf(await claimed(tx, id)), lines: [] };
  });
}

/** Looks for the claim's token in the domain's TXT records. */
export async function verifyDomain(
  deps: ApiDeps,
  caller: PersonPrincipal,
  id: string,
  idempotency: IdempotencyKey | null,
): Promise<Outside<DomainAnswer>> {
  // The DNS is asked before the transaction: it may take its time.
  const before = await reading(deps, caller, async (tx) => requireOwn(caller, await readDomain(tx, id)));
  const isThere = await hasRecord(deps, before.domain, `${verificationPrefix}${before.token}`);
  return transact(deps, caller, idempotency, async (tx) => {
    const known = await ownDomain(tx, caller, id);
    if (known.proof !== null) throw new TenureError('nothing-to-change', 'It is proven already.');
    if (!isThere)
      throw new TenureError(
        'not-proven',
        `${known.domain} has no TXT record ${verificationPrefix}${known.token} yet. It may take an hour until a new one is seen.`,
      );
    await prove(tx, id, 'dns');
    await note(tx, caller, known, 'sign_in_domain.proven', `dns: ${known.domain}`);
    return { answer: answerOf(await claimed(tx, id)), lines: [] };
  });
}

/** One of the vendor's people says that the domain is that organization's; the second of them proves it. */
export function acceptDomain(
  deps: ApiDeps,
  caller: PersonPrincipal,
  id: string,
  idempotency: IdempotencyKey | null,
): Promise<Outside<DomainAnswer>> {
  return transact(deps, caller, idempotency, async (tx) => {
    const known = await lockDomain(tx, id);
    if (!known || caller.organization.kind !== 'vendor') throw notFound();
    if (known.proof !== null) throw new TenureError('nothing-to-change', 'It is proven already.');
    if (known.askedById === caller.personId)
      throw new TenureError(
        'self-approval',
        'Nobody accepts what they asked for themselves. Two others must.',
      );
    const { organizationId } = known;
    if (!(await insertAcceptance(tx, { domainId: id, organizationId, personId: caller.personId })))
      throw new TenureError('nothing-to-change', 'You have accepted it already. A second person must, too.');
    await note(tx, caller, known, 'sign_in_domain.accepted', known.domain);
    if (known.acceptedBy.length > 0) {
      await prove(tx, id, 'accepted');
      await note(tx, caller, known, 'sign_in_domain.proven', `accepted: ${known.domain}`);
    }
    return { answer: answerOf(await claimed(tx, id)), lines: [] };
  });
}

/** Gives a domain up: nobody is linked by an address of it any more. Who is linked already stays so. */
export function giveUpDomain(
  deps: ApiDeps,
  caller: PersonPrincipal,
  id: string,
  idempotency: IdempotencyKey | null,
): Promise<Outside<DomainAnswer>> {
  return transact(deps, caller, idempotency, async (tx) => {
    const known = await ownDomain(tx, caller, id);
    await removeDomain(tx, id);
    await note(tx, caller, known, 'sign_in_domain.removed', known.domain);
    return { answer: answerOf(known), lines: [] };
  });
}

async function ownDomain(tx: Executor, caller: PersonPrincipal, id: string): Promise<ClaimedDomain> {
  return requireOwn(caller, await lockDomain(tx, id));
}

function requireOwn(caller: PersonPrincipal, found: ClaimedDomain | null): ClaimedDomain {
  if (!found || !managesPeopleOf(caller, found.organizationId)) throw notFound();
  return found;
}

async function claimed(tx: Executor, id: string): Promise<ClaimedDomain> {
  const found = await lockDomain(tx, id);
  if (!found) throw notFound();
  return found;
}

async function prove(tx: Executor, id: string, proof: 'dns' | 'accepted'): Promise<void> {
  await proveDomain(tx, id, proof).catch((error: unknown) => {
    if (!isDuplicate(error)) throw error;
    throw new TenureError('domain-taken', 'Another organization has proven that it is theirs.');
  });
}

async function hasRecord(deps: ApiDeps, domain: string, record: string): Promise<boolean> {
  const ask = deps.resolveTxt ?? resolveTxt;
  // A domain that is not there, or does not answer, has no such record.
  const records = await ask(domain).catch(() => []);
  return records.some((parts) => parts.join('').trim() === record);
}

function answerOf({
  id,
  organization,
  domain,
  token,
  askedBy,
  askedAt,
  proof,
  provenAt,
  acceptedBy,
}: DomainView): DomainAnswer {
  const txtRecord = `${verificationPrefix}${token}`;
  return { id, organization, domain, token, txtRecord, askedBy, askedAt, proof, provenAt, acceptedBy };
}

function note(
  tx: Executor,
  caller: PersonPrincipal,
  domain: { id: string; organizationId: string },
  type: AuditEventType,
  reason: string,
): Promise<void> {
  return appendAudit(tx, {
    type,
    actor: actorOf(caller),
    subject: { kind: 'sign_in_domain', id: domain.id },
    organizationId: domain.organizationId,
    holderOrganizationId: domain.organizationId,
    reason,
  });
}
