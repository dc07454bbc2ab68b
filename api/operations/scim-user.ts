import { canonicalJson } from '../../crypto/canonical-json.ts';
import { isDuplicate } from '../../db/errors.ts';
import { type Executor, together } from '../../db/client.ts';
import type { Directory } from '../../db/queries/scim-token.ts';
import {
  deleteScimUser,
  insertScimUser,
  isScimUserName,
  listScimUsers,
  lockScimUser,
  noteRoleByGroup,
  readScimUser,
  rewriteScimUser,
  type ScimPage,
  type ScimUserRow,
  touchScimUsers,
} from '../../db/queries/scim-user.ts';
import { touchGroupsOf } from '../../db/queries/scim-group.ts';
import { suspendPeople } from '../../db/queries/offboarding.ts';
import { insertUser, type KnownPerson, lockPerson, renewPerson } from '../../db/queries/user.ts';
import { newId } from '../../domain/ids.ts';
import { isMailAddress } from '../../domain/mail-address.ts';
import type { ApiDeps } from '../deps.ts';
import { ScimRefusal } from '../scim/refusal.ts';
import { refuseStale } from '../scim/resource.ts';
import { emailOf, nameOf, type UserWords } from '../scim/user-words.ts';
import { directoryActor, readingAs, writingAs } from '../scim/transact.ts';
import { refuseClosed } from './find-customer.ts';
import { notFound } from './refusals.ts';
import {
  finishLeaving,
  followScimGroups,
  holdScene,
  noteScim,
  putOut,
  type ScimScene,
  takeBack,
  takeIn,
} from './scim-keeping.ts';

/** What a list or a search finds. */
export interface Found<Row> {
  total: number;
  rows: Row[];
}

export function findScimUsers(
  deps: ApiDeps,
  directory: Directory,
  page: ScimPage,
): Promise<Found<ScimUserRow>> {
  return readingAs(deps, directory, (tx) => listScimUsers(tx, directory.organizationId, page));
}

/** @throws TenureError `not-found` */
export function showScimUser(deps: ApiDeps, directory: Directory, id: string): Promise<ScimUserRow> {
  return readingAs(deps, directory, (tx) => userRow(tx, directory, id));
}

/**
 * Creates a user (RFC 7644, section 3.3): a new person with a seat, one who was removed before and comes back clean, or one of the
 * customer's users whom an administrator had added, who is linked and stays what they are.
 * @throws ScimRefusal `uniqueness`; TenureError `no-seat-left`, `customer-closed`
 */
export function createScimUser(deps: ApiDeps, directory: Directory, words: UserWords): Promise<ScimUserRow> {
  return writing(deps, directory, async (scene) => {
    const { tx } = scene;
    const { organizationId } = directory;
    const email = emailOf(words);
    if (email === null || !isMailAddress(email))
      throw new ScimRefusal(400, 'invalidValue', 'A user needs a mail address: as userName or in emails.');
    const { userName, externalId, attributes } = words;
    const [found, isTaken] = await together([
      lockPerson(tx, email),
      isScimUserName(tx, organizationId, userName),
    ]);
    if (isTaken) throw taken();
    const isGoing = found?.organizationId === organizationId && (await finishLeaving(scene, found.id));
    const known = isGoing ? await lockPerson(tx, email) : found;
    const isMember = known?.organizationId === organizationId && known.membership !== null;
    const personId = isMember ? known.id : await newPersonOf(scene, known, words, email);
    const id = newId('scu');
    const [, , , made] = await together([
      insertScimUser(tx, { id, personId, organizationId, userName, externalId, attributes }),
      noteScim(scene, 'scim_user.linked', { kind: 'person', id: personId }),
      isMember ? renewPerson(tx, personId, nameOf(words)) : null,
      userRow(tx, directory, id),
    ]);
    if (words.active !== false || !isMember) return made;
    await putOut(scene, personId);
    return userRow(tx, directory, id);
  });
}

/** Who is not active yet takes no seat, and has nothing that could end. @throws TenureError as `takeIn`; ScimRefusal `uniqueness` */
async function newPersonOf(
  scene: ScimScene,
  known: KnownPerson | null,
  words: UserWords,
  email: string,
): Promise<string> {
  const name = nameOf(words);
  if (words.active !== false) return (await takeIn(scene, known, { email, name }, [])).personId;
  const { organizationId } = scene.directory;
  if (known && known.organizationId !== organizationId) throw taken();
  refuseClosed(scene.customer);
  const actor = directoryActor(scene.directory);
  const personId = known?.id ?? (await insertUser(scene.tx, { organizationId, email, name, actor }));
  await suspendPeople(scene.tx, [personId], actor, 'inactive');
  return personId;
}

