import {
  type Catalog,
  type CatalogPath,
  type CatalogProblem,
  type CatalogRole,
  entitlementName,
  inOrder,
  overrideKey,
} from './catalog.ts';
import { type ConsentRule, doubledIn } from './consent.ts';
import { conflictProblems } from './catalog-conflicts.ts';
import { reach, wayTo } from './catalog-entitlements.ts';
import { names, problem, repeated, unknown } from './catalog-problem.ts';
import { settingsProblems } from './catalog-settings-problems.ts';

/** What of the catalog in force is used, and by whom: e-mail addresses, keys or whatever a reader knows them by. */
export interface CatalogUse {
  kind: keyof typeof sectionOfUse;
  /** The key; of an entitlement `resource:entitlement`. */
  key: string;
  by: readonly string[];
}

/** What the catalog names and the ledger holds. What is left out is not checked. */
export interface Surroundings {
  /** Keys of the organizations. */
  organizations?: ReadonlySet<string>;
  /** E-mail addresses in lower case. */
  people?: ReadonlySet<string>;
  /** The connector of each target system, by the target's key. */
  targets?: ReadonlyMap<string, string>;
}

const sectionOfUse = {
  resource: 'resources',
  entitlement: 'resources',
  role: 'roles',
  tier: 'tiers',
  'customer type': 'customer_types',
} as const;

/** Everything that is wrong with a catalog, in the order of its parts; empty when it may come into force. */
export function catalogProblems(
  catalog: Catalog,
  inUse: readonly CatalogUse[],
  surroundings: Surroundings = {},
): CatalogProblem[] {
  const roles = new Set(catalog.roles.map((one) => one.key));
  return [
    ...resourceProblems(catalog, roles, surroundings),
    ...roleProblems(catalog, roles),
    ...cycleProblems(catalog.roles),
    ...tierProblems(catalog, roles),
    ...customerTypeProblems(catalog),
    ...conflictProblems(catalog),
    ...overrideProblems(catalog, roles, surroundings),
    ...settingsProblems(catalog, surroundings.people),
    ...removalProblems(catalog, inUse),
  ];
}

function resourceProblems(
  catalog: Catalog,
  roles: ReadonlySet<string>,
  { organizations, people, targets }: Surroundings,
): CatalogProblem[] {
  const problems = repeated(['resources'], keysOf(catalog.resources), 'resource', ['key']);
  for (const [at, one] of catalog.resources.entries()) {
    const path = ['resources', at];
    problems.push(...repeated([...path, 'entitlements'], keysOf(one.entitlements), 'entitlement', ['key']));
    const usual = one.usualAccess.map((each) => each.entitlement);
    problems.push(...repeated([...path, 'usual_access'], usual, 'entitlement', ['entitlement']));
    problems.push(
      ...unknown([...path, 'usual_access'], usual, new Set(keysOf(one.entitlements)), 'entitlement', [
        'entitlement',
      ]),
    );
    for (const [nth, each] of one.usualAccess.entries())
      problems.push(...names([...path, 'usual_access', nth, 'roles'], each.roles, roles, 'role'));
    if (organizations?.has(one.organization) === false)
      problems.push(problem([...path, 'organization'], `There is no organization ${one.organization}.`));
    if (people?.has(one.owner.toLowerCase()) === false)
      problems.push(problem([...path, 'owner'], `Nobody has the address ${one.owner}.`));
    const connector = targets?.get(one.target);
    if (targets && connector === undefined)
      problems.push(problem([...path, 'target'], `There is no target system ${one.target}.`));
    else if (targets && connector !== one.connector)
      problems.push(
        problem([...path, 'connector'], `The target system ${one.target} is reached by ${connector}.`),
      );
  }
  return problems;
}

