/**
 * JSON outside is snake_case, TypeScript inside is camelCase: the names are turned at this one place, in the type and in
 * the value.
 */
type Snake<Name extends string> = Name extends `${infer First}${infer Rest}`
  ? First extends Lowercase<First>
    ? `${First}${Snake<Rest>}`
    : `_${Lowercase<First>}${Snake<Rest>}`
  : Name;

/** A value of ours as the outside sees it. */
export type Outside<T> = T extends readonly (infer Item)[]
  ? Outside<Item>[]
  : T extends object
    ? { [Key in keyof T as Key extends string ? Snake<Key> : never]: Outside<T[Key]> }
    : T;

/** Renames every member, at any depth. Takes plain JSON values only: instants are texts already. */
export function outside<T>(value: T): Outside<T> {
  // The type says exactly what `rename` does, but the compiler cannot follow it through the recursion.
  return rename(value) as Outside<T>;
}

function rename(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(rename);
  const renamed: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(value)) {
    const turned = snake(name);
    // A member of somebody's document may have this name; assigned, it would become the object's prototype.
    if (turned === '__proto__')
      Object.defineProperty(renamed, turned, { value: rename(member), ...ownMember });
    else renamed[turned] = rename(member);
  }
  return renamed;
}

const ownMember = { enumerable: true, configurable: true, writable: true };

/** Names are few and come by the thousand with a long list, but those of a document's members are anybody's. */
const namesKept = 1_000;
const names = new Map<string, string>();

function snake(name: string): string {
  const known = names.get(name);
  if (known !== undefined) return known;
  const turned = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  if (names.size < namesKept) names.set(name, turned);
  return turned;
}
