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
  if (Array.isArray(value)) return value.map(rename);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [snake(name), rename(member)]));
}

function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
