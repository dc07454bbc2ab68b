import { type SQL, sql } from 'drizzle-orm';
import type { Given } from '../kept.ts';
import { heldNow } from './person.ts';

/** Whose eyes a list or a row is read with, within what row-level security lets through already. */
export interface Viewer<Id extends Given = string> {
  personId: Id;
  organizationId: Id;
  /** Reads every record: the vendor's security and administrators. */
  seesAll: boolean;
  /** Administers a customer, and sees what concerns it. */
  administers: boolean;
  /** Manages access for the vendor, and sees what processes leave to people. */
  manages: boolean;
}

/** What of a viewer decides how a condition is written; the rest are values. */
export type Sight = Omit<Viewer, 'personId' | 'organizationId'>;

export function sightOf({ seesAll, administers, manages }: Viewer): Sight {
  return { seesAll, administers, manages };
}

/** A viewer whose ids come with each call of a kept statement, as `viewer` and `viewerOf`. */
export function viewerGiven(sight: Sight, given: (name: keyof ViewerIds) => Given): Viewer<Given> {
  return { ...sight, personId: given('viewer'), organizationId: given('viewerOf') };
}

export interface ViewerIds {
  viewer: string;
  viewerOf: string;
}

export function idsOf({ personId, organizationId }: Viewer): ViewerIds {
  return { viewer: personId, viewerOf: organizationId };
}

/** The condition that a person holds the role of one of the request's stages, in that stage's organization. */
export function decides(personId: Given, requestId: SQL): SQL {
  return sql`exists (select 1 from stage vs join person_role vh on vh.role_id = vs.role_id
    and vh.organization_id = vs.organization_id where vs.request_id = ${requestId} and vh.person_id = ${personId}
    and ${heldNow(sql`vh`)})`;
}

/** The condition that the viewer may see a request: it is theirs, they could decide it, or they read such records. */
export function seesRequest(viewer: Viewer<Given>, request: SQL): SQL {
  if (viewer.seesAll) return sql`true`;
  return sql`(${request}.person_id = ${viewer.personId} or ${request}.requested_by = ${viewer.personId}
    or ${concerns(viewer, request)} or ${decides(viewer.personId, sql`${request}.id`)})`;
}

/** The same for a grant, through the request that it came from. */
export function seesGrant(viewer: Viewer<Given>, grant: SQL): SQL {
  if (viewer.seesAll) return sql`true`;
  return sql`(${grant}.person_id = ${viewer.personId} or ${concerns(viewer, grant)}
    or exists (select 1 from access_request vr where vr.id = ${grant}.request_id and vr.requested_by = ${viewer.personId})
    or ${decides(viewer.personId, sql`${grant}.request_id`)})`;
}

/** The condition that the viewer may see a task: they own it, manage access or read such records. */
export function seesTask(viewer: Viewer<Given>, task: SQL): SQL {
  if (viewer.seesAll) return sql`true`;
  const ofProcess = viewer.manages ? sql`${task}.process_id is not null` : sql`false`;
  return sql`(${task}.owner_person_id = ${viewer.personId} or ${concerns(viewer, task)} or ${ofProcess})`;
}

function concerns(viewer: Viewer<Given>, row: SQL): SQL {
  if (!viewer.administers) return sql`false`;
  return sql`${row}.organization_id = ${viewer.organizationId} or ${row}.holder_organization_id = ${viewer.organizationId}`;
}
