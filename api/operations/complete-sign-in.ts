import { sha256Hex } from '../../crypto/digest.ts';
import { unseal } from '../../crypto/sealing.ts';
import { newSessionToken, sessionCookie, sessionHashes } from '../../crypto/session-token.ts';
import { appendAudit } from '../../db/audit.ts';
import { type Executor, within, withinOrganization, withinVendor } from '../../db/client.ts';
import { isDuplicate } from '../../db/errors.ts';
import { insertReading, type ReadPerson } from '../../db/queries/group-reading.ts';
import { readPrincipal } from '../../db/queries/person.ts';
import { readSeats } from '../../db/queries/seats.ts';
import { beginSession, endSessions, stepUpSession } from '../../db/queries/session.ts';
import { attemptContext, type UsedAttempt, useAttempt } from '../../db/queries/sign-in-attempt.ts';
import {
  markTried,
  ownsDomain,
  readUsableProvider,
  type UsableProvider,
} from '../../db/queries/sign-in-provider.ts';
import {
  findByAddress,
  findBySubject,
  identitySource,
  linkIdentity,
} from '../../db/queries/source-identity.ts';
import { actors } from '../../domain/audit-event.ts';
import { mappedGroups, type SaidGroups } from '../../domain/groups.ts';
import { isMailAddress } from '../../domain/mail-address.ts';
import { domainOfAddress } from '../../domain/sign-in.ts';
import type { ApiDeps } from '../deps.ts';
import { scopeOf } from '../principal.ts';
import { exchange, ProviderError, type Said } from '../sign-in/oidc.ts';
import type { SignInRoom } from '../sign-in/room.ts';
import type { OpenSession } from '../sign-in/session.ts';
import { redirectUri } from './begin-sign-in.ts';

/** Why nobody is signed in. A closed list: each has its words on the page, and stands in the audit. */
export type SignInRefusal =
  /** Begun by another browser, used before, too old or never begun. */
  | 'no-attempt'
  /** The provider was changed or retired meanwhile. */
  | 'provider-gone'
  | 'provider-unreachable'
  /** The provider says that it was not to be, e.g. because somebody pressed Cancel. */
  | 'declined'
  /** What came is not what the provider says about this attempt. */
  | 'not-genuine'
  | 'no-address'
  | 'unverified-address'
  | 'foreign-domain'
  /** Nobody of the organization has this address, or is here now. */
  | 'unknown'
  /** Another subject of the provider is this person. */
  | 'other-subject'
  /** Stepping up: somebody else has signed in, or the session has ended. */
  | 'other-person'
  | 'at-once'
  /** Nobody has added them; their organization wants that their sign-in does, which is under way. */
  | 'being-added'
  /** The same, but no seat is free. */
  | 'no-seat';

/** What became of an attempt. */
export type SignInOutcome =
  | { kind: 'signed-in'; cookie: string; returnPath: string }
  | {
      kind: 'tried';
      provider: UsableProvider;
      attempt: UsedAttempt;
      said: Said;
      isForward: boolean;
      isDomainProven: boolean;
    }
  | { kind: 'refused'; refusal: SignInRefusal };

/** What the browser brings back. */
export interface ComingBack {
  /** The provider's parameters as they came: code, state, iss, error. */
  came: Readonly<Record<string, string>>;
  /** The browser's mark. */
  browser: string | null;
  /** The browser's session, if it has one. */
  session: OpenSession | null;
  /** What the browser is, in words. */
  browserFamily: string;
}

/** Believes a provider or does not, and signs its person in. The attempt is used up whatever comes of it. */
export async function completeSignIn(
  deps: ApiDeps,
  room: SignInRoom,
  back: ComingBack,
): Promise<SignInOutcome> {
  const attempt = await useUp(deps, back);
  if (!attempt) return { kind: 'refused', refusal: 'no-attempt' };
  const provider = await withinVendor(deps.ledger, (tx) => readUsableProvider(tx, attempt.providerId));
  if (!provider) return { kind: 'refused', refusal: 'provider-gone' };
  const scene: Scene = { deps, attempt, provider, back };
  const isUsable = attempt.purpose === 'try' ? provider.state !== 'retired' : provider.state === 'live';
  if (!isUsable) return refuse(scene, 'provider-gone');
  const said = await listen(room, scene);
  if (said instanceof ProviderError) return refuse(scene, refusalOf(said), said.detail);
  if (attempt.purpose === 'try') return noteTrial(scene, said);
  try {
    return attempt.purpose === 'step-up' ? await stepUp(scene, said) : await signIn(scene, said);
  } catch (error) {
    // Two sign-ins of one person at once: one was first.
    if (isDuplicate(error)) return refuse(scene, 'at-once');
    throw error;
  }
}