function roleProblems(catalog: Catalog, roles: ReadonlySet<string>): CatalogProblem[] {
  const resources = new Set(keysOf(catalog.resources));
  const entitlements = new Set(namesOfEntitlements(catalog));
  const problems = repeated(['roles'], keysOf(catalog.roles), 'role', ['key']);
  for (const [at, one] of catalog.roles.entries()) {
    const path = ['roles', at];
    problems.push(...repeated([...path, 'duties'], one.duties, 'duty'));
    problems.push(...names([...path, 'includes'], one.includes, roles, 'role'));
    problems.push(...repeated([...path, 'entitlements'], one.entitlements, 'entitlement'));
    for (const [nth, name] of one.entitlements.entries()) {
      if (entitlements.has(name)) continue;
      const [resource = '', entitlement = ''] = name.split(':');
      const detail = resources.has(resource)
        ? `The resource ${resource} has no entitlement ${entitlement}.`
        : `There is no resource ${resource}.`;
      problems.push(problem([...path, 'entitlements', nth], detail));
    }
  }
  return problems;
}

/**
 * Circles among roles: for each role that includes itself, over others or not, and is in no circle named before, the
 * shortest one, from the role that comes first by its name.
 */
function cycleProblems(roles: readonly CatalogRole[]): CatalogProblem[] {
  const byKey = new Map(roles.map((role) => [role.key, role]));
  const named = new Set<string>();
  const problems: CatalogProblem[] = [];
  for (const key of inOrder(byKey.keys())) {
    const cycle = named.has(key) ? null : cycleThrough(key, byKey);
    if (!cycle) continue;
    for (const one of cycle) named.add(one);
    const at = roles.findLastIndex((role) => role.key === key);
    const next = cycle[1] ?? key;
    const steps = cycle.map((one, nth) => `${one} includes ${cycle[nth + 1] ?? key}`);
    problems.push(
      problem(
        ['roles', at, 'includes', roles[at]?.includes.indexOf(next) ?? 0],
        cycle.length === 1
          ? `The role ${key} includes itself.`
          : `Roles include each other in a circle: ${steps.join(', ')}.`,
      ),
    );
  }
  return problems;
}

/** The shortest way from a role back to itself, without its last step; null when there is none. */
function cycleThrough(start: string, roles: ReadonlyMap<string, CatalogRole>): string[] | null {
  const reached = reach(start, roles);
  const last = [...reached.keys()].find((key) => roles.get(key)?.includes.includes(start));
  return last === undefined ? null : wayTo(last, reached);
}

function tierProblems(catalog: Catalog, roles: ReadonlySet<string>): CatalogProblem[] {
  const problems = repeated(['tiers'], keysOf(catalog.tiers), 'tier', ['key']);
  for (const [at, one] of catalog.tiers.entries()) {
    const allowed = new Set(one.allowedRoles);
    problems.push(...names(['tiers', at, 'allowed_roles'], one.allowedRoles, roles, 'role'));
    for (const [contractRole, given] of Object.entries(one.defaultRoles)) {
      const path = ['tiers', at, 'default_roles', contractRole];
      problems.push(...names(path, given, roles, 'role'));
      problems.push(...outside(path, given, { roles, allowed, tier: one.key }));
    }
  }
  return problems;
}

function customerTypeProblems(catalog: Catalog): CatalogProblem[] {
  const roles = new Set(keysOf(catalog.roles));
  const tiers = new Map(catalog.tiers.map((one) => [one.key, new Set(one.allowedRoles)]));
  const problems = repeated(['customer_types'], keysOf(catalog.customerTypes), 'customer type', ['key']);
  for (const [at, one] of catalog.customerTypes.entries()) {
    const path = ['customer_types', at, 'first_roles'];
    const allowed = tiers.get(one.tier);
    if (!allowed) problems.push(problem(['customer_types', at, 'tier'], `There is no tier ${one.tier}.`));
    problems.push(...names(path, one.firstRoles, roles, 'role'));
    if (allowed) problems.push(...outside(path, one.firstRoles, { roles, allowed, tier: one.tier }));
    problems.push(...consentProblems(['customer_types', at, 'consent'], one.consent));
  }
  return problems;
}

