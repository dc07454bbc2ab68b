import type { Executor } from '../../db/client.ts';
import {
  type CustomerFacts,
  type CustomerView,
  holdCustomer,
  readCustomer,
} from '../../db/queries/customer.ts';
import { type KnownPerson, lockPerson } from '../../db/queries/user.ts';
import { TenureError } from '../../domain/errors.ts';
import { notFound } from './refusals.ts';

/** The customer that a path names. @throws TenureError `not-found` for one that is none or that the caller may not know */
export async function customerOf(tx: Executor, name: string): Promise<CustomerView> {
  const found = await readCustomer(tx, name);
  if (!found) throw notFound();
  return found;
}

/**
 * The same for whoever changes its users: until the transaction ends nobody else adds users, and it neither leaves nor is
 * suspended. People are locked after it.
 * @throws TenureError `not-found`
 */
export async function heldCustomerOf(tx: Executor, name: string): Promise<CustomerFacts> {
  const held = await holdCustomer(tx, name);
  if (!held) throw notFound();
  return held;
}

/**
 * The same for whoever gives its users something.
 * @throws TenureError `not-found`; `customer-closed` when it leaves, has left or is suspended
 */
export async function openCustomerOf(tx: Executor, name: string): Promise<CustomerFacts> {
  const customer = await heldCustomerOf(tx, name);
  refuseClosed(customer);
  return customer;
}

/** @throws TenureError `customer-closed` for one that leaves, has left or is suspended */
export function refuseClosed(customer: CustomerFacts): void {
  const why = whyClosed(customer);
  if (why !== null) throw new TenureError('customer-closed', why);
}

function whyClosed({ name, state, suspendedAt }: CustomerFacts): string | null {
  if (state === 'ended') return `${name} is no customer any more. A new contract makes it one again.`;
  if (state === 'ending') return `${name} is leaving, and its users with it. A renewed contract keeps it.`;
  if (state === 'suspended' || suspendedAt !== null)
    return `${name} is suspended, and nobody of it can sign in. Have that lifted first, e.g. by paying what is open.`;
  return null;
}

/** A customer's user: a person with a seat. */
export type KnownUser = KnownPerson & { membership: NonNullable<KnownPerson['membership']> };

/**
 * A customer's user that a path names, locked.
 * @throws TenureError `not-found` for who never was a user of it; `already-ended` for who is none any more
 */
export async function userOf(tx: Executor, customer: CustomerFacts, name: string): Promise<KnownUser> {
  const found = await lockPerson(tx, name);
  if (!found || found.organizationId !== customer.id) throw notFound();
  const { membership } = found;
  if (!membership)
    throw new TenureError('already-ended', `They are no user of ${customer.name} any more. Add them again.`);
  return { ...found, membership };
}
