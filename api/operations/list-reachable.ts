import {
  findReachable,
  readCustomersOf,
  readReachable,
  type ReachableView,
} from '../../db/queries/reachable.ts';
import type { ApiDeps } from '../deps.ts';
import type { PersonPrincipal } from '../principal.ts';
import { reading } from '../transact.ts';
import { type Preview, previewAccessRequest } from './preview-access-request.ts';

/** Something that access can be asked for, and what policy says of each thing that may be done there. */
export interface Reachable extends Omit<ReachableView, 'entitlements'> {
  entitlements: {
    key: string;
    name: string;
    /** ISO 8601; null when policy refuses it. */
    longest: string | null;
    /** Why policy refuses it, in its own words. */
    refusal: string | null;
    /** All that policy says of it. */
    preview: Preview;
  }[];
  /** Whose data may be named, on what customers share. */
  customers: { key: string; name: string }[];
}

/** What the caller can ask for, found by what they have typed so far. */
export function listReachable(
  deps: ApiDeps,
  caller: PersonPrincipal,
  typed: string,
): Promise<ReachableView[]> {
  return reading(deps, caller, (tx) => findReachable(tx, typed));
}

/** One thing with what policy would say, without asking for anything; null when there is none that the caller may know. */
export async function weighReachable(
  deps: ApiDeps,
  caller: PersonPrincipal,
  named: string,
  about: { customer: string | undefined; period: string; ticket: string | undefined },
): Promise<Reachable | null> {
  const found = await reading(deps, caller, async (tx) => {
    const reachable = await readReachable(tx, named);
    return (
      reachable && {
        ...reachable,
        customers: reachable.shared ? await readCustomersOf(tx, reachable.region) : [],
      }
    );
  });
  if (!found) return null;
  const customer = customerOn(found, about.customer);
  const entitlements = await Promise.all(
    found.entitlements.map(async (entitlement) => {
      const wish = { ...about, resource: found.key, entitlement: entitlement.key, customer };
      const preview = await previewAccessRequest(deps, caller, wish);
      return { ...entitlement, longest: preview.longest, refusal: refusalOf(preview), preview };
    }),
  );
  // What may be asked for comes first.
  return {
    ...found,
    entitlements: entitlements.toSorted((a, b) => Number(a.refusal !== null) - Number(b.refusal !== null)),
  };
}

/** Whose data are meant on what customers share: the one that was named, where it is there, else the first. */
export function customerOn(
  { shared, customers }: Pick<Reachable, 'shared' | 'customers'>,
  named: string | undefined,
): string | undefined {
  if (!shared) return undefined;
  return customers.find(({ key }) => key === named)?.key ?? customers[0]?.key;
}

function refusalOf({ outcome, policies }: Preview): string | null {
  if (outcome !== 'refused') return null;
  return policies.map(({ title }) => `${title}.`).join(' ') || 'No policy allows it to you.';
}
