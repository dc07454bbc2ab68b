import type {
  PublicKeyCredentialCreationOptionsJSON,
  RegistrationResponseJSON,
} from '@simplewebauthn/server';
import { sha256Hex } from '../../crypto/digest.ts';
import { newSessionToken, sessionCookie, sessionHashes } from '../../crypto/session-token.ts';
import { type Executor, within, withinVendor } from '../../db/client.ts';
import { guardProblem, isDuplicate } from '../../db/errors.ts';
import { enrolmentFacts, insertPasskey, type PasskeyView, readPasskey } from '../../db/queries/passkey.ts';
import { findTicket, type OpenTicket, useTicket } from '../../db/queries/passkey-challenge.ts';
import { beginSession } from '../../db/queries/session.ts';
import type { Actor } from '../../domain/audit-event.ts';
import { TenureError } from '../../domain/errors.ts';
import { limits } from '../../domain/limits.ts';
import { mostPasskeys, passkeyAmr, type PasskeyMaker } from '../../domain/passkey.ts';
import type { ApiDeps } from '../deps.ts';
import type { Outside } from '../outside.ts';
import { actorOf, type PersonPrincipal } from '../principal.ts';
import { transact } from '../transact.ts';
import { creationOptions, type Made, partyOf, verifyMade } from '../sign-in/passkey.ts';
import type { OpenSession } from '../sign-in/session.ts';
import { askForPasskey, passkeyRefused, takeAnswer } from './ask-for-passkey.ts';
import { endFormer } from './complete-sign-in.ts';
import { stepUpRequired } from './policy-gate.ts';
import { ageOf } from './wish.ts';

export type CreationOptions = PublicKeyCredentialCreationOptionsJSON;

/** What a browser has made, and what its person calls it. */
export interface Making {
  response: RegistrationResponseJSON;
  name: string;
  /** The browser's mark. */
  browser: string | null;
}

/**
 * Begins to make a passkey for somebody who is signed in.
 * @throws TenureError `step-up-required` unless they have just shown who they are, `passkey-limit`, `passkeys-unavailable`
 */
export async function beginEnrolment(
  deps: ApiDeps,
  caller: PersonPrincipal,
  browser: string,
): Promise<CreationOptions> {
  const party = partyOf(deps);
  const session = sessionOf(caller);
  const { personId, name, email, organization } = caller;
  const { answer, known } = await withKeys(deps, caller, async (tx, facts) => {
    refuseStale(caller, facts);
    const bound = {
      purpose: 'enrol',
      organizationId: organization.id,
      personId,
      sessionId: session.id,
    } as const;
    return { answer: await askForPasskey(tx, bound, { browser }), known: facts.known };
  });
  return creationOptions(party, answer, { personId, name, email, known });
}

async function withKeys<T>(
  deps: ApiDeps,
  caller: PersonPrincipal,
  work: (tx: Executor, facts: Awaited<ReturnType<typeof enrolmentFacts>>) => Promise<T>,
): Promise<T> {
  const scope = { personId: caller.personId, organizationId: caller.organization.id, reach: 'own' } as const;
  return within(deps.ledger, scope, async (tx) => work(tx, await enrolmentFacts(tx, caller.personId)));
}

/** A browser's session; who calls with a token has no authenticator at hand. */
export function sessionOf(caller: PersonPrincipal): { id: string } {
  if (caller.session) return caller.session;
  throw new TenureError('forbidden', 'Passkeys are made and used in a browser. Sign in there.');
}

/**
 * Whoever finds a browser unlocked must not get a key of their own: who makes one has just signed in; and once they have one, with a
 * second factor.
 */
export function isStale(
  caller: PersonPrincipal,
  { known, nowMs }: { known: readonly unknown[]; nowMs: number },
): boolean {
  return ageOf(caller, nowMs) > limits.freshMs || (known.length > 0 && !caller.amr.includes('mfa'));
}

function refuseStale(caller: PersonPrincipal, facts: { known: readonly unknown[]; nowMs: number }): void {
  const { known } = facts;
  if (isStale(caller, facts))
    throw stepUpRequired('Show once more that it’s you, then add a passkey.', limits.freshMs);
  if (known.length >= mostPasskeys)
    throw new TenureError(
      'passkey-limit',
      'You have ten passkeys. Remove one that you don’t use, then add this one.',
    );
}

