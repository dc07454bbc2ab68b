import type { Context } from 'hono';
import { csrfToken, isCsrfToken } from '../../crypto/session-token.ts';
import { readPrincipal } from '../../db/queries/person.ts';
import { TenureError } from '../../domain/errors.ts';
import type { ApiEnv } from '../env.ts';
import type { PersonPrincipal, Principal } from '../principal.ts';
import { openSession } from '../sign-in/session.ts';
import { isFromHere } from './same-origin.ts';

const bearer = /^Bearer +([\w~+/.-]+=*)$/i;

/** The header in which a page's script repeats its session's CSRF token, and the field in which its forms do. */
export const csrfHeader = 'x-tenure-csrf';
export const csrfField = 'csrf';

/**
 * Who calls, from the Authorization header or, without one, from a browser's session. Either says who; whether they are still one
 * of ours, and what they hold, is read anew each time, so that a suspension counts at once.
 * @throws TenureError `unauthenticated`: the same answer for every fault; `forbidden` for a call that the session's own pages did not
 * make; `too-many-requests`
 */
export async function authenticate(c: Context<ApiEnv>, reads: 'json' | 'form' | 'bytes'): Promise<Principal> {
  const authorization = c.req.header('authorization');
  const person = authorization === undefined ? await ofSession(c) : await ofToken(c, authorization);
  if (!person) throw new TenureError('unauthenticated', 'A valid bearer token or session is needed.');
  const changes = c.req.method !== 'GET' && c.req.method !== 'HEAD';
  if (person.session && changes) await refuseForged(c, reads);
  return person;
}

async function ofToken(c: Context<ApiEnv>, authorization: string): Promise<PersonPrincipal | null> {
  const deps = c.get('deps');
  const token = bearer.exec(authorization)?.[1];
  const claims = token === undefined ? null : await deps.verifyToken(token);
  if (claims) c.get('rate').take(claims.personId);
  const person = claims ? await readPrincipal(deps.ledger, claims.personId) : null;
  if (!claims || !person) return null;
  const { amr, authTime, expiresAt } = claims;
  return { ...person, kind: 'person', amr, acr: null, authTime, expiresAt, session: null };
}

async function ofSession(c: Context<ApiEnv>): Promise<PersonPrincipal | null> {
  const open = await openSession(c);
  if (!open) return null;
  const { words, found } = open;
  c.get('rate').take(found.personId);
  const { personId, email, name, organization, roles, duties, amr, acr, authTime, expiresAt } = found;
  const person = { personId, email, name, organization, roles, duties };
  const session = { id: found.sessionId, csrf: csrfToken(words) };
  return { ...person, kind: 'session', amr, acr, authTime, expiresAt, session };
}

/** A browser sends its cookie whoever makes it; only our own pages know what to say beside it. */
async function refuseForged(c: Context<ApiEnv>, reads: 'json' | 'form' | 'bytes'): Promise<void> {
  const open = await openSession(c);
  const form: Record<string, unknown> = reads === 'form' ? await c.req.parseBody().catch(() => ({})) : {};
  const said = reads === 'form' ? form[csrfField] : c.req.header(csrfHeader);
  if (open && isFromHere(c) && isCsrfToken(open.words, said)) return;
  throw new TenureError(
    'forbidden',
    'This did not come from a page of yours. Load the page again and repeat it.',
  );
}