function consentProblems(path: CatalogPath, rules: readonly ConsentRule[]): CatalogProblem[] {
  return doubledIn(rules).map((one) =>
    problem(path, `Two rules say who agrees to access to ${one} data: keep one.`),
  );
}

function overrideProblems(
  catalog: Catalog,
  roles: ReadonlySet<string>,
  { organizations, people }: Surroundings,
): CatalogProblem[] {
  const features = new Set(catalog.tiers.flatMap((one) => Object.keys(one.features)));
  const problems = repeated(['overrides'], catalog.overrides.map(overrideKey), 'override');
  for (const [at, one] of catalog.overrides.entries()) {
    const path = ['overrides', at];
    const add = (field: CatalogPath, detail: string) => problems.push(problem([...path, ...field], detail));
    if (!one.customer.trim()) add(['customer'], 'An override is for one customer: name it.');
    else if (organizations?.has(one.customer) === false)
      add(['customer'], `There is no customer ${one.customer}.`);
    if (one.what.kind === 'role' && !roles.has(one.what.role))
      add(['what', 'role'], `There is no role ${one.what.role}.`);
    if (one.what.kind === 'feature' && !features.has(one.what.feature))
      add(['what', 'feature'], `No tier has a feature ${one.what.feature}.`);
    if (one.what.kind === 'consent')
      problems.push(...consentProblems([...path, 'what', 'rules'], one.what.rules));
    if (!one.reason.trim()) add(['reason'], 'An override needs a reason.');
    if (!one.approver.trim()) add(['approver'], 'An override needs a person who allowed it.');
    else if (people?.has(one.approver.toLowerCase()) === false)
      add(['approver'], `Nobody has the address ${one.approver}.`);
    if (Number.isNaN(Date.parse(one.until))) add(['until'], 'An override needs an end.');
  }
  return problems;
}

/** What is used stays: it would be taken away without anyone having decided so. */
function removalProblems(catalog: Catalog, inUse: readonly CatalogUse[]): CatalogProblem[] {
  const present: Record<CatalogUse['kind'], ReadonlySet<string>> = {
    resource: new Set(keysOf(catalog.resources)),
    entitlement: new Set(namesOfEntitlements(catalog)),
    role: new Set(keysOf(catalog.roles)),
    tier: new Set(keysOf(catalog.tiers)),
    'customer type': new Set(keysOf(catalog.customerTypes)),
  };
  return inUse
    .filter((use) => use.by.length > 0 && !present[use.kind].has(use.key))
    .map((use) => {
      const verb = use.by.length === 1 ? 'uses' : 'use';
      const detail = `The ${use.kind} ${use.key} cannot be removed: ${someOf(use.by)} ${verb} it.`;
      return problem([sectionOfUse[use.kind]], detail);
    });
}

function someOf(all: readonly string[]): string {
  const shown = all.length > 4 ? [...all.slice(0, 3), `${all.length - 3} others`] : all;
  const last = shown.at(-1) ?? '';
  return shown.length > 1 ? `${shown.slice(0, -1).join(', ')} and ${last}` : last;
}

/** Roles that exist and that the tier does not allow. */
function outside(
  path: CatalogPath,
  list: readonly string[],
  { roles, allowed, tier }: { roles: ReadonlySet<string>; allowed: ReadonlySet<string>; tier: string },
): CatalogProblem[] {
  return list.flatMap((key, at) =>
    roles.has(key) && !allowed.has(key)
      ? [problem([...path, at], `The tier ${tier} does not allow the role ${key}.`)]
      : [],
  );
}

function keysOf(list: readonly { key: string }[]): string[] {
  return list.map((one) => one.key);
}

function namesOfEntitlements(catalog: Catalog): string[] {
  return catalog.resources.flatMap((one) => one.entitlements.map(({ key }) => entitlementName(one.key, key)));
}
