import type { Context } from 'hono';
import {
  newSessionToken,
  readSessionCookie,
  sessionCookie,
  sessionHashes,
  type SessionToken,
} from '../../crypto/session-token.ts';
import { type Ledger, withinOrganization } from '../../db/client.ts';
import {
  endSessions,
  findSession,
  type FoundSession,
  noteSight,
  rotateSession,
} from '../../db/queries/session.ts';
import { actors } from '../../domain/audit-event.ts';
import type { ApiEnv } from '../env.ts';
import { dropSessionCookie, readCookie, writeSessionCookie } from './cookies.ts';

/** A browser's session as this request has it. */
export interface OpenSession {
  /** What its cookie says from now on. */
  words: SessionToken;
  found: FoundSession;
}

/**
 * The session whose cookie came with this request, read once for it; null when there is none that is good. What is due is done: its
 * token is replaced, its use noted, and one whose former token is shown long after its time is ended, because then two have it.
 */
export function openSession(c: Context<ApiEnv>): Promise<OpenSession | null> {
  const known = c.get('openSession') ?? readOpenSession(c);
  c.set('openSession', known);
  return known;
}

async function readOpenSession(c: Context<ApiEnv>): Promise<OpenSession | null> {
  const cookie = await readCookie(c, 'session');
  const words = readSessionCookie(cookie);
  if (!words) return null;
  const { ledger } = c.get('deps');
  const { familyHash, tokenHash } = sessionHashes(words);
  const found = await findSession(ledger, familyHash, tokenHash);
  if (!found || found.token === 'late' || found.token === 'foreign') {
    if (found) await endStolen(ledger, found);
    await dropSessionCookie(c);
    return null;
  }
  // What was on its way when the session was stepped up is still read; it changes nothing, and ends nothing.
  if (found.token === 'weaker' && c.req.method !== 'GET' && c.req.method !== 'HEAD') return null;
  return { words: (await keepUp(c, words, found)) ?? words, found };
}

function endStolen(ledger: Ledger, { organization, sessionId }: FoundSession): Promise<unknown> {
  return withinOrganization(ledger, organization.id, (tx) =>
    endSessions(tx, { id: sessionId }, { by: 'theft', actor: actors.system }),
  );
}

async function keepUp(
  c: Context<ApiEnv>,
  words: SessionToken,
  found: FoundSession,
): Promise<SessionToken | null> {
  const { ledger } = c.get('deps');
  const { sessionId, organization } = found;
  if (found.token === 'current' && found.isRotationDue) {
    const next = newSessionToken(words.family);
    const hashes = { tokenHash: sessionHashes(words).tokenHash, newTokenHash: sessionHashes(next).tokenHash };
    const isOurs = await withinOrganization(ledger, organization.id, (tx) =>
      rotateSession(tx, { sessionId, ...hashes }),
    );
    // Another call of the same browser was first: its answer brings the new token, and the one at hand is good until then.
    if (!isOurs) return null;
    await writeSessionCookie(c, sessionCookie(next));
    return next;
  }
  if (found.isSightDue) await withinOrganization(ledger, organization.id, (tx) => noteSight(tx, sessionId));
  return null;
}
