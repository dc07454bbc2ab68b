import { appendAudit } from '../db/audit.ts';
import type { Executor } from '../db/client.ts';
import { isDuplicate } from '../db/errors.ts';
import { readActiveCatalog } from '../db/queries/catalog-revision.ts';
import { type CustomerView, holdCustomer, readCustomer } from '../db/queries/customer.ts';
import { readNow } from '../db/queries/effective.ts';
import {
  forgetReadings,
  type GroupReading,
  noteGroupRoles,
  providerActor,
  rolesByGroup,
  settleReading,
  staffRoles,
  takeReading,
  waitingReadings,
} from '../db/queries/group-reading.ts';
import { createProcess } from '../db/queries/process.ts';
import { takeSeats } from '../db/queries/seats.ts';
import { readUsableProvider, type UsableProvider } from '../db/queries/sign-in-provider.ts';
import {
  beginMembership,
  changeMembership,
  changeStaffRoles,
  insertUser,
  type KnownPerson,
  lockPerson,
} from '../db/queries/user.ts';
import type { Catalog } from '../domain/catalog.ts';
import { TenureError } from '../domain/errors.ts';
import { contractRoleByGroups, isMappable, rolesOfGroups, staffRolesByGroups } from '../domain/groups.ts';
import { roleRefusals } from '../domain/role-refusal.ts';
import type { GroupRole } from '../domain/sign-in.ts';
import type { ActivityDeps } from './deps.ts';
import { failureCode } from './failures.ts';

const batch = 20;
const forgetAfterMs = 30 * 86_400_000;

/**
 * Acts on what identity providers have said at sign-ins: roles follow groups by the same processes as an administrator's change,
 * and somebody of a proven domain is added where their organization wants it. Each in a transaction of its own, once. Returns how
 * many were acted on.
 */
export async function followGroups(
  deps: Pick<ActivityDeps, 'ledger'> & { log: Pick<ActivityDeps['log'], 'warn'> },
): Promise<number> {
  const { db } = deps.ledger;
  await forgetReadings(db, forgetAfterMs);
  const ids = await waitingReadings(db, batch);
  for (const id of ids) {
    try {
      await followOne(db, id);
    } catch (error) {
      deps.log.warn({ readingId: id, code: failureCode(error) }, 'groups were not followed, trying again');
    }
  }
  return ids.length;
}

async function followOne(db: Executor, id: string): Promise<void> {
  try {
    await db.transaction(async (tx) => {
      const reading = await takeReading(tx, id);
      if (reading) await settleReading(tx, id, await follow(tx, reading));
    });
  } catch (error) {
    // What cannot be, cannot be later either: no seat is left, or somebody was added meanwhile.
    const why = error instanceof TenureError ? error.code : isDuplicate(error) ? 'already-a-user' : null;
    if (why === null) throw error;
    await db.transaction(async (tx) => {
      const reading = await takeReading(tx, id);
      if (!reading) return;
      await noteIgnored(tx, reading, await readUsableProvider(tx, reading.providerId), why);
      await settleReading(tx, id, why);
    });
  }
}

type Outcome = 'nothing' | 'changed' | 'added' | 'unsaid' | 'gone' | 'closed';

/** What a reading is acted on with. */
interface Scene {
  tx: Executor;
  reading: GroupReading;
  provider: UsableProvider;
  catalog: Catalog;
  /** ISO 8601 UTC. */
  now: string;
}

async function follow(tx: Executor, reading: GroupReading): Promise<Outcome> {
  const provider = await readUsableProvider(tx, reading.providerId);
  if (provider?.state !== 'live') return 'gone';
  if (reading.groups === null && reading.personId !== null) {
    await noteIgnored(tx, reading, provider, reading.unsaid ?? 'unsaid');
    return 'unsaid';
  }
  const { catalog } = await readActiveCatalog(tx);
  const scene: Scene = { tx, reading, provider, catalog, now: await readNow(tx) };
  if (provider.isVendors) return reading.personId === null ? 'gone' : followStaff(scene, reading.personId);
  await holdCustomer(tx, provider.organizationId);
  const customer = await readCustomer(tx, provider.organizationId);
  const isOpen = customer?.state === 'active' || customer?.state === 'restricted';
  if (!customer || !isOpen || customer.suspendedAt !== null) return 'closed';
  return reading.personId === null
    ? addNewcomer(scene, customer)
    : followUser(scene, customer, reading.personId);
}

async function followUser(scene: Scene, customer: CustomerView, personId: string): Promise<Outcome> {
  const { tx, provider } = scene;
  const person = await lockPerson(tx, personId);
  const { membership } = person ?? {};
  if (!person || !membership || !isHere(person)) return 'gone';
  const given = await givenTo(scene, customer);
  const fitting = given.filter(({ role }) => !isExcluded(scene, customer, role, membership.givenRoles));
  if (fitting.length < given.length) await noteIgnored(tx, scene.reading, provider, 'role-not-allowed');
  const usual = defaultRole(scene, customer);
  const byGroups = await rolesByGroup(tx, personId);
  const byGroup = byGroups.find((role) => role === membership.contractRole) ?? null;
  const change = contractRoleByGroups(
    fitting,
    { contractRole: membership.contractRole, byGroup },
    isExcluded(scene, customer, usual, membership.givenRoles) ? null : usual,
  );
  if (change === undefined) return 'nothing';
  const reason = change.by ? givenBy(change.by, provider) : takenBy(provider);
  await changeMembership(tx, {
    personId,
    organizationId: customer.id,
    contractRole: change.role,
    givenRoles: membership.givenRoles,
    actor: providerActor(provider),
    reason,
  });
  await noteGroupRoles(tx, {
    personId,
    organizationId: customer.id,
    providerId: provider.id,
    taken: byGroups,
    given: change.by ? [change.by] : [],
  });
  await beginProcess(scene, personId, 'role-change', reason);
  return 'changed';
}