/** Finishes it: the passkey, its audit event and the message to its person are one transaction. */
export async function completeEnrolment(
  deps: ApiDeps,
  caller: PersonPrincipal,
  making: Making,
): Promise<Outside<PasskeyView>> {
  const session = sessionOf(caller);
  const { response, browser } = making;
  const bound = { purpose: 'enrol', sessionId: session.id, ticketId: null, browser } as const;
  const { id: challengeId, personId, made } = await madeFrom(deps, making, bound);
  if (personId !== caller.personId) throw passkeyRefused();
  return transact(deps, caller, null, async (tx) => {
    const whose = { personId, organizationId: caller.organization.id, actor: actorOf(caller) };
    const id = await keep(tx, whose, { ...making, response, made, madeBy: 'self', challengeId });
    const answer = await readPasskey(tx, id);
    if (!answer) throw new TypeError('A passkey that its person cannot see.');
    const { personId: _personId, ...shown } = answer;
    return { answer: shown, lines: [] };
  });
}

async function madeFrom(
  deps: ApiDeps,
  { response }: Making,
  bound: Parameters<typeof takeAnswer>[2],
): Promise<{ id: string; personId: string | null; now: string; made: Made }> {
  const party = partyOf(deps);
  const used = await takeAnswer(deps, response, bound);
  const made = await verifyMade(party, used.challenge, response);
  if (!made) throw passkeyRefused();
  return { ...used, made };
}

interface Whose {
  personId: string;
  organizationId: string;
  actor: Actor;
}

const transports = ['usb', 'nfc', 'ble', 'hybrid', 'internal', 'smart-card', 'cable'];

async function keep(
  tx: Executor,
  whose: Whose,
  making: Making & { made: Made; madeBy: PasskeyMaker; challengeId: string },
): Promise<string> {
  const { made, madeBy, challengeId, name, response } = making;
  const said = response.response.transports ?? [];
  const known = transports.filter((one) => said.includes(one));
  try {
    return await insertPasskey(tx, { ...whose, ...made, transports: known, name, madeBy, challengeId });
  } catch (error) {
    if (isDuplicate(error)) throw passkeyRefused();
    throw guardProblem(error) ?? error;
  }
}

/** The right of a browser to make a passkey, from its cookie; null when there is none that is good. */
export function openTicket(deps: ApiDeps, word: string | null): Promise<OpenTicket | null> {
  if (word === null) return Promise.resolve(null);
  return withinVendor(deps.ledger, (tx) => findTicket(tx, sha256Hex(word)));
}

/** What a browser with a ticket is asked to make. @throws TenureError `passkey-refused` without one */
export async function beginWelcomeEnrolment(
  deps: ApiDeps,
  { ticket: word, browser }: { ticket: string | null; browser: string },
): Promise<CreationOptions> {
  const party = partyOf(deps);
  const ticket = await openTicket(deps, word);
  if (!ticket) throw passkeyRefused();
  const { id: ticketId, personId, organizationId, person: name, email } = ticket;
  const scope = { personId, organizationId, reach: 'own' } as const;
  const { asked, known } = await within(deps.ledger, scope, async (tx) => {
    const facts = await enrolmentFacts(tx, personId);
    const bound = { purpose: 'enrol', organizationId, personId, ticketId } as const;
    return { asked: await askForPasskey(tx, bound, { browser }), known: facts.known };
  });
  return creationOptions(party, asked, { personId, name, email, known });
}

/** Who made a passkey with a ticket is signed in by it: this is their session's cookie, and where they are at home. */
export interface Welcomed {
  cookie: string;
  organizationKind: 'vendor' | 'customer';
}

/** Finishes it. The ticket is good for one passkey, and it, the passkey and the session are one transaction. */
export async function completeWelcomeEnrolment(
  deps: ApiDeps,
  making: Making & { ticket: string | null; session: OpenSession | null; browserFamily: string },
): Promise<Welcomed> {
  const ticket = await openTicket(deps, making.ticket);
  if (!ticket) throw passkeyRefused();
  const { id: ticketId, personId, organizationId, person, organizationKind } = ticket;
  const bound = { purpose: 'enrol', sessionId: null, ticketId, browser: making.browser } as const;
  const { id: challengeId, made, now } = await madeFrom(deps, making, bound);
  const words = newSessionToken();
  const whose = { personId, organizationId, actor: { kind: 'person', id: personId, name: person } } as const;
  await within(deps.ledger, { personId, organizationId, reach: 'own' }, async (tx) => {
    if (!(await useTicket(tx, ticketId))) throw passkeyRefused();
    const passkeyId = await keep(tx, whose, { ...making, made, madeBy: 'welcome', challengeId });
    await beginSession(tx, {
      ...whose,
      method: 'passkey',
      providerId: null,
      passkeyId,
      ...sessionHashes(words),
      amr: passkeyAmr(made.backedUp),
      acr: null,
      authTime: now,
      browser: making.browserFamily,
    });
  });
  // A browser has one session of ours at a time.
  if (making.session) await endFormer(deps, making.session);
  return { cookie: sessionCookie(words), organizationKind };
}