/**
 * Changes a user to what `change` makes of them as they are: PUT and PATCH alike (RFC 7644, sections 3.5.1 and 3.5.2). Who is made
 * inactive leaves at once and stays readable; who is made active again is a new member, clean.
 * @param ifMatch the client's If-Match; null: whatever the version
 */
export function changeScimUser(
  deps: ApiDeps,
  directory: Directory,
  id: string,
  ifMatch: string | null,
  change: (before: ScimUserRow) => UserWords,
): Promise<ScimUserRow> {
  return writing(deps, directory, async (scene) => {
    const { tx } = scene;
    const { personId } = await userRow(tx, directory, id);
    const person = await lockPerson(tx, personId);
    const before = await lockScimUser(tx, directory.organizationId, id);
    if (!before) throw notFound();
    refuseStale(ifMatch, before);
    const after = change(before);
    if (saysOther(before, after)) await rewrite(scene, before, after);
    if (after.active === false && (before.active || person?.membership)) await putOut(scene, personId);
    if (after.active === true && !before.active) await comeBack(scene, before, after);
    if (after.active !== null && after.active !== before.active) await touchScimUsers(tx, [id]);
    return userRow(tx, directory, id);
  });
}

/**
 * Deletes a user (RFC 7644, section 3.6): they leave if they have not, and their name is free. Should somebody be created with it, it
 * is a new user.
 */
export function deleteScimUserOf(
  deps: ApiDeps,
  directory: Directory,
  id: string,
  ifMatch: string | null,
): Promise<void> {
  return writing(deps, directory, async (scene) => {
    const { personId } = await userRow(scene.tx, directory, id);
    await lockPerson(scene.tx, personId);
    const before = await lockScimUser(scene.tx, directory.organizationId, id);
    if (!before) throw notFound();
    refuseStale(ifMatch, before);
    await putOut(scene, personId);
    await touchGroupsOf(scene.tx, id);
    await deleteScimUser(scene.tx, id);
    await noteScim(scene, 'scim_user.removed', { kind: 'person', id: personId });
  });
}

/** One transaction that holds the customer, so that people are locked after it. A name that is taken meanwhile is no fault of ours. */
export async function writing<T>(
  deps: ApiDeps,
  directory: Directory,
  work: (scene: ScimScene) => Promise<T>,
): Promise<T> {
  try {
    return await writingAs(deps, directory, async (tx, lines) => {
      return work({ deps, tx, directory, ...(await holdScene(tx, directory)), lines });
    });
  } catch (error) {
    if (isDuplicate(error)) throw taken();
    throw error;
  }
}

async function userRow(tx: Executor, { organizationId }: Directory, id: string): Promise<ScimUserRow> {
  const found = await readScimUser(tx, organizationId, id);
  if (!found) throw notFound();
  return found;
}

async function rewrite(scene: ScimScene, before: ScimUserRow, after: UserWords): Promise<void> {
  const { tx, directory } = scene;
  const { organizationId } = directory;
  const { userName, externalId, attributes } = after;
  const isRenamed = userName.toLowerCase() !== before.userName.toLowerCase();
  if (isRenamed && (await isScimUserName(tx, organizationId, userName))) throw taken();
  await rewriteScimUser(tx, before.id, { userName, externalId, attributes });
  await renewPerson(tx, before.personId, nameOf(after));
  await noteScim(scene, 'scim_user.changed', { kind: 'person', id: before.personId });
}

/**
 * Nothing of before: a seat if one is free, and what their groups give now. Who still waited to leave is what they were. Whom
 * somebody else suspended stays so.
 */
async function comeBack(scene: ScimScene, { id, personId, groups }: ScimUserRow, after: UserWords) {
  if (await takeBack(scene, personId)) return followScimGroups(scene, [id]);
  const person = await lockPerson(scene.tx, personId);
  if (!person || person.membership) return;
  const names = groups.map(({ display }) => display);
  // A person is named by their id as well, and their address may be another by now.
  const { roleByGroup } = await takeIn(scene, person, { email: personId, name: nameOf(after) }, names);
  await noteRoleByGroup(scene.tx, id, roleByGroup);
}

/** Whether the directory says anything else now; in which order it says it does not count. */
function saysOther(before: ScimUserRow, after: UserWords): boolean {
  return (
    before.userName !== after.userName ||
    before.externalId !== after.externalId ||
    canonicalJson(before.attributes) !== canonicalJson(after.attributes)
  );
}

function taken(): ScimRefusal {
  return new ScimRefusal(409, 'uniqueness', 'Somebody has this userName or address already.');
}