async function followStaff(scene: Scene, personId: string): Promise<Outcome> {
  const { tx, provider } = scene;
  const person = await lockPerson(tx, personId);
  if (!person || !isHere(person)) return 'gone';
  const given = await givenTo(scene, null);
  const roles = await staffRoles(tx, personId);
  const { gained: asked, lost } = staffRolesByGroups(given, {
    roles,
    byGroup: await rolesByGroup(tx, personId),
  });
  const kept = roles.filter((role) => !lost.includes(role));
  const wish = { roles: [...kept, ...asked.map(({ role }) => role)], contractRole: null };
  // What excludes what they hold is not given; what no group gives any more goes all the same.
  const isRefused = roleRefusals(scene.catalog, null, wish, scene.now).length > 0;
  if (isRefused) await noteIgnored(tx, scene.reading, provider, 'role-not-allowed');
  const gained = isRefused ? [] : asked;
  const wanted = isRefused ? kept : wish.roles;
  const { organizationId, id: providerId } = provider;
  await noteGroupRoles(tx, { personId, organizationId, providerId, given: gained, taken: lost });
  const first = gained[0];
  const reason = first ? givenBy(first, provider) : takenBy(provider);
  const actor = providerActor(provider);
  const isChanged = await changeStaffRoles(tx, { personId, organizationId, roles: wanted, actor, reason });
  if (!isChanged) return 'nothing';
  await beginProcess(scene, personId, 'role-change', reason);
  return 'changed';
}

/** Somebody of a proven domain whom nobody has added takes a seat. */
async function addNewcomer(scene: Scene, customer: CustomerView): Promise<Outcome> {
  const { tx, reading, provider } = scene;
  const { email, name } = reading;
  if (email === null || provider.newPeople !== 'add') return 'gone';
  const known = await lockPerson(tx, email);
  // Whoever was removed is asked back by somebody, not by their own sign-in.
  if (known) return 'gone';
  const [first] = await givenTo(scene, customer);
  const contractRole = first?.role ?? defaultRole(scene, customer);
  await takeSeats(tx, customer.id, 1);
  const actor = providerActor(provider);
  const organizationId = customer.id;
  const personId = await insertUser(tx, { organizationId, email, name: name ?? email, actor });
  const reason = first ? givenBy(first, provider) : `By signing in at ${provider.name}`;
  const origin = 'source';
  await beginMembership(tx, {
    personId,
    organizationId,
    contractRole,
    givenRoles: [],
    origin,
    actor,
    reason,
  });
  await noteGroupRoles(tx, {
    personId,
    organizationId,
    providerId: provider.id,
    given: first ? [first] : [],
    taken: [],
  });
  await beginProcess(scene, personId, 'onboarding', reason);
  return 'added';
}

/** What their groups give, as far as it may be had now; what may not is recorded, once for each reading. */
async function givenTo(scene: Scene, customer: CustomerView | null): Promise<GroupRole[]> {
  const { tx, reading, provider } = scene;
  const { given, ignored } = rolesOfGroups(provider.groupRoles, reading.groups ?? [], (role) =>
    isMappable(scene.catalog, customer, role),
  );
  if (ignored.length > 0) {
    const what = ignored.map(({ group, role }) => `${group}: ${role}`).join(', ');
    await noteIgnored(tx, reading, provider, `not to be had now: ${what}`);
  }
  return given;
}

/** Whether what a contract role gives and what they were given by hand exclude each other. */
function isExcluded(
  { catalog, now }: Scene,
  customer: CustomerView,
  contractRole: string | null,
  roles: readonly string[],
): boolean {
  const refusals = roleRefusals(catalog, customer, { roles, contractRole }, now);
  return refusals.some(({ field, index }) => field === 'roles' && index === null);
}

function defaultRole({ catalog, provider }: Scene, customer: CustomerView): string | null {
  const role = provider.defaultRole;
  return role !== null && isMappable(catalog, customer, role) ? role : null;
}

function isHere({ hasLeft, isSuspended }: KnownPerson): boolean {
  return !hasLeft && !isSuspended;
}

function givenBy({ group }: GroupRole, { name }: UsableProvider): string {
  return `By the group ${group} at ${name}`;
}

function takenBy({ name }: UsableProvider): string {
  return `No group at ${name} gives it any more`;
}

function beginProcess(
  { tx, provider }: Scene,
  personId: string,
  kind: 'onboarding' | 'role-change',
  reason: string,
): Promise<unknown> {
  return createProcess(tx, {
    kind,
    organizationId: provider.organizationId,
    personId,
    cause: 'roster',
    source: provider.id,
    // Who has just signed in needs no link to do so.
    wish: kind === 'onboarding' ? { welcome: false } : { what: 'roles' },
    reason,
    actor: providerActor(provider),
    traceparent: null,
  });
}

async function noteIgnored(
  tx: Executor,
  reading: GroupReading,
  provider: UsableProvider | null,
  reason: string,
): Promise<void> {
  const { organizationId, personId, providerId } = reading;
  const subject =
    personId === null ? { kind: 'sign_in_provider', id: providerId } : { kind: 'person', id: personId };
  await appendAudit(tx, {
    type: 'groups.ignored',
    actor: providerActor({ id: providerId, name: provider?.name ?? '' }),
    subject,
    organizationId,
    holderOrganizationId: organizationId,
    reason,
  });
}
