import type { Executor } from '../../db/client.ts';
import { type AccessReportItem, listReportItems, readReportHead } from '../../db/queries/access-report.ts';
import { resolveReferences } from '../../db/queries/catalog.ts';
import { findOrganization } from '../../db/queries/organization.ts';
import type { PageWish } from '../../db/queries/instant.ts';
import type { KeyedView } from '../../db/queries/organization.ts';
import type { ApiDeps } from '../deps.ts';
import type { Outside } from '../outside.ts';
import { type PersonPrincipal, recordsOf } from '../principal.ts';
import { reading } from '../transact.ts';
import { refuseBackwards, refuseUnknown } from './references.ts';
import { notFound } from './refusals.ts';

/** Who had access to a customer's data during [from, to), when, why, and approved by whom. */
export interface AccessReport {
  organization: KeyedView;
  from: string;
  to: string;
  generatedAt: string;
  items: AccessReportItem[];
  /** The grant's id that the next page goes on after. */
  next: string | null;
}

export interface ReportWish {
  /** The customer's id or key. */
  customer: string;
  /** ISO 8601 UTC. */
  from: string;
  to: string;
  /** Only by the people of this organization (id or key): the vendor's, or the customer's own. */
  holder?: string | undefined;
  /** Null: everything at once. */
  page: PageWish | null;
}

const wholePageSize = 200;

/** The report on one customer, for who reads all records and for that customer's own administrators. */
export function reportAccess(
  deps: ApiDeps,
  caller: PersonPrincipal,
  wish: ReportWish,
): Promise<Outside<AccessReport>> {
  return reading(deps, caller, async (tx) => {
    const { from, to } = wish;
    refuseBackwards({ from, to });
    const { customer } = await resolveReferences(tx, { customer: wish.customer });
    const isTheirs = recordsOf(caller) === 'all' || customer === caller.organization.id;
    const head = customer && isTheirs ? await readReportHead(tx, customer) : null;
    if (!customer || !head) throw notFound();
    const holder = wish.holder === undefined ? null : await holderOf(tx, wish.holder);
    const { items, next } = wish.page
      ? await listReportItems(tx, customer, { from, to }, wish.page, holder)
      : await everything(tx, customer, { from, to }, holder);
    return { ...head, from, to, items, next };
  });
}

async function holderOf(tx: Executor, name: string): Promise<string> {
  const found = await findOrganization(tx, name);
  refuseUnknown({ holder: name }, { holder: found?.id ?? null });
  return found?.id ?? '';
}

async function everything(
  tx: Executor,
  customer: string,
  during: { from: string; to: string },
  holder: string | null,
) {
  const items: AccessReportItem[] = [];
  for (let after: string | null = null; ; ) {
    const page = await listReportItems(tx, customer, during, { limit: wholePageSize, after }, holder);
    items.push(...page.items);
    if (page.next === null) return { items, next: null };
    after = page.next;
  }
}
