import {
  meetsScimFilter,
  readScimAttribute,
  readScimFilter,
  type ScimAttribute,
  type ScimFilter,
  ScimFilterError,
} from './scim-filter.ts';

import { enterpriseSchema, groupSchema, isScimList, spelledName, userSchema } from './scim-schema.ts';

type Json = Record<string, unknown>;

/** What RFC 7644, section 3.5.2 calls a patch that cannot be done. */
export class ScimPatchError extends Error {
  override readonly name = 'ScimPatchError';
  constructor(
    readonly scimType: 'invalidSyntax' | 'invalidPath' | 'noTarget' | 'invalidValue' | 'mutability',
    message: string,
  ) {
    super(message);
  }
}

const ours = new Set(['id', 'schemas', 'meta', 'groups']);
const mostOperations = 1_000;

interface Target {
  attribute: ScimAttribute;
  filter: ScimFilter | null;
}

/**
 * A resource as a patch makes it (RFC 7644, section 3.5.2), in the shapes that clients really send: any case of `op`, objects
 * without a path whose keys are paths, texts or null to clear, and removals that name what they remove by their value. The
 * resource that is given stays as it is, so that a patch is done whole or not at all.
 * @throws ScimPatchError
 */
export function patchScim(resource: Json, body: Json): Json {
  const operations = memberOf(body, 'Operations');
  if (!Array.isArray(operations) || operations.length === 0)
    throw new ScimPatchError('invalidSyntax', 'Operations: a list with at least one.');
  if (operations.length > mostOperations)
    throw new ScimPatchError('invalidSyntax', `Operations: at most ${mostOperations}.`);
  const patched = structuredClone(resource);
  for (const operation of operations) {
    if (!isObject(operation)) throw new ScimPatchError('invalidSyntax', 'An operation is an object.');
    applyOne(patched, operation);
  }
  return patched;
}

function applyOne(resource: Json, operation: Json): void {
  const said = memberOf(operation, 'op');
  const op = typeof said === 'string' ? said.toLowerCase() : '';
  if (op !== 'add' && op !== 'replace' && op !== 'remove')
    throw new ScimPatchError('invalidSyntax', 'op: add, replace or remove.');
  const path = memberOf(operation, 'path') ?? null;
  const value = memberOf(operation, 'value');
  if (op !== 'remove' && value === undefined)
    throw new ScimPatchError('invalidValue', 'value: what is added or replaced needs one.');
  if (path !== null && path !== '') {
    if (typeof path !== 'string') throw new ScimPatchError('invalidPath', 'path: a text.');
    if (isWhole(path)) {
      if (op === 'remove') return void Reflect.deleteProperty(resource, keyOf(resource, path) ?? path);
      if (isObject(value)) return writeAll(resource, op, value, `${enterpriseSchema}:`);
    }
    return applyAt(resource, op, targetOf(path), value);
  }
  if (op === 'remove') throw new ScimPatchError('noTarget', 'A removal says what: it needs a path.');
  if (!isObject(value)) throw new ScimPatchError('invalidValue', 'Without a path the value is an object.');
  writeAll(resource, op, value, '');
}

const isWhole = (path: string) => path.toLowerCase() === enterpriseSchema.toLowerCase();
const isCore = (path: string) =>
  [userSchema, groupSchema].some((urn) => path.toLowerCase() === urn.toLowerCase());

/** The members of an object, each at the path that its name is. What is ours alone is left as it is. */
function writeAll(resource: Json, op: 'add' | 'replace', value: Json, prefix: string): void {
  for (const [name, member] of Object.entries(value)) {
    if (prefix === '' && ours.has(name.toLowerCase())) continue;
    if (isCore(name) && isObject(member)) writeAll(resource, op, member, '');
    else if (isWhole(name) && isObject(member)) writeAll(resource, op, member, `${enterpriseSchema}:`);
    else applyAt(resource, op, targetOf(`${prefix}${name}`), member);
  }
}

