import { type Executor, together } from '../../db/client.ts';
import type { OutboxLine } from '../../db/outbox.ts';
import { appendAudit } from '../../db/audit.ts';
import type { CustomerFacts } from '../../db/queries/customer.ts';
import type { Directory } from '../../db/queries/scim-token.ts';
import { orderReturn } from '../../db/queries/coming-back.ts';
import { suspendPeople } from '../../db/queries/offboarding.ts';
import { readScimHeld, readScimLeaving } from '../../db/queries/scim-leaving.ts';
import { noteRoleByGroup, readScimUsers, type ScimUserRow } from '../../db/queries/scim-user.ts';
import { findLiveProvider, type UsableProvider } from '../../db/queries/sign-in-provider.ts';
import { type KnownPerson, lockPerson } from '../../db/queries/user.ts';
import type { AuditEventType } from '../../domain/audit-event.ts';
import { TenureError } from '../../domain/errors.ts';
import type { Catalog } from '../../domain/catalog.ts';
import { contractRoleByGroups, isMappable, rolesOfGroups } from '../../domain/groups.ts';
import type { ApiDeps } from '../deps.ts';
import { directoryActor, keeperOfDirectory } from '../scim/transact.ts';
import { type CatalogNow, readCatalogNow } from './allowed-roles.ts';
import { addUserIn } from './add-user.ts';
import { changeRolesIn } from './change-user.ts';
import { heldCustomerOf, refuseClosed } from './find-customer.ts';
import { holdLeavingIn, leaveIn } from './remove-user.ts';

/** What a directory's word is carried out with, in one transaction. */
export interface ScimScene {
  deps: ApiDeps;
  tx: Executor;
  directory: Directory;
  /** Held: until the transaction ends nobody else adds users to it, and it neither leaves nor is suspended. */
  customer: CustomerFacts;
  at: CatalogNow;
  /** What its groups give now. */
  mapping: GroupMapping;
  /** Whom to tell afterwards; added to on the way. */
  lines: OutboxLine[];
}

/** Records what a directory has said. */
export function noteScim(
  { tx, directory }: Pick<ScimScene, 'tx' | 'directory'>,
  type: AuditEventType,
  subject: { kind: string; id: string },
  reason: string | null = null,
): Promise<void> {
  const { organizationId } = directory;
  const owners = { organizationId, holderOrganizationId: organizationId };
  return appendAudit(tx, { type, actor: directoryActor(directory), subject, ...owners, reason });
}

const byDirectory = ({ label }: Directory) => `By the directory ${label}`;

/**
 * Somebody becomes a user, or one again: with a seat, with what their groups give or else the provider's usual role, and without
 * anything of before. Returns their person's id.
 * @throws TenureError `no-seat-left`; `already-a-user`; `customer-closed`
 */
export async function takeIn(
  scene: ScimScene,
  known: KnownPerson | null,
  who: { email: string; name: string },
  groups: readonly string[],
): Promise<{ personId: string; roleByGroup: string | null }> {
  const { deps, tx, directory, customer, at, mapping } = scene;
  refuseClosed(customer);
  const [first] = mapping.given(groups);
  const wish = {
    ...who,
    contractRole: first?.role ?? mapping.otherwise,
    roles: [],
    // Who signs in with the accounts of their organization needs no link to do so.
    needsNoWelcome: mapping.provider !== null,
    reason: byDirectory(directory),
  };
  const place = { customer, at, known };
  const { personId, line } = await addUserIn(deps, tx, keeperOfDirectory(directory), place, wish);
  scene.lines.push(line);
  return { personId, roleByGroup: first?.role ?? null };
}

/**
 * Somebody leaves, at once, as when an administrator removes them; nothing for who has left already. Where more leave than the fence
 * of people lets through, they are suspended at once, and leave when a second person has let them go.
 */
export async function putOut(scene: ScimScene, personId: string): Promise<void> {
  const { deps, tx, directory } = scene;
  const person = await lockPerson(tx, personId);
  if (!person || person.hasLeft) return;
  if (await readScimHeld(tx, personId)) {
    await suspendPeople(tx, [personId], directoryActor(directory), 'fence');
    return;
  }
  const { organizationId } = directory;
  const { gone, limit, window, hasGone, isWaiting } = await readScimLeaving(tx, organizationId, personId);
  if (hasGone || gone < limit) return letGo(scene, personId);
  const keeper = keeperOfDirectory(directory);
  scene.lines.push(await holdLeavingIn(deps, tx, keeper, leavingOf(directory, personId), limit));
  if (isWaiting) return;
  const subject = { kind: 'scim_token', id: directory.tokenId };
  await noteScim(scene, 'scim_token.many_left', subject, `limit ${limit} within ${window}`);
}

async function letGo({ deps, tx, directory, lines }: ScimScene, personId: string): Promise<void> {
  const left = await leaveIn(deps, tx, keeperOfDirectory(directory), leavingOf(directory, personId));
  lines.push(...left.lines);
}

