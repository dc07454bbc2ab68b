import {
  type Catalog,
  type CatalogList,
  type CatalogOverride,
  type CatalogResource,
  type CatalogRole,
  type CatalogTier,
  type CustomerType,
  type Exception,
  compareText,
  inOrder,
  type Json,
  overrideKey,
} from './catalog.ts';
import type { CatalogSettings, FenceLimit } from './catalog-settings.ts';
import { canonicalConsent, type ConsentRule, isUsualConsent } from './consent.ts';

/** One thing of the catalog in its outside form: members in a fixed order, those that say nothing left out. */
export type DocumentEntry = { [name: string]: Json };

/** The catalog's outside form: in files, in the API's JSON and in the ledger's revisions. */
export type CatalogDocument = Record<CatalogList, DocumentEntry[]> & { settings: DocumentEntry };

/**
 * The catalog in its outside form, the same for two catalogs that mean the same: by key, lists in which only membership
 * counts in order, and what is as by default left out. Only the settings are written whole, so that a new version of the
 * product with other defaults does not change what a company has. `readCatalog` reads it back.
 */
export function catalogDocument(catalog: Catalog): CatalogDocument {
  return {
    resources: byKey(catalog.resources).map(resourceEntry),
    roles: byKey(catalog.roles).map(roleEntry),
    tiers: byKey(catalog.tiers).map(tierEntry),
    customer_types: byKey(catalog.customerTypes).map(customerTypeEntry),
    overrides: sortedBy(catalog.overrides, overrideKey).map(overrideEntry),
    settings: settingsEntry(catalog.settings),
  };
}

function resourceEntry(one: CatalogResource): DocumentEntry {
  const usual = sortedBy(one.usualAccess, (each) => each.entitlement);
  return entry({
    key: one.key,
    name: one.name,
    kind: one.kind,
    organization: one.organization,
    owner: one.owner,
    region: one.region,
    classification: one.classification,
    connector: one.connector,
    target: one.target,
    shared: one.shared || undefined,
    settings: filled(one.settings),
    entitlements: byKey(one.entitlements).map(({ key, name }) => ({ key, name })),
    usual_access: some(
      usual.map(({ entitlement, roles, period }) => ({ entitlement, roles: inOrder(roles), period })),
    ),
  });
}

function roleEntry(one: CatalogRole): DocumentEntry {
  return entry({
    key: one.key,
    name: one.name,
    duties: some(inOrder(one.duties)),
    includes: some(inOrder(one.includes)),
    conflicts_with: some(inOrder(one.conflictsWith)),
    entitlements: some(inOrder(one.entitlements)),
  });
}

function tierEntry(one: CatalogTier): DocumentEntry {
  const roles = Object.entries(one.defaultRoles).map(([key, given]) => [key, inOrder(given)] as const);
  return entry({
    key: one.key,
    name: one.name,
    seats: seatsEntry(one.seats),
    allowed_roles: some(inOrder(one.allowedRoles)),
    default_roles: filled(Object.fromEntries(roles)),
    features: filled(one.features),
  });
}

function customerTypeEntry(one: CustomerType): DocumentEntry {
  return entry({
    key: one.key,
    name: one.name,
    tier: one.tier,
    region: one.region ?? undefined,
    approves_vendor_access: isUsualConsent(one.consent) || undefined,
    consent: isUsualConsent(one.consent) ? undefined : some(consentEntries(one.consent)),
    first_roles: some(inOrder(one.firstRoles)),
    granted_period: one.grantedPeriod,
  });
}

function overrideEntry({ customer, what, reason, approver, until }: CatalogOverride): DocumentEntry {
  return { customer, what: exceptionEntry(what), reason, approver, until };
}

function exceptionEntry(what: Exception): DocumentEntry {
  if (what.kind === 'seats') return { kind: 'seats', seats: seatsEntry(what.seats) };
  return what.kind === 'consent' ? { kind: 'consent', rules: consentEntries(what.rules) } : { ...what };
}

function consentEntries(rules: readonly ConsentRule[]): DocumentEntry[] {
  return canonicalConsent(rules).map(({ classifications, within, emergency }) => ({
    classifications,
    within,
    emergency,
  }));
}

function settingsEntry(one: CatalogSettings): DocumentEntry {
  return entry({
    churn_grace: one.churnGrace,
    downgrade_grace: one.downgradeGrace,
    standing_period: one.standingPeriod,
    welcome: { expires: one.welcome.expires, reminders: [...one.welcome.reminders] },
    dunning: one.dunning.map(({ state, after }) => ({ state, after })),
    restricted_roles: inOrder(one.restrictedRoles),
    fence: { source: fenceEntry(one.fence.source), people: fenceEntry(one.fence.people) },
    handover: one.handover ?? undefined,
  });
}

function fenceEntry({ share, least, window }: FenceLimit): DocumentEntry {
  return { share, least, window };
}

/** Said in a word: a number that was forgotten must not read as none. */
function seatsEntry(seats: number | null): number | 'unlimited' {
  return seats ?? 'unlimited';
}

function entry(members: { [name: string]: Json | undefined }): DocumentEntry {
  return Object.fromEntries(
    Object.entries(members).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

function some(list: Json[]): Json[] | undefined {
  return list.length > 0 ? list : undefined;
}

function filled(record: { [name: string]: Json }): Json | undefined {
  return Object.keys(record).length > 0 ? inNameOrder(record) : undefined;
}

/** Members by name at every depth; lists stay as they are. */
function inNameOrder(value: Json): Json {
  if (Array.isArray(value)) return value.map(inNameOrder);
  if (value === null || typeof value !== 'object') return value;
  const members = Object.entries(value).sort(([a], [b]) => compareText(a, b));
  return Object.fromEntries(members.map(([name, member]) => [name, inNameOrder(member)]));
}

function byKey<T extends { key: string }>(list: readonly T[]): T[] {
  return sortedBy(list, (one) => one.key);
}

function sortedBy<T>(list: readonly T[], keyOf: (one: T) => string): T[] {
  return [...list].sort((a, b) => compareText(keyOf(a), keyOf(b)));
}