/** @throws ScimPatchError `invalidPath` */
function targetOf(path: string): Target {
  try {
    const open = path.indexOf('[');
    if (open < 0) return { attribute: readScimAttribute(path), filter: null };
    const close = path.lastIndexOf(']');
    const rest = path.slice(close + 1);
    if (close < open || (rest !== '' && !rest.startsWith('.')))
      throw new ScimFilterError('A bracket is missing.');
    const attribute = readScimAttribute(path.slice(0, open) + rest);
    return { attribute, filter: readScimFilter(path.slice(open + 1, close)) };
  } catch (error) {
    if (error instanceof ScimFilterError) throw new ScimPatchError('invalidPath', error.message);
    throw error;
  }
}

function applyAt(
  resource: Json,
  op: 'add' | 'replace' | 'remove',
  { attribute, filter }: Target,
  value: unknown,
): void {
  if (attribute.urn === null && ours.has(attribute.name.toLowerCase()))
    throw new ScimPatchError('mutability', 'This is not for a client to change.');
  const holder = holderOf(resource, attribute.urn, op !== 'remove');
  if (!holder) return;
  const name = keyOf(holder, attribute.name) ?? spelledName(attribute.name);
  const { sub } = attribute;
  if (filter) return atElements(holder, { name, sub, filter, op, value });
  if (op === 'remove') return removeAt(holder, name, sub, value);
  if (sub !== null) return writePart(holder, name, sub, value);
  if (isCleared(value) && op === 'replace') return void Reflect.deleteProperty(holder, name);
  holder[name] = written(holder[name], name, op, value);
}

/** What an attribute is after its value was added or replaced. */
function written(before: unknown, name: string, op: 'add' | 'replace', value: unknown): unknown {
  if (isScimList(name) || Array.isArray(before)) {
    const values: unknown[] = Array.isArray(value) ? value : [value];
    if (op === 'replace') return values;
    return joined(Array.isArray(before) ? before : [], values);
  }
  // A manager may be said by their id alone.
  if (name.toLowerCase() === 'manager' && typeof value === 'string') return { value };
  return isObject(before) && isObject(value) ? { ...before, ...value } : value;
}

/** A list with more in it: what is there already is not there twice, and only one is primary. */
function joined(before: readonly unknown[], added: readonly unknown[]): unknown[] {
  const known = new Set(before.flatMap(marksOf));
  const fresh = added.filter((one) => {
    const [mark = ''] = marksOf(one);
    if (known.has(mark)) return false;
    for (const other of marksOf(one)) known.add(other);
    return true;
  });
  const kept = fresh.some(isPrimary) ? before.map(noPrimary) : before;
  return [...kept, ...fresh];
}

const isPrimary = (one: unknown) => isObject(one) && /^true$/i.test(String(memberOf(one, 'primary')));

function noPrimary(one: unknown): unknown {
  return isObject(one) && isPrimary(one) ? { ...one, [keyOf(one, 'primary') ?? 'primary']: false } : one;
}

/** By what an element is known: its value and its type, and its value alone to who says no type. */
function marksOf(one: unknown): string[] {
  if (!isObject(one)) return [JSON.stringify([one])];
  const { value, type } = one;
  if (value === undefined) return [JSON.stringify(one)];
  const alone = JSON.stringify([value]);
  return type === undefined ? [alone] : [JSON.stringify([value, type]), alone];
}

function removeAt(holder: Json, name: string, sub: string | null, value: unknown): void {
  const before = holder[name];
  if (sub !== null) {
    for (const one of Array.isArray(before) ? before : [before])
      if (isObject(one)) Reflect.deleteProperty(one, keyOf(one, sub) ?? sub);
    return;
  }
  if (Array.isArray(before) && value !== undefined && value !== null) {
    const gone: unknown[] = Array.isArray(value) ? value : [value];
    holder[name] = before.filter((one) => !gone.some((named) => isNamed(one, named)));
    return;
  }
  Reflect.deleteProperty(holder, name);
}

const valueOf = (one: unknown): unknown => (isObject(one) ? memberOf(one, 'value') : one);

