import type { Context } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import type { CookieOptions } from 'hono/utils/cookie';
import { randomWord } from '../../crypto/session-token.ts';
import { limits } from '../../domain/limits.ts';
import type { ApiEnv } from '../env.ts';

// Cookies ignore ports and paths of others, so their names carry the installation's id. With TLS no other host of the domain can
// set them either. No other site's page makes a browser send them: what is to be done is done by a form of ours.

/** The session's own words, the mark of a browser that signs in, and the right of one that has confirmed a welcome. */
type CookieKind = 'session' | 'browser' | 'ticket';

function isSecure(c: Context<ApiEnv>): boolean {
  return c.get('deps').publicUrl.startsWith('https:');
}

async function nameOf(c: Context<ApiEnv>, kind: CookieKind): Promise<string> {
  const installation = await c.get('signIn').installation();
  return `${isSecure(c) ? '__Host-' : ''}tenure-${installation}-${kind}`;
}

function options(c: Context<ApiEnv>, forMs: number): CookieOptions {
  return { httpOnly: true, sameSite: 'Strict', secure: isSecure(c), path: '/', maxAge: forMs / 1_000 };
}

/** Whether the browser sent any cookie: if not, there is nothing to ask the ledger. */
export async function readCookie(c: Context<ApiEnv>, kind: CookieKind): Promise<string | undefined> {
  return c.req.header('cookie') === undefined ? undefined : getCookie(c, await nameOf(c, kind));
}

export async function writeSessionCookie(c: Context<ApiEnv>, value: string): Promise<void> {
  setCookie(c, await nameOf(c, 'session'), value, options(c, limits.sessionMs));
}

export async function dropSessionCookie(c: Context<ApiEnv>): Promise<void> {
  deleteCookie(c, await nameOf(c, 'session'), options(c, 0));
}

const mark = /^[\w-]{43}$/;

/** The browser's mark, the one that it has or a new one, good for as long as an attempt from now. */
export async function markBrowser(c: Context<ApiEnv>): Promise<string> {
  const known = await readCookie(c, 'browser');
  const word = known !== undefined && mark.test(known) ? known : randomWord();
  setCookie(c, await nameOf(c, 'browser'), word, options(c, limits.signInMs));
  return word;
}

/** The browser’s mark; null where it has none of ours. */
export async function markOf(c: Context<ApiEnv>): Promise<string | null> {
  const known = await readCookie(c, 'browser');
  return known !== undefined && mark.test(known) ? known : null;
}

/** Gives the browser the right to make a passkey. */
export async function writeTicket(c: Context<ApiEnv>, value: string): Promise<void> {
  setCookie(c, await nameOf(c, 'ticket'), value, options(c, limits.passkeyTicketMs));
}

export async function ticketOf(c: Context<ApiEnv>): Promise<string | null> {
  const known = await readCookie(c, 'ticket');
  return known !== undefined && mark.test(known) ? known : null;
}

export async function dropTicket(c: Context<ApiEnv>): Promise<void> {
  deleteCookie(c, await nameOf(c, 'ticket'), options(c, 0));
}