interface Scene {
  deps: ApiDeps;
  attempt: UsedAttempt;
  provider: UsableProvider;
  back: ComingBack;
}

function useUp(deps: ApiDeps, { came, browser }: ComingBack): Promise<UsedAttempt | null> {
  const { state } = came;
  if (state === undefined || browser === null) return Promise.resolve(null);
  return withinVendor(deps.ledger, (tx) => useAttempt(tx, sha256Hex(state), sha256Hex(browser)));
}

async function listen(
  room: SignInRoom,
  { deps, attempt, provider, back }: Scene,
): Promise<Said | ProviderError> {
  const errand = {
    redirectUri: redirectUri(deps),
    state: back.came['state'] ?? '',
    nonce: attempt.nonce,
    verifier: unseal(deps.sealing, attempt.sealedVerifier, attemptContext(attempt.id)),
  };
  try {
    const configuration = await room.configurationOf(provider);
    const wish = { claims: provider.claims, isFresh: attempt.purpose === 'step-up' };
    return await exchange(configuration, errand, back.came, wish);
  } catch (error) {
    if (error instanceof ProviderError) return error;
    throw error;
  }
}

function refusalOf({ problem }: ProviderError): SignInRefusal {
  if (problem === 'declined' || problem === 'not-genuine') return problem;
  return 'provider-unreachable';
}

/** Nothing of it stays but one audit event. */
async function refuse(
  { deps, provider }: Scene,
  refusal: SignInRefusal,
  detail = '',
): Promise<SignInOutcome> {
  const { organizationId } = provider;
  await withinOrganization(deps.ledger, organizationId, (tx) =>
    appendAudit(tx, {
      type: 'sign_in.refused',
      actor: actors.system,
      subject: { kind: 'sign_in_provider', id: provider.id },
      organizationId,
      holderOrganizationId: organizationId,
      reason: detail === '' ? refusal : `${refusal}: ${detail}`,
    }),
  );
  return { kind: 'refused', refusal };
}

async function signIn(scene: Scene, said: Said): Promise<SignInOutcome> {
  const { deps, attempt, provider, back } = scene;
  const { organizationId } = provider;
  const words = newSessionToken();
  const refusal = await withinOrganization(deps.ledger, organizationId, async (tx) => {
    const person = await personOf(tx, scene, said);
    if (typeof person === 'string') return person;
    await noteGroups(tx, provider, { personId: person.personId }, said.groups);
    const actor = { kind: 'person', id: person.personId, name: person.name } as const;
    await beginSession(tx, {
      personId: person.personId,
      organizationId,
      method: 'oidc',
      providerId: provider.id,
      ...sessionHashes(words),
      amr: said.amr,
      acr: said.acr,
      authTime: said.authTime ?? attempt.now,
      browser: back.browserFamily,
      actor,
    });
    return null;
  });
  // Who is added is in the records by that.
  if (refusal === 'being-added') return { kind: 'refused', refusal };
  if (refusal !== null) return refuse(scene, refusal, addressFor(refusal, said));
  // A browser has one session of ours at a time, and none that was there before somebody signed in.
  if (back.session) await endFormer(deps, back.session);
  return { kind: 'signed-in', cookie: sessionCookie(words), returnPath: attempt.returnPath };
}

/** Ends what a browser was signed in with before, with the eyes of whoever's it was: that may be another organization's. */
export function endFormer(deps: ApiDeps, { found }: OpenSession): Promise<unknown> {
  const { sessionId, organization, personId, name } = found;
  const actor = { kind: 'person', id: personId, name } as const;
  return withinOrganization(deps.ledger, organization.id, (tx) =>
    endSessions(tx, { id: sessionId }, { by: 'replaced', actor }),
  );
}

/** Notes what was said of groups. The engine acts on it; nobody waits for that. */
function noteGroups(
  tx: Executor,
  provider: UsableProvider,
  who: ReadPerson,
  said: SaidGroups,
): Promise<void> {
  const { organizationId, id: providerId, groupRoles } = provider;
  const groups = said.groups === null ? said : { ...said, groups: mappedGroups(groupRoles, said.groups) };
  const isMapped = groupRoles.length > 0 || !('personId' in who);
  return insertReading(tx, { organizationId, providerId, who, said: groups, isMapped });
}

/** Somebody of a proven domain whom nobody has added, where their organization wants that they are. */
async function addNewcomer(
  tx: Executor,
  provider: UsableProvider,
  email: string,
  said: Said,
): Promise<SignInRefusal> {
  const seats = await readSeats(tx, provider.organizationId);
  if (seats?.left === 0) return 'no-seat';
  const name = said.name?.replaceAll(/[\p{Cc}\p{Surrogate}]/gu, ' ').trim() || email;
  await noteGroups(tx, provider, { email: email.toLowerCase(), name }, said.groups);
  return 'being-added';
}

