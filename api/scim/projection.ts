import { enterpriseSchema, extensionAttributes } from '../../domain/scim-schema.ts';
import type { Shown } from './request.ts';
import { isObject, type Json } from './json.ts';

/** What every answer has, whatever was asked for (RFC 7643, section 7: returned always). */
const always = new Set(['id', 'schemas']);

/** A resource with the attributes that a client wants (RFC 7644, section 3.9); names mean the same in any case. */
export function projected(resource: Json, { attributes, excluded }: Shown): Json {
  if (attributes !== null) return pick(resource, attributes.map(pathOf));
  return excluded.length > 0 ? omit(resource, excluded.map(pathOf)) : resource;
}

/** `name.givenName`, perhaps behind the URN of a schema, as its parts in lower case. */
function pathOf(name: string): string[] {
  const said = name.toLowerCase().replace(/^urn:ietf:params:scim:schemas:core:2\.0:(?:user|group):/, '');
  const [, urn, rest = ''] =
    /^(urn:ietf:params:scim:schemas:extension:enterprise:2\.0:user)(?::(.+))?$/.exec(said) ?? [];
  if (urn !== undefined) return [urn, ...rest.split('.').filter(Boolean)];
  const [first = '', ...more] = said.split('.');
  return extensionAttributes.has(first) ? [enterpriseSchema.toLowerCase(), first, ...more] : [first, ...more];
}

function pick(value: Json, paths: readonly string[][]): Json {
  const entries = Object.entries(value).flatMap(([name, member]) => {
    const wanted = paths.filter(([first]) => first === name.toLowerCase());
    if (always.has(name) || wanted.some((path) => path.length === 1)) return [[name, member] as const];
    if (wanted.length === 0) return [];
    const rest = wanted.map((path) => path.slice(1));
    return [[name, within(member, (part) => pick(part, rest))] as const];
  });
  return Object.fromEntries(entries);
}

function omit(value: Json, paths: readonly string[][]): Json {
  const entries = Object.entries(value).flatMap(([name, member]) => {
    const meant = paths.filter(([first]) => first === name.toLowerCase());
    if (always.has(name) || meant.length === 0) return [[name, member] as const];
    if (meant.some((path) => path.length === 1)) return [];
    const rest = meant.map((path) => path.slice(1));
    return [[name, within(member, (part) => omit(part, rest))] as const];
  });
  return Object.fromEntries(entries);
}

function within(member: unknown, work: (part: Json) => Json): unknown {
  if (Array.isArray(member)) return member.map((one: unknown) => (isObject(one) ? work(one) : one));
  return isObject(member) ? work(member) : member;
}
