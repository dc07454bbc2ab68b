import {
  byName,
  coreAttributes,
  enterpriseSchema,
  extensionAttributes,
  groupSchema,
  type ScimAttributes,
  type ScimAttributeSchema,
  type ScimKind,
  userSchema,
} from '../../domain/scim-schema.ts';
import { ScimRefusal } from './refusal.ts';
import { isObject, type Json } from './json.ts';

/**
 * A whole resource in the schema's own spelling and types, whatever case its names came in (RFC 7643, section 2.1): texts that clients send for
 * booleans are booleans, one value of a list is a list, only one is primary, and what is empty is not there but for lists. Attributes that no
 * schema of ours knows stay as they are; extensions that none does are left out. What only the extension has may stand beside it, as it does
 * from Entra ID, which also writes one value as a list of one object.
 * @throws ScimRefusal `invalidValue` for a value of another type
 */
export function inSchema(kind: ScimKind, resource: Json): Json {
  return Object.entries(resource).reduce<Json>((said, [name, value]) => {
    if (name.includes(':')) return isObject(value) ? withMore(said, ofExtension(kind, name, value)) : said;
    if (extensionAttributes.has(name.toLowerCase()))
      return withMore(said, ofExtension(kind, enterpriseSchema, { [name]: value }));
    return withMore(said, inWords(coreAttributes[kind], { [name]: value }, ''));
  }, {});
}

/** Both, where what each has of the extension is kept. */
function withMore(said: Json, more: Json): Json {
  const [one, other] = [said[enterpriseSchema], more[enterpriseSchema]];
  return {
    ...said,
    ...more,
    ...(isObject(one) && isObject(other) ? { [enterpriseSchema]: { ...one, ...other } } : {}),
  };
}

/** What stands under a schema's URN: under the resource's own it is said of the resource itself. */
function ofExtension(kind: ScimKind, urn: string, value: Json): Json {
  const known = urn.toLowerCase();
  if (known === (kind === 'User' ? userSchema : groupSchema).toLowerCase()) return inSchema(kind, value);
  if (kind !== 'User' || known !== enterpriseSchema.toLowerCase()) return {};
  const said = inWords(extensionAttributes, value, `${enterpriseSchema}:`);
  return Object.keys(said).length > 0 ? { [enterpriseSchema]: said } : {};
}

function inWords(attributes: ScimAttributes, object: Json, path: string): Json {
  const said: Json = {};
  for (const [name, value] of Object.entries(object)) {
    const known = attributes.get(name.toLowerCase());
    const worded = known ? valueOf(known, value, `${path}${known.name}`) : value;
    if (worded !== undefined && worded !== null) said[known?.name ?? name] = worded;
  }
  return said;
}

function valueOf(schema: ScimAttributeSchema, value: unknown, path: string): unknown {
  if (value === null || value === undefined) return undefined;
  if (!schema.multiValued) return oneOf(schema, aloneOf(schema, value), path);
  const values = (Array.isArray(value) ? value : [value]).map((one: unknown) => elementOf(schema, one, path));
  return onePrimary(values.filter((one) => one !== undefined));
}

/** One value that Entra ID writes as a list of one object, `[{"value": "…"}]`, is that value. */
function aloneOf(schema: ScimAttributeSchema, value: unknown): unknown {
  const [only, ...others]: unknown[] = Array.isArray(value) ? value : [];
  if (!isObject(only) || others.length > 0 || !Object.hasOwn(only, 'value')) return value;
  return schema.type === 'complex' ? only : only['value'];
}

/** An element of a list may be said by its value alone. */
function elementOf(schema: ScimAttributeSchema, value: unknown, path: string): unknown {
  const isAlone = typeof value === 'string' && schema.type === 'complex';
  return value === null ? undefined : oneOf(schema, isAlone ? { value } : value, path);
}

function oneOf(schema: ScimAttributeSchema, value: unknown, path: string): unknown {
  if (schema.type === 'boolean') return booleanOf(value, path);
  if (schema.type !== 'complex') return textOf(value, path);
  // A manager may be said by their id alone.
  const object = typeof value === 'string' && schema.name === 'manager' ? { value } : value;
  if (object === '') return undefined;
  if (!isObject(object)) throw refused(path, 'an object');
  const said = schema.subAttributes ? inWords(byName(schema.subAttributes), object, `${path}.`) : object;
  return Object.keys(said).length > 0 ? said : undefined;
}

function textOf(value: unknown, path: string): string | undefined {
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'string') throw refused(path, 'a text');
  return value === '' ? undefined : value;
}

/** Entra ID's default sends booleans as texts, capitalised. */
function booleanOf(value: unknown, path: string): boolean {
  if (typeof value === 'boolean') return value;
  const said = typeof value === 'string' ? value.toLowerCase() : '';
  if (said !== 'true' && said !== 'false') throw refused(path, 'true or false');
  return said === 'true';
}

/** Of several that say so the first is (RFC 7643, section 2.4). */
function onePrimary(values: readonly unknown[]): unknown[] {
  let isChosen = false;
  return values.map((one) => {
    if (!isObject(one) || one['primary'] !== true) return one;
    if (isChosen) return { ...one, primary: false };
    isChosen = true;
    return one;
  });
}

function refused(path: string, what: string): ScimRefusal {
  return new ScimRefusal(400, 'invalidValue', `${path}: ${what}.`);
}
