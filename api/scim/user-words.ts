import { isObject, type Json } from './json.ts';
import { ScimRefusal } from './refusal.ts';
import { inSchema } from './whole.ts';

/** What a directory says of a user, in the parts that are kept apart. */
export interface UserWords {
  userName: string;
  externalId: string | null;
  /** Null: it says nothing of it, and nothing changes. */
  active: boolean | null;
  attributes: Json;
}

/** What a group is besides who is in it. */
export interface GroupWords {
  displayName: string;
  externalId: string | null;
  attributes: Json;
  /** Ids of users; null: it says nothing of them. */
  members: string[] | null;
}

/** What we say ourselves (readOnly, RFC 7643, section 2.2), and what we never keep. */
const notKept = new Set(['schemas', 'id', 'meta', 'groups', 'password', '__proto__', 'constructor']);

/** Roles follow from groups alone; whoever writes them directly believes that they count. */
const refused = ['roles', 'entitlements'];

/** A user's parts of a whole resource. @throws ScimRefusal `invalidValue` */
export function userWords(resource: Json): UserWords {
  const { userName, externalId, active, ...rest } = inSchema('User', resource);
  const said = refused.find((name) => !isEmpty(rest[name]));
  if (said !== undefined)
    throw new ScimRefusal(400, 'invalidValue', `${said}: what a user may do follows from their groups.`);
  return {
    userName: textOf('userName', userName),
    externalId: externalIdOf(externalId),
    active: typeof active === 'boolean' ? active : null,
    attributes: kept(rest),
  };
}

/** A group's parts of a whole resource. @throws ScimRefusal `invalidValue` */
export function groupWords(resource: Json): GroupWords {
  const { displayName, externalId, members, ...rest } = inSchema('Group', resource);
  return {
    displayName: textOf('displayName', displayName),
    externalId: externalIdOf(externalId),
    attributes: kept(rest),
    members: members === undefined ? null : memberIds(members),
  };
}

const isEmpty = (value: unknown) =>
  value === undefined || value === null || (Array.isArray(value) && value.length === 0);

/** Far more than any directory says of anybody. */
const mostLetters = 64 * 1024;

function kept(rest: Json): Json {
  const said = Object.entries(rest).filter(([name, value]) => !notKept.has(name) && !isEmpty(value));
  const attributes = Object.fromEntries(said);
  if (JSON.stringify(attributes).length > mostLetters)
    throw new ScimRefusal(
      400,
      'invalidValue',
      `All attributes together have at most ${mostLetters} letters.`,
    );
  return attributes;
}

function textOf(name: string, value: unknown): string {
  const text = typeof value === 'string' ? value.trim() : '';
  if (text === '' || text.length > 320) {
    const detail = `${name}: this is required, with at most 320 characters.`;
    throw new ScimRefusal(400, 'invalidValue', detail);
  }
  return text;
}

function externalIdOf(value: unknown): string | null {
  if (value === undefined || value === null || value === '') return null;
  if (typeof value !== 'string' || value.length > 320)
    throw new ScimRefusal(400, 'invalidValue', 'externalId: a text with at most 320 characters.');
  return value;
}

function memberIds(members: unknown): string[] {
  const list = Array.isArray(members) ? members : [members];
  return [
    ...new Set(
      list.map((one: unknown) => {
        const value: unknown = typeof one === 'object' && one !== null ? Reflect.get(one, 'value') : one;
        if (typeof value !== 'string')
          throw new ScimRefusal(400, 'invalidValue', 'members: each has the id of a user as its value.');
        return value;
      }),
    ),
  ];
}

/** The address that a user is written to and signs in with: their primary one, else the first, else a userName that is one. */
export function emailOf({ userName, attributes }: UserWords): string | null {
  const listed = attributes['emails'];
  const emails = Array.isArray(listed) ? listed.filter(isObject) : [];
  const chosen = emails.find(({ primary }) => primary === true) ?? emails[0];
  const value = chosen?.['value'];
  if (typeof value === 'string' && value.includes('@')) return value.trim().toLowerCase();
  return userName.includes('@') ? userName.toLowerCase() : null;
}

/** What people call them: as they are shown, else their name's parts, else their userName. */
export function nameOf({ userName, attributes }: UserWords): string {
  const name = isObject(attributes['name']) ? attributes['name'] : {};
  const parts = [name['givenName'], name['familyName']].filter((part) => typeof part === 'string');
  const said = [attributes['displayName'], name['formatted'], parts.join(' '), userName];
  const chosen = said.find((one) => typeof one === 'string' && one.trim() !== '');
  return String(chosen).trim().slice(0, 200);
}
