import type { CustomerType } from './catalog.ts';
import type { ConsentRule } from './consent.ts';
import {
  addressOf,
  type RosterChange,
  type RosterCustomer,
  type RosterDuplicate,
  type RosterProblem,
  type RosterScene,
} from './roster.ts';

/** A customer that is there already, as far as a roster may change it. */
export interface KnownCustomer {
  id: string;
  key: string;
  name: string;
  tier: string | null;
  region: string | null;
  customerType: string | null;
  /** It has left, or is on its way out. */
  isClosed: boolean;
  /** Users with an open membership. */
  used: number;
  /** Seats that a contract agrees on; null: the tier's own count. */
  agreed: number | null;
  contractUntil: string | null;
  /** The system whose events say what its contract is; null: none does. */
  carriedBy: string | null;
  /** Payments fail: users keep the restricted roles only. */
  isRestricted: boolean;
}

/** What becomes of one customer. */
export interface PlannedCustomer {
  row: number;
  /** Null: it is to be made. */
  id: string | null;
  key: string;
  name: string;
  /** Never null in a plan without problems. */
  tier: string | null;
  region: string | null;
  customerType: string | null;
  /** What its own people must agree to, as its type says. */
  consent: ConsentRule[];
  contractUntil: string | null;
  change: RosterChange;
  /** Members that differ from what is there. */
  fields: string[];
}

export interface CustomerPlan {
  customers: PlannedCustomer[];
  duplicates: RosterDuplicate[];
  problems: RosterProblem[];
}

/** What a list of customers comes to, beside those that are there. */
export function planCustomers(
  scene: RosterScene,
  rows: readonly RosterCustomer[],
  known: ReadonlyMap<string, KnownCustomer>,
): CustomerPlan {
  const first = new Map<string, { row: number; said: string }>();
  const duplicates = new Map<string, RosterDuplicate>();
  const plan: CustomerPlan = { customers: [], duplicates: [], problems: [] };
  for (const [row, wish] of rows.entries()) {
    const { key } = wish;
    const said = JSON.stringify(wish);
    const before = first.get(key);
    if (before) {
      const detail = 'The customer stands here twice, and not the same. Leave one.';
      if (before.said !== said) plan.problems.push({ list: 'customers', row, field: 'key', detail });
      const twice = duplicates.get(key) ?? { list: 'customers', name: key, rows: [before.row] };
      twice.rows.push(row);
      duplicates.set(key, twice);
      continue;
    }
    first.set(key, { row, said });
    const { planned, problems } = planCustomer(scene, { row, wish }, known.get(key));
    plan.customers.push(planned);
    plan.problems.push(...problems.map((one) => ({ list: 'customers' as const, row, ...one })));
  }
  plan.duplicates.push(...duplicates.values());
  return plan;
}

type Wrong = Pick<RosterProblem, 'field' | 'detail'>;

function planCustomer(
  { catalog }: RosterScene,
  { row, wish }: { row: number; wish: RosterCustomer },
  known: KnownCustomer | undefined,
): { planned: PlannedCustomer; problems: Wrong[] } {
  const type = catalog.customerTypes.find((one) => one.key === (wish.customerType ?? known?.customerType));
  const planned: PlannedCustomer = {
    row,
    id: known?.id ?? null,
    key: wish.key,
    name: wish.name,
    tier: wish.tier ?? (known ? known.tier : (type?.tier ?? null)),
    region: wish.region ?? (known ? known.region : (type?.region ?? null)),
    customerType: wish.customerType ?? known?.customerType ?? null,
    consent: [...(type?.consent ?? [])],
    contractUntil: wish.contractUntil === undefined ? (known?.contractUntil ?? null) : wish.contractUntil,
    change: 'new',
    fields: [],
  };
  const problems = wrongWith(catalog.tiers, planned, { wish, type });
  if (!known) return { planned, problems };
  const fields = (['name', 'tier', 'region', 'customerType', 'contractUntil'] as const).filter(
    (field) => planned[field] !== known[field],
  );
  return {
    planned: { ...planned, fields, change: fields.length > 0 ? 'changed' : 'unchanged' },
    problems: [...problems, ...notChangedHere(known, fields)],
  };
}

function wrongWith(
  tiers: readonly { key: string }[],
  { tier }: PlannedCustomer,
  { wish, type }: { wish: RosterCustomer; type: CustomerType | undefined },
): Wrong[] {
  const problems: Wrong[] = [];
  if (wish.customerType && type?.key !== wish.customerType)
    problems.push({ field: 'customerType', detail: `There is no customer type ${wish.customerType}.` });
  if (tier === null)
    problems.push({ field: 'tier', detail: 'Name a tier, or a customer type that has one.' });
  else if (!tiers.some((one) => one.key === tier))
    problems.push({ field: 'tier', detail: `There is no tier ${tier}.` });
  return problems;
}

/** What a list does not decide about a customer that is there. */
function notChangedHere(known: KnownCustomer, fields: readonly string[]): Wrong[] {
  if (fields.length === 0) return [];
  if (known.isClosed)
    return [
      { field: 'key', detail: 'This customer has left, or is leaving. Only its contract brings it back.' },
    ];
  const problems: Wrong[] = [];
  if (fields.includes('customerType') && known.customerType !== null)
    problems.push({ field: 'customerType', detail: `It began as ${known.customerType}, which stays.` });
  for (const field of ['tier', 'contractUntil'])
    if (known.carriedBy !== null && fields.includes(field))
      problems.push({ field, detail: `Its contract comes from ${known.carriedBy}. Change it there.` });
  return problems;
}

/** The keys that a roster's lists name, each once. */
export function namedKeys(
  customers: readonly { key: string }[],
  users: readonly { customer: string }[],
): string[] {
  return [...new Set([...customers.map(({ key }) => key), ...users.map(({ customer }) => customer)])];
}

/** The addresses that they name, each once. */
export function namedAddresses(people: readonly { email: string }[]): string[] {
  return [...new Set(people.map(({ email }) => addressOf(email)))];
}
