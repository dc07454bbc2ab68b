/** An address with what is asked of it; what is empty is left out. */
export function addressOf(path: string, query: Readonly<Record<string, string | null | undefined>>): string {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value) given.set(name, value);
  return given.size === 0 ? path : `${path}?${given.toString()}`;
}

/** The address of a person’s, a customer’s or a resource’s page, by key where it has one. */
export const personPage = (id: string) => `/people/${encodeURIComponent(id)}`;
export const customerPage = (key: string) => `/customers/${encodeURIComponent(key)}`;
export const resourcePage = (key: string) => `/resources/${encodeURIComponent(key)}`;

/** A thing of the catalog; an override's key has slashes. */
export const catalogEntryPage = (part: string, key: string) => `/catalog/${part}/${encodeURIComponent(key)}`;