/** Whether a removal names this element: by its value, or where it says none by all that it says. */
function isNamed(one: unknown, named: unknown): boolean {
  const value = valueOf(named);
  if (value !== undefined || !isObject(named) || !isObject(one)) return valueOf(one) === value;
  const parts = Object.entries(named);
  return parts.length > 0 && parts.every(([name, part]) => memberOf(one, name) === part);
}

function writePart(holder: Json, name: string, sub: string, value: unknown): void {
  const before = holder[name];
  const parts = Array.isArray(before) ? before.filter(isObject) : isObject(before) ? [before] : [];
  if (parts.length === 0) {
    if (isCleared(value)) return;
    const made = { [spelledName(sub)]: value };
    holder[name] = isScimList(name) ? [made] : made;
    return;
  }
  for (const part of parts) setPart(part, sub, value);
}

function setPart(part: Json, sub: string, value: unknown): void {
  const key = keyOf(part, sub) ?? spelledName(sub);
  if (isCleared(value)) Reflect.deleteProperty(part, key);
  else part[key] = value;
}

interface AtElements {
  name: string;
  sub: string | null;
  filter: ScimFilter;
  op: 'add' | 'replace' | 'remove';
  value: unknown;
}

function atElements(holder: Json, { name, sub, filter, op, value }: AtElements): void {
  const before = holder[name];
  const list: unknown[] = Array.isArray(before) ? before : [];
  const found = list.filter(isObject).filter((one) => meetsScimFilter(filter, one));
  if (op === 'remove') {
    const gone = new Set<unknown>(found);
    if (sub === null) holder[name] = list.filter((one) => !gone.has(one));
    else for (const one of found) Reflect.deleteProperty(one, keyOf(one, sub) ?? sub);
    return;
  }
  if (found.length === 0) {
    // Of a member that is none there is nothing to make.
    const made = name.toLowerCase() === 'members' && op === 'replace' ? null : describedBy(filter);
    if (made === null) throw new ScimPatchError('noTarget', 'Nothing matches the path.');
    if (isCleared(value)) return;
    found.push(made);
    holder[name] = [...list, made];
  }
  for (const one of found) {
    if (sub !== null) setPart(one, sub, value);
    else if (isObject(value)) for (const [key, part] of Object.entries(value)) setPart(one, key, part);
    else throw new ScimPatchError('invalidValue', 'An element of a list is an object.');
  }
  // Who is made the primary one is it alone (RFC 7644, section 3.5.2).
  const chosen = new Set<unknown>(found.filter(isPrimary));
  if (chosen.size > 0 && Array.isArray(holder[name]))
    holder[name] = holder[name].map((one: unknown) => (chosen.has(one) ? one : noPrimary(one)));
}

/** The element that `type eq "work"` describes, which clients expect to be made; null where a filter describes none. */
function describedBy(filter: ScimFilter): Json | null {
  if (filter.kind === 'compare' && filter.operator === 'eq' && filter.attribute.sub === null)
    return { [spelledName(filter.attribute.name)]: filter.value };
  if (filter.kind !== 'and') return null;
  const [left, right] = [describedBy(filter.left), describedBy(filter.right)];
  return left && right && { ...left, ...right };
}

function holderOf(resource: Json, urn: string | null, isMade: boolean): Json | null {
  if (urn === null) return resource;
  const key = keyOf(resource, urn) ?? urn;
  const known = resource[key];
  if (isObject(known)) return known;
  if (!isMade) return null;
  const made: Json = {};
  resource[key] = made;
  return made;
}

/** Null and empty texts clear (Entra ID's way to unset). */
function isCleared(value: unknown): boolean {
  return (
    value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0)
  );
}

function memberOf(object: Json, name: string): unknown {
  const key = keyOf(object, name);
  return key === null ? undefined : object[key];
}

/** Names of attributes mean the same in any case (RFC 7643, section 2.1). */
function keyOf(object: Json, name: string): string | null {
  if (Object.hasOwn(object, name)) return name;
  return Object.keys(object).find((one) => one.toLowerCase() === name.toLowerCase()) ?? null;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
