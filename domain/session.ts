/** What a session began with. */
export const sessionMethods = ['oidc', 'passkey'] as const;
export type SessionMethod = (typeof sessionMethods)[number];

/**
 * What ended a session before its time: its own person, somebody who may, the person's leaving or suspension, a new sign-in of
 * the same browser, the end of the provider it came by, or a token that only a thief could have shown.
 */
export const sessionEnds = [
  'sign-out',
  'revocation',
  'offboarding',
  'suspension',
  'replaced',
  'provider',
  'theft',
] as const;
export type SessionEnd = (typeof sessionEnds)[number];

const systems = [
  ['iPhone', /iPhone/],
  ['iPad', /iPad/],
  ['Android', /Android/],
  ['Windows', /Windows/],
  ['macOS', /Mac OS X|Macintosh/],
  ['ChromeOS', /CrOS/],
  ['Linux', /Linux|X11/],
] as const;
// The order matters: most browsers also call themselves by the names of others.
const browsers = [
  ['Edge', /Edg(e|A|iOS)?\//],
  ['Opera', /OPR\//],
  ['Samsung Internet', /SamsungBrowser\//],
  ['Firefox', /Firefox\/|FxiOS\//],
  ['Chrome', /Chrome\/|CriOS\//],
  ['Safari', /Safari\//],
] as const;

/** What a browser calls itself, down to family and system: enough to know one's own by, and to tell nobody else. */
export function browserFamily(userAgent: string | undefined): string {
  const named = (known: readonly (readonly [string, RegExp])[]) =>
    known.find(([, pattern]) => pattern.test(userAgent ?? ''))?.[0];
  const browser = named(browsers) ?? 'A browser';
  const system = named(systems);
  return system === undefined ? browser : `${browser} on ${system}`;
}
