import type { ScimGroupRow } from '../../db/queries/scim-group.ts';
import type { ScimUserRow } from '../../db/queries/scim-user.ts';
import { enterpriseSchema, groupSchema, userSchema } from '../../domain/scim-schema.ts';
import { ScimRefusal } from './refusal.ts';
import type { Json } from './json.ts';

/** What a version says of a resource. */
export interface Versioned {
  version: number;
  changedAt: string;
  /** Of a user, who may be another here without a word of the directory. */
  modifiedAt?: string;
}

/** The version of a resource, weak as all of ours are (RFC 7644, section 3.14). */
export function etagOf({ version, changedAt, modifiedAt = changedAt }: Versioned): string {
  return `W/"${version}${modifiedAt === changedAt ? '' : `-${Date.parse(modifiedAt)}`}"`;
}

/** Whether one of a header's tags, e.g. of If-Match, names that version. */
export function isTagOf(row: Versioned, header: string): boolean {
  const said = header.split(',').map((one) => one.trim().replace(/^W\//, ''));
  return said.includes('*') || said.includes(etagOf(row).slice(2));
}

/** Refuses a change of what has changed since the client read it. An If-Match is never required. @throws ScimRefusal 412 */
export function refuseStale(ifMatch: string | null, row: Versioned): void {
  if (ifMatch === null || isTagOf(row, ifMatch)) return;
  throw new ScimRefusal(412, null, 'It has changed since you read it.');
}

/** A user as the directory reads it back. `base`: the address of this customer's SCIM, without a slash at the end. */
export function userResource(row: ScimUserRow, base: string): Json {
  const extended = enterpriseSchema in row.attributes;
  return {
    schemas: extended ? [userSchema, enterpriseSchema] : [userSchema],
    id: row.id,
    ...(row.externalId === null ? {} : { externalId: row.externalId }),
    userName: row.userName,
    ...row.attributes,
    active: row.active,
    ...(row.groups.length > 0
      ? { groups: row.groups.map((group) => ({ ...group, $ref: `${base}/Groups/${group.value}` })) }
      : {}),
    meta: metaOf('User', row, `${base}/Users/${row.id}`),
  };
}

export function groupResource(row: ScimGroupRow, base: string): Json {
  return {
    schemas: [groupSchema],
    id: row.id,
    ...(row.externalId === null ? {} : { externalId: row.externalId }),
    displayName: row.displayName,
    ...row.attributes,
    members: row.members.map((member) => ({
      ...member,
      type: 'User',
      $ref: `${base}/Users/${member.value}`,
    })),
    meta: metaOf('Group', row, `${base}/Groups/${row.id}`),
  };
}

function metaOf(
  resourceType: 'User' | 'Group',
  row: Versioned & { createdAt: string },
  location: string,
): Json {
  const { createdAt: created, changedAt, modifiedAt: lastModified = changedAt } = row;
  return { resourceType, created, lastModified, version: etagOf(row), location };
}
