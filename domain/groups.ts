import type { Catalog } from './catalog.ts';
import type { FieldError } from './errors.ts';
import type { GroupRole, NewPeople, UnsaidGroups } from './sign-in.ts';

/** Somebody's groups as their provider says them; null, and why, where it has not said which they are. */
export type SaidGroups = { groups: string[]; unsaid: null } | { groups: null; unsaid: UnsaidGroups };

/** Far more than a token holds. */
const mostGroups = 5_000;
const longestName = 256;

/**
 * Reads groups from claims. A claim that is missing says that they are in none, because providers leave an empty one out. What a
 * provider does not say, because they are too many (Entra ID's overage: `_claim_names`, `hasgroups`) or because it is no list of
 * names, is no answer: nothing follows from it.
 */
export function readGroups(claims: Readonly<Record<string, unknown>>, name: string): SaidGroups {
  if (isOverage(claims, name)) return { groups: null, unsaid: 'overage' };
  const said = claims[name];
  if (said === undefined || said === null) return { groups: [], unsaid: null };
  const list: unknown = typeof said === 'string' ? [said] : said;
  if (!Array.isArray(list) || list.length > mostGroups) return { groups: null, unsaid: 'malformed' };
  const names = list.filter((one): one is string => typeof one === 'string' && one.length <= longestName);
  // One that is no name would mean that the others are perhaps none either.
  if (names.length < list.length) return { groups: null, unsaid: 'malformed' };
  return { groups: [...new Set(names)], unsaid: null };
}

function isOverage(claims: Readonly<Record<string, unknown>>, name: string): boolean {
  if (claims[name] !== undefined) return false;
  const elsewhere = claims['_claim_names'];
  const isDistributed = typeof elsewhere === 'object' && elsewhere !== null && Object.hasOwn(elsewhere, name);
  return isDistributed || claims['hasgroups'] === true || claims['hasgroups'] === 'true';
}

/** Of these groups those that a mapping names, in its order: nothing else about anybody is kept. */
export function mappedGroups(mapping: readonly GroupRole[], groups: readonly string[]): string[] {
  const said = new Set(groups);
  return [...new Set(mapping.map(({ group }) => group))].filter((group) => said.has(group));
}

/** What a mapping gives to somebody in these groups, in its order, and what of it may not be had (any more). */
export function rolesOfGroups(
  mapping: readonly GroupRole[],
  groups: readonly string[],
  mayHave: (role: string) => boolean,
): { given: GroupRole[]; ignored: GroupRole[] } {
  const said = new Set(groups);
  const theirs = mapping.filter(({ group }) => said.has(group));
  return {
    given: theirs.filter(({ role }) => mayHave(role)),
    ignored: theirs.filter(({ role }) => !mayHave(role)),
  };
}

/** A contract role that is given or taken by groups; undefined: it stays as it is. */
export type ContractRoleByGroup = { role: string | null; by: GroupRole | null } | undefined;

/**
 * What a customer's user is by their groups. They are one thing: the first line of the mapping that fits counts. What a group gave
 * goes with it, and the provider's default takes its place; what an administrator gave stays.
 */
export function contractRoleByGroups(
  given: readonly GroupRole[],
  now: { contractRole: string | null; byGroup: string | null },
  otherwise: string | null,
): ContractRoleByGroup {
  const [first] = given;
  if (first) return first.role === now.contractRole ? undefined : { role: first.role, by: first };
  const isGroups = now.byGroup !== null && now.byGroup === now.contractRole;
  return isGroups ? { role: otherwise, by: null } : undefined;
}

/** What one of the vendor's people has by their groups: what is new, and what goes because no group gives it any more. */
export function staffRolesByGroups(
  given: readonly GroupRole[],
  now: { roles: readonly string[]; byGroup: readonly string[] },
): { gained: GroupRole[]; lost: string[] } {
  const wanted = new Set(given.map(({ role }) => role));
  const firsts = given.filter(({ role }, at) => given.findIndex((one) => one.role === role) === at);
  return {
    gained: firsts.filter(({ role }) => !now.roles.includes(role)),
    lost: now.byGroup.filter((role) => !wanted.has(role)),
  };
}

/** Whether a mapping may give that role: of a customer what its tier has, of the vendor what does nothing in Tenure itself. */
export function isMappable(
  catalog: Catalog,
  customer: { tier: string | null } | null,
  role: string,
): boolean {
  if (!customer) return catalog.roles.some(({ key, duties }) => key === role && duties.length === 0);
  const tier = catalog.tiers.find(({ key }) => key === customer.tier);
  return tier !== undefined && Object.hasOwn(tier.defaultRoles, role);
}

/** What is wrong with a mapping that somebody wishes, by JSON pointers; nothing when it may be. */
export function mappingProblems(
  catalog: Catalog,
  customer: { name: string; tier: string | null } | null,
  wish: { groupRoles: readonly GroupRole[]; newPeople: NewPeople; defaultRole: string | null },
): FieldError[] {
  const whyNot = (role: string) =>
    isMappable(catalog, customer, role) ? null : refusal(catalog, customer, role);
  const errors = wish.groupRoles.flatMap(({ role }, at): FieldError[] => {
    const detail = whyNot(role);
    return detail === null ? [] : [{ pointer: `/group_roles/${at}/role`, detail }];
  });
  const { newPeople, defaultRole } = wish;
  if (!customer && (newPeople === 'add' || defaultRole !== null)) {
    const detail = 'The vendor’s own people are added by somebody, never by their own sign-in.';
    return [...errors, { pointer: newPeople === 'add' ? '/new_people' : '/default_role', detail }];
  }
  if (newPeople === 'add' && defaultRole === null)
    errors.push({ pointer: '/default_role', detail: 'Say what people are who are added by signing in.' });
  const otherwise = defaultRole === null ? null : whyNot(defaultRole);
  return otherwise === null ? errors : [...errors, { pointer: '/default_role', detail: otherwise }];
}

function refusal(
  catalog: Catalog,
  customer: { name: string; tier: string | null } | null,
  role: string,
): string {
  if (customer) {
    const tier = catalog.tiers.find(({ key }) => key === customer.tier);
    const known = Object.keys(tier?.defaultRoles ?? {}).sort();
    const has = known.length > 0 ? ` It has ${known.join(', ')}.` : '';
    return `${customer.name}’s tier has no contract role ${role}.${has}`;
  }
  const isKnown = catalog.roles.some(({ key }) => key === role);
  return isKnown
    ? `The role ${role} has duties in Tenure itself. Somebody gives it, and no group does.`
    : `There is no role ${role}.`;
}
