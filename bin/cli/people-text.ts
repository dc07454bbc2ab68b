import { instantInWords } from './instants.ts';
import { type Cell, fields, headline, nameAndEmail, nameOf, type Page, table } from './layout.ts';
import type { Customer, CustomerWithSeats, User } from './people-shapes.ts';
import type { Style } from './terminal.ts';
import { count } from './text.ts';

const styles: Record<string, Style> = {
  active: 'green',
  restricted: 'yellow',
  suspended: 'red',
  ending: 'yellow',
  ended: 'dim',
  joining: 'yellow',
  invited: 'yellow',
  expired: 'yellow',
  removed: 'dim',
};

function styled(state: string): { text: string; style: Style } {
  return { text: state, style: styles[state] ?? 'bold' };
}

/** Customers, as the API orders them: the newest first. */
export function customerTable(page: Page, customers: readonly Customer[]): string {
  const rows = customers.map((one): Cell[] => [
    one.key,
    one.name,
    styled(one.state),
    one.tier ?? '',
    one.region ?? '',
    String(one.users),
    one.onboarded_at ? instantInWords(one.onboarded_at, page.nowMs) : '',
  ]);
  return table(page, ['KEY', 'NAME', 'STATE', 'TIER', 'REGION', 'USERS', 'SINCE'], rows);
}

/** Everything a person wants to know of one customer, its seats in words. */
export function customerText(page: Page, one: CustomerWithSeats): string {
  const { nowMs } = page;
  const when = (iso: string | null | undefined) => (iso ? instantInWords(iso, nowMs) : null);
  return (
    headline(page, one.name, one.state, styles[one.state]) +
    fields(page, [
      ['Key', one.key],
      ['Tier', one.tier ?? 'none'],
      ['Seats', seatsInWords(one, nowMs)],
      ['Region', one.region ?? null],
      ['Began as', one.customer_type ?? null],
      ['Contract', contractInWords(one, nowMs)],
      ['Payments', paymentsInWords(one, nowMs)],
      ['Access', one.approves_vendor_access ? 'approves ours to its data' : null],
      ['Since', when(one.onboarded_at)],
      ['Left', when(one.offboarded_at)],
      ['Id', one.id],
    ])
  );
}

/** `7 of 10 used, 3 left (agreed in the contract)`. */
export function seatsInWords({ seats }: CustomerWithSeats, nowMs: number): string {
  const { limit, used, left, source, until } = seats;
  if (limit === null || limit === undefined) return `${used} used, as many as they like`;
  const by = {
    contract: 'agreed in the contract',
    tier: 'of the tier',
    override: `agreed${until ? ` until ${instantInWords(until, nowMs)}` : ''}`,
  }[source];
  const over = used > limit ? `${used - limit} too many` : `${left ?? 0} left`;
  return `${used} of ${limit} used, ${over}${by ? ` (${by})` : ''}`;
}

function contractInWords({ contract }: Customer, nowMs: number): string | null {
  if (!contract || contract.state === 'none')
    return contract?.until ? `until ${instantInWords(contract.until, nowMs)}` : null;
  const state = contract.state.replaceAll('_', ' ');
  return `${state}${contract.until ? `, until ${instantInWords(contract.until, nowMs)}` : ''}`;
}

function paymentsInWords({ contract }: Customer, nowMs: number): string | null {
  if (!contract?.dunning_since) return null;
  const step = contract.dunning === 'none' ? '' : `: ${contract.dunning}`;
  return `failing since ${instantInWords(contract.dunning_since, nowMs)}${step}`;
}

/** A customer's users, those who were added last first. */
export function userTable(page: Page, users: readonly User[]): string {
  const rows = users.map((one): Cell[] => [
    nameOf(one.person),
    styled(one.state),
    one.roles.join(', '),
    one.contract_role ?? '',
    instantInWords(one.since, page.nowMs),
    one.person.email ?? one.person.id,
  ]);
  return table(page, ['NAME', 'STATE', 'ROLES', 'IN THE CONTRACT', 'SINCE', 'ADDRESS'], rows);
}

/** How many users are what. */
export function usersInWords(users: readonly User[]): string {
  const states = ['active', 'joining', 'invited', 'expired', 'suspended', 'removed'];
  const counts = states.flatMap((state) => {
    const number = users.filter((one) => one.state === state).length;
    return number > 0 ? [`${number} ${state}`] : [];
  });
  return `${count(users.length, 'user', 'users')}${counts.length > 0 ? `: ${counts.join(', ')}` : ''}.\n`;
}

/** A user as they stand after something was asked for them. */
export function userText(page: Page, user: User): string {
  return (
    headline(page, nameAndEmail(user.person), user.state, styles[user.state]) +
    fields(page, [
      ['In the contract', user.contract_role ?? null],
      ['Given', user.given_roles.join(', ') || null],
      ['Roles now', user.roles.join(', ') || 'none yet'],
    ])
  );
}
