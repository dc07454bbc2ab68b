import { canonicalJson } from '../../crypto/canonical-json.ts';
import type { Executor } from '../../db/client.ts';
import {
  changeScimMembers,
  deleteScimGroup,
  insertScimGroup,
  knownScimUsers,
  listScimGroups,
  lockScimGroup,
  readScimGroup,
  rewriteScimGroup,
  type ScimGroupRow,
} from '../../db/queries/scim-group.ts';
import type { Directory } from '../../db/queries/scim-token.ts';
import { type ScimPage, touchScimUsers } from '../../db/queries/scim-user.ts';
import { newId } from '../../domain/ids.ts';
import type { ApiDeps } from '../deps.ts';
import { ScimRefusal } from '../scim/refusal.ts';
import { refuseStale } from '../scim/resource.ts';
import { readingAs } from '../scim/transact.ts';
import type { GroupWords } from '../scim/user-words.ts';
import { notFound } from './refusals.ts';
import { followScimGroups, noteScim, type ScimScene } from './scim-keeping.ts';
import { type Found, writing } from './scim-user.ts';

/** `isWhole`: with who is in them, which a client of large groups leaves out by `excludedAttributes`. */
export function findScimGroups(
  deps: ApiDeps,
  directory: Directory,
  page: ScimPage,
  isWhole: boolean,
): Promise<Found<ScimGroupRow>> {
  return readingAs(deps, directory, (tx) => listScimGroups(tx, directory.organizationId, page, isWhole));
}

/** @throws TenureError `not-found` */
export function showScimGroup(
  deps: ApiDeps,
  directory: Directory,
  id: string,
  isWhole: boolean,
): Promise<ScimGroupRow> {
  return readingAs(deps, directory, (tx) => groupRow(tx, directory, id, isWhole));
}

/** Creates a group; who is in it has the role that it gives by the configured mapping, if it gives one. */
export function createScimGroup(
  deps: ApiDeps,
  directory: Directory,
  words: GroupWords,
): Promise<ScimGroupRow> {
  return writing(deps, directory, async (scene) => {
    const { tx } = scene;
    const { organizationId } = directory;
    const { displayName, externalId, attributes, members } = words;
    const id = newId('scg');
    await insertScimGroup(tx, { id, organizationId, displayName, externalId, attributes });
    await noteScim(scene, 'scim_group.made', { kind: 'scim_group', id }, displayName);
    await changeMembers(scene, id, [], members ?? []);
    return groupRow(tx, directory, id);
  });
}

/** Changes a group to what `change` makes of it as it is: PUT and PATCH alike. Roles follow in the same transaction. */
export function changeScimGroup(
  deps: ApiDeps,
  directory: Directory,
  id: string,
  ifMatch: string | null,
  change: (before: ScimGroupRow) => GroupWords,
): Promise<ScimGroupRow> {
  return writing(deps, directory, async (scene) => {
    const { tx } = scene;
    const before = await lockScimGroup(tx, directory.organizationId, id);
    if (!before) throw notFound();
    refuseStale(ifMatch, before);
    const after = change(before);
    const former = before.members.map(({ value }) => value);
    const wanted = after.members ?? former;
    const isRenamed = before.displayName !== after.displayName;
    const isOther =
      isRenamed ||
      before.externalId !== after.externalId ||
      canonicalJson(before.attributes) !== canonicalJson(after.attributes) ||
      canonicalJson([...former].sort()) !== canonicalJson([...wanted].sort());
    if (!isOther) return before;
    await rewriteScimGroup(tx, id, after);
    await noteScim(scene, 'scim_group.changed', { kind: 'scim_group', id }, after.displayName);
    await changeMembers(scene, id, former, wanted);
    // Another name may give another role to who stays.
    if (isRenamed) {
      await touchScimUsers(tx, wanted);
      await followScimGroups(scene, wanted);
    }
    return groupRow(tx, directory, id);
  });
}

/** Deletes a group; what it gave goes with it. */
export function deleteScimGroupOf(
  deps: ApiDeps,
  directory: Directory,
  id: string,
  ifMatch: string | null,
): Promise<void> {
  return writing(deps, directory, async (scene) => {
    const { tx } = scene;
    const before = await lockScimGroup(tx, directory.organizationId, id);
    if (!before) throw notFound();
    refuseStale(ifMatch, before);
    const former = before.members.map(({ value }) => value);
    await changeMembers(scene, id, former, []);
    await deleteScimGroup(tx, id);
    await noteScim(scene, 'scim_group.removed', { kind: 'scim_group', id }, before.displayName);
  });
}

async function groupRow(
  tx: Executor,
  { organizationId }: Directory,
  id: string,
  isWhole = true,
): Promise<ScimGroupRow> {
  const found = await readScimGroup(tx, organizationId, id, isWhole);
  if (!found) throw notFound();
  return found;
}

/** @throws ScimRefusal `invalidValue` for somebody who is no user of this directory */
async function changeMembers(
  scene: ScimScene,
  groupId: string,
  former: readonly string[],
  wanted: readonly string[],
): Promise<void> {
  const { tx, directory } = scene;
  const { organizationId } = directory;
  const [before, after] = [new Set(former), new Set(wanted)];
  const added = wanted.filter((id) => !before.has(id));
  const removed = former.filter((id) => !after.has(id));
  const known = added.length > 0 ? await knownScimUsers(tx, organizationId, added) : new Set<string>();
  const stranger = added.find((id) => !known.has(id));
  if (stranger !== undefined)
    throw new ScimRefusal(400, 'invalidValue', 'members: each has the id of a user as its value.');
  await changeScimMembers(tx, { groupId, organizationId, added, removed });
  const touched = [...added, ...removed];
  await touchScimUsers(tx, touched);
  await followScimGroups(scene, touched);
}