function leavingOf(directory: Directory, personId: string) {
  const { organizationId } = directory;
  return { personId, organizationId, why: 'removal', reason: byDirectory(directory) } as const;
}

/**
 * The directory takes back that somebody shall leave who waits behind the fence: they are what they were, and nobody needs to let
 * them go. False when nobody waits so.
 */
export async function takeBack({ tx, directory }: ScimScene, personId: string): Promise<boolean> {
  const held = await readScimHeld(tx, personId);
  if (!held) return false;
  const actor = directoryActor(directory);
  // Whom somebody else has suspended stays so.
  if (held.suspended)
    await orderReturn(tx, { personIds: [personId], actor, reason: 'taken-back', roles: 'none' });
  return true;
}

/** Who waits behind the fence and is created anew comes clean: they leave now, one of as many as come. False when nobody waits so. */
export async function finishLeaving(scene: ScimScene, personId: string): Promise<boolean> {
  const isHeld = (await readScimHeld(scene.tx, personId)) !== null;
  if (isHeld) await letGo(scene, personId);
  return isHeld;
}

/** Holds the directory's customer, and reads what its groups give now. @throws TenureError `not-found` */
export async function holdScene(
  tx: Executor,
  { organizationId }: Directory,
): Promise<Pick<ScimScene, 'customer' | 'at' | 'mapping'>> {
  const [customer, provider, at] = await together([
    heldCustomerOf(tx, organizationId),
    findLiveProvider(tx, organizationId),
    readCatalogNow(tx),
  ]);
  return { customer, at, mapping: mappingOf(customer, provider, at.catalog) };
}

type GroupMapping = ReturnType<typeof mappingOf>;

/** What a customer's groups give, by the mapping of its live sign-in provider (see docs/adr/0030). */
function mappingOf(customer: CustomerFacts, provider: UsableProvider | null, catalog: Catalog) {
  const mayHave = (role: string) => isMappable(catalog, customer, role);
  const usual = provider?.defaultRole ?? null;
  const of = (groups: readonly string[]) => rolesOfGroups(provider?.groupRoles ?? [], groups, mayHave);
  return {
    provider,
    given: (groups: readonly string[]) => of(groups).given,
    ignored: (groups: readonly string[]) => of(groups).ignored,
    otherwise: usual !== null && mayHave(usual) ? usual : null,
  };
}

/**
 * Has the roles of these users follow the groups that they are in now, in the order of their people: what a group gave goes with
 * it, what a person gave stays, and what the tier does not have (any more) is recorded and gives nothing.
 */
export async function followScimGroups(scene: ScimScene, userIds: readonly string[]): Promise<void> {
  const { tx, directory, mapping } = scene;
  const users = await readScimUsers(tx, directory.organizationId, userIds);
  users.sort((a, b) => (a.personId < b.personId ? -1 : 1));
  // Who is not active gets what their groups give when they are again.
  for (const user of users) if (isConcerned(mapping, user)) await followOne(scene, user);
}

/** Groups of thousands give nothing to most directories' people: nobody is looked up for those. */
function isConcerned(mapping: GroupMapping, user: ScimUserRow): boolean {
  const groups = user.groups.map(({ display }) => display);
  return user.roleByGroup !== null || mapping.given(groups).length > 0 || mapping.ignored(groups).length > 0;
}

async function followOne(scene: ScimScene, user: ScimUserRow): Promise<void> {
  const { deps, tx, directory, customer, mapping } = scene;
  const groups = user.groups.map(({ display }) => display);
  const subject = { kind: 'person', id: user.personId };
  const ignored = mapping.ignored(groups);
  if (ignored.length > 0) {
    const what = ignored.map(({ group, role }) => `${group}: ${role}`).join(', ');
    await noteScim(scene, 'groups.ignored', subject, `not to be had now: ${what}`);
  }
  const person = await lockPerson(tx, user.personId);
  if (!person?.membership) return;
  const { contractRole } = person.membership;
  const now = { contractRole, byGroup: user.roleByGroup };
  const change = contractRoleByGroups(mapping.given(groups), now, mapping.otherwise);
  if (change === undefined) return;
  const known = { customer, user: { ...person, membership: person.membership } };
  const wish = { contractRole: change.role, reason: byDirectory(directory) };
  try {
    const changed = await changeRolesIn(deps, tx, keeperOfDirectory(directory), known, wish);
    if (changed) scene.lines.push(changed.line);
    await noteRoleByGroup(tx, user.id, change.by?.role ?? null);
  } catch (error) {
    // It excludes what an administrator gave them: refused before anything was written.
    if (!(error instanceof TenureError) || error.code !== 'role-not-allowed') throw error;
    await noteScim(scene, 'groups.ignored', subject, error.code);
  }
}
