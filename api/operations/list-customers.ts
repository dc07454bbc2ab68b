import {
  type CustomerState,
  type CustomerView,
  listCustomers,
  listUsers,
  listUsersByNeed,
  readSeatUse,
  readUser,
  type SeatUse,
  type UsersByNeed,
  type UserState,
  type UserView,
} from '../../db/queries/customer.ts';
import type { Page, PageWish } from '../../db/queries/instant.ts';
import { readSeats, type SeatsView } from '../../db/queries/seats.ts';
import type { ApiDeps } from '../deps.ts';
import type { Outside } from '../outside.ts';
import { hasDuty, type PersonPrincipal, recordsOf } from '../principal.ts';
import { reading } from '../transact.ts';
import { customerOf } from './find-customer.ts';
import { notFound } from './refusals.ts';

/** Customers that the caller may see: the vendor's people all, a customer's people their own. */
export function findCustomers(
  deps: ApiDeps,
  caller: PersonPrincipal,
  filter: { state?: CustomerState | undefined; tier?: string | undefined; find?: string | undefined },
  page: PageWish,
): Promise<Outside<Page<CustomerView>>> {
  return reading(deps, caller, async (tx) => {
    const { items, next } = await listCustomers(tx, filter, page);
    return { items: items.map((one) => seenBy(caller, one)), next };
  });
}

/** What was agreed on and whether it is paid is for who reads records or manages access, of the vendor or of the customer itself. */
export function seenBy<T extends CustomerView>(caller: PersonPrincipal, customer: T): T {
  const seesContract = recordsOf(caller) !== 'none' || hasDuty(caller, 'manage-access');
  return seesContract ? customer : { ...customer, contract: null };
}

/** A customer with its seats. */
export interface CustomerWithSeats extends CustomerView {
  seats: SeatsView;
}

/** One customer with its seats. */
export function showCustomer(
  deps: ApiDeps,
  caller: PersonPrincipal,
  name: string,
): Promise<Outside<CustomerWithSeats>> {
  return reading(deps, caller, async (tx) => {
    const customer = await customerOf(tx, name);
    const seats = await readSeats(tx, customer.id);
    if (!seats) throw notFound();
    return seenBy(caller, { ...customer, seats });
  });
}

/** A customer's users. */
export function findUsers(
  deps: ApiDeps,
  caller: PersonPrincipal,
  name: string,
  filter: { state?: UserState | undefined; find?: string | undefined },
  page: PageWish,
): Promise<Outside<Page<UserView>>> {
  return reading(deps, caller, async (tx) => {
    const customer = await customerOf(tx, name);
    return listUsers(tx, customer.id, filter, page);
  });
}

/** One of a customer's users. @throws TenureError `not-found` */
export function showUser(
  deps: ApiDeps,
  caller: PersonPrincipal,
  customerName: string,
  personId: string,
): Promise<Outside<UserView>> {
  return reading(deps, caller, async (tx) => {
    const customer = await customerOf(tx, customerName);
    const user = await readUser(tx, customer.id, personId);
    if (!user) throw notFound();
    return user;
  });
}

/** A customer's users by how much they need a look, and how its seats are used. `after` is what the former page said. */
export function findUsersByNeed(
  deps: ApiDeps,
  caller: PersonPrincipal,
  name: string,
  find: string | null,
  page: PageWish,
): Promise<Outside<UsersByNeed & { use: SeatUse }>> {
  return reading(deps, caller, async (tx) => {
    const customer = await customerOf(tx, name);
    const users = await listUsersByNeed(tx, customer.id, find, page);
    return { ...users, use: await readSeatUse(tx, customer.id) };
  });
}