/** Whom the provider means: by its subject, and the first time by a verified address of a domain that is the organization's. */
async function personOf(
  tx: Executor,
  { deps, provider }: Scene,
  said: Said,
): Promise<{ personId: string; name: string } | SignInRefusal> {
  const { organizationId } = provider;
  const source = identitySource(provider);
  const known = await findBySubject(tx, { organizationId, source, subject: said.subject });
  if (known) return known.isActive ? known : 'unknown';
  if (said.email === null) return 'no-address';
  if (!said.isEmailVerified) return 'unverified-address';
  const domain = isMailAddress(said.email) ? domainOfAddress(said.email) : null;
  const isOurs =
    domain !== null && (await ownsDomain(tx, { organizationId, domain, isLocal: deps.isLocal === true }));
  if (!isOurs) return 'foreign-domain';
  const person = await findByAddress(tx, { organizationId, source, address: said.email });
  if (!person && provider.newPeople === 'add' && !provider.isVendors)
    return addNewcomer(tx, provider, said.email, said);
  if (!person?.isActive) return 'unknown';
  if (person.isLinked) return 'other-subject';
  await linkIdentity(tx, {
    personId: person.personId,
    organizationId,
    source,
    subject: said.subject,
    claims: { email: said.email },
  });
  await appendAudit(tx, {
    type: 'identity.linked',
    actor: { kind: 'person', id: person.personId, name: person.name },
    subject: { kind: 'person', id: person.personId },
    organizationId,
    holderOrganizationId: organizationId,
    reason: provider.name,
  });
  return person;
}

/** Whoever looks after the provider must know whom it means; it stands where it can be forgotten. */
function addressFor(refusal: SignInRefusal, { email }: Said): string {
  const isAboutAddress = [
    'unknown',
    'no-seat',
    'unverified-address',
    'foreign-domain',
    'other-subject',
  ].includes(refusal);
  return isAboutAddress && email !== null ? email.replaceAll(/[\p{Cc}\p{Surrogate}]/gu, '') : '';
}

async function stepUp(scene: Scene, said: Said): Promise<SignInOutcome> {
  const { deps, attempt, provider, back } = scene;
  const { session } = back;
  if (!session || session.found.sessionId !== attempt.sessionId) return refuse(scene, 'other-person');
  const next = newSessionToken(session.words.family);
  const isDone = await withinOrganization(deps.ledger, provider.organizationId, async (tx) => {
    const link = {
      organizationId: provider.organizationId,
      source: identitySource(provider),
      subject: said.subject,
    };
    const known = await findBySubject(tx, link);
    if (!known?.isActive || known.personId !== session.found.personId) return false;
    return stepUpSession(tx, {
      sessionId: session.found.sessionId,
      personId: known.personId,
      newTokenHash: sessionHashes(next).tokenHash,
      amr: said.amr,
      acr: said.acr,
      authTime: said.authTime ?? attempt.now,
      actor: { kind: 'person', id: known.personId, name: known.name },
      how: 'oidc',
    });
  });
  if (!isDone) return refuse(scene, 'other-person');
  return { kind: 'signed-in', cookie: sessionCookie(next), returnPath: attempt.returnPath };
}

/** A provider was tried: what it says is shown to whoever tried it, and nobody is signed in. */
async function noteTrial(scene: Scene, said: Said): Promise<SignInOutcome> {
  const { deps, attempt, provider } = scene;
  const { organizationId } = provider;
  const person = attempt.personId === null ? null : await readPrincipal(deps.ledger, attempt.personId);
  if (!person) return refuse(scene, 'unknown');
  if (said.email === null) return refuse(scene, 'no-address');
  if (!said.isEmailVerified) return refuse(scene, 'unverified-address');
  const domain = domainOfAddress(said.email) ?? '';
  return within(deps.ledger, scopeOf(person), async (tx) => {
    const isForward = await markTried(tx, provider.id, provider.changedAt);
    if (isForward)
      await appendAudit(tx, {
        type: 'sign_in_provider.tried',
        actor: { kind: 'person', id: person.personId, name: person.name },
        subject: { kind: 'sign_in_provider', id: provider.id },
        organizationId,
        holderOrganizationId: organizationId,
      });
    const isDomainProven = await ownsDomain(tx, { organizationId, domain, isLocal: deps.isLocal === true });
    return { kind: 'tried', provider, attempt, said, isForward, isDomainProven };
  });
}
