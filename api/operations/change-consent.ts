import { appendAudit } from '../../db/audit.ts';
import type { Executor } from '../../db/client.ts';
import { readActiveCatalog } from '../../db/queries/catalog-revision.ts';
import {
  type ConsentFacts,
  confirmOverride,
  readConfirmers,
  readConsent,
  writeConsent,
} from '../../db/queries/consent.ts';
import { refuseStale, takeTurn } from '../../db/queries/catalog-write.ts';
import type { CustomerView } from '../../db/queries/customer.ts';
import { readNow } from '../../db/queries/effective.ts';
import type { KeyedView } from '../../db/queries/organization.ts';
import type { PersonView } from '../../db/queries/person.ts';
import { type Classification, classifications } from '../../domain/catalog.ts';
import { overridesOf } from '../../domain/catalog-tier.ts';
import {
  canonicalConsent,
  type ConsentRule,
  doubledIn,
  type Emergency,
  usualConsent,
} from '../../domain/consent.ts';
import { TenureError } from '../../domain/errors.ts';
import { formatPeriod } from '../../domain/period.ts';
import type { ApiDeps } from '../deps.ts';
import type { Outside } from '../outside.ts';
import { actorOf, hasDuty, type PersonPrincipal, recordsOf } from '../principal.ts';
import { reading, transact } from '../transact.ts';
import { customerOf } from './find-customer.ts';
import { notFound } from './refusals.ts';

/** Which vendor access a customer's own people approve, and why. */
export interface ConsentView {
  customer: KeyedView;
  /** What policy goes by. `within` is an ISO 8601 period. */
  inForce: { classification: Classification; within: string; emergency: Emergency }[];
  /** What was agreed on when it became a customer. */
  agreed: ConsentRule[];
  /** What the vendor's catalog says instead for a while. */
  override:
    | ({ rules: ConsentRule[]; reason: string; until: string } & Pick<
        ConsentFacts,
        'madeBy' | 'confirmedBy' | 'confirmedAt'
      >)
    | null;
  /** What the customer asks for beyond that. */
  own: ConsentRule[];
  changedBy: ConsentFacts['changedBy'];
  changedAt: string | null;
}

/** Which vendor access a customer's own people approve: for its administrators, and for the vendor's people who manage access or read records. */
export function showConsent(
  deps: ApiDeps,
  caller: PersonPrincipal,
  customerName: string,
): Promise<Outside<ConsentView>> {
  return reading(deps, caller, async (tx) => {
    const customer = await customerOf(tx, customerName);
    const mayRead = recordsOf(caller) === 'all' || hasDuty(caller, 'manage-access');
    if (!mayRead && customer.id !== caller.organization.id) throw notFound();
    return consentOf(tx, customer);
  });
}

/** Who may confirm an exception of a customer as a second person: for the vendor's people, who read whom to ask. */
export function findConfirmers(
  deps: ApiDeps,
  caller: PersonPrincipal,
  customerName: string,
): Promise<PersonView[]> {
  return reading(deps, caller, async (tx) => readConfirmers(tx, (await customerOf(tx, customerName)).key));
}

/**
 * Says which vendor access a customer's own people approve beyond what was agreed on, at once. Its own administrators alone say
 * so: what they ask for the vendor cannot take back, and below what was agreed on they cannot go.
 * @throws TenureError `not-found` for another customer; `nothing-to-change`; `invalid-input` where two rules are about the same data
 */
export function changeConsent(
  deps: ApiDeps,
  caller: PersonPrincipal,
  customerName: string,
  wish: { rules: readonly ConsentRule[]; reason: string },
): Promise<Outside<ConsentView>> {
  return transact(deps, caller, null, async (tx) => {
    const customer = await customerOf(tx, customerName);
    if (!hasDuty(caller, 'administer-customer') || customer.id !== caller.organization.id) throw notFound();
    const doubled = doubledIn(wish.rules);
    if (doubled.length > 0) {
      const detail = `Two rules are about ${doubled.join(' and ')} data: keep one.`;
      throw new TenureError('invalid-input', 'Some fields are wrong.', [{ pointer: '/rules', detail }]);
    }
    const rules = canonicalConsent(wish.rules);
    if (!(await writeConsent(tx, customer.id, rules, caller.personId)))
      throw new TenureError('nothing-to-change', 'This is what you ask for already.');
    await appendAudit(tx, {
      type: 'consent.changed',
      actor: actorOf(caller),
      subject: { kind: 'organization', id: customer.id },
      organizationId: customer.id,
      holderOrganizationId: customer.id,
      reason: `${rules.map(ruleWords).join('; ') || 'as agreed'}: ${wish.reason}`,
    });
    return { answer: await consentOf(tx, customer), lines: [] };
  });
}

/**
 * Confirms an override as a second person of the vendor: from now on it counts instead of what was agreed on, and the customer's
 * administrators are written to. `baseRevision`: the catalog that was read, so that nobody confirms what they have not seen.
 * @throws TenureError `not-found` without an override; `self-approval` for who wrote it; `stale-revision`
 */
export function confirmConsentOverride(
  deps: ApiDeps,
  caller: PersonPrincipal,
  customerName: string,
  wish: { baseRevision: number; reason: string },
): Promise<Outside<ConsentView>> {
  return transact(deps, caller, null, async (tx) => {
    const customer = await customerOf(tx, customerName);
    await takeTurn(tx);
    const { number } = await readActiveCatalog(tx);
    refuseStale(wish.baseRevision, number);
    if (!(await confirmOverride(tx, customer.key, caller.personId))) throw notFound();
    await appendAudit(tx, {
      type: 'consent.overridden',
      actor: actorOf(caller),
      subject: { kind: 'organization', id: customer.id },
      organizationId: customer.id,
      holderOrganizationId: customer.id,
      reason: `catalog revision ${number}: ${wish.reason}`,
    });
    return { answer: await consentOf(tx, customer), lines: [] };
  });
}

function ruleWords({ classifications: named, within, emergency }: ConsentRule): string {
  return `${named.join(' and ')} within ${within}, emergencies ${emergency === 'refuse' ? 'too' : 'reported'}`;
}

async function consentOf(tx: Executor, { id, key, name }: CustomerView): Promise<ConsentView> {
  const facts = await readConsent(tx, id);
  const { catalog } = await readActiveCatalog(tx);
  const { madeBy, confirmedBy, confirmedAt } = facts;
  const second = { madeBy, confirmedBy, confirmedAt };
  const override = overridesOf(catalog, key, await readNow(tx)).flatMap(({ what, reason, until }) =>
    what.kind === 'consent' ? [{ rules: what.rules, reason, until, ...second }] : [],
  );
  const usual = facts.approvesVendorAccess ? [usualConsent] : [];
  const inForce = classifications.flatMap((one) =>
    facts.inForce.filter(({ classification }) => classification === one),
  );
  return {
    customer: { id, key, name },
    inForce: inForce.map(({ classification, withinMs, emergency }) => ({
      classification,
      within: formatPeriod(withinMs),
      emergency,
    })),
    agreed: facts.agreed ?? usual,
    override: override[0] ?? null,
    own: facts.own,
    changedBy: facts.changedBy,
    changedAt: facts.changedAt,
  };
}
