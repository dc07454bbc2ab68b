import { digestOf } from '../../crypto/digest.ts';
import type { Executor } from '../../db/client.ts';
import { isDuplicate } from '../../db/errors.ts';
import { type AccessRequestView, readAccessRequest } from '../../db/queries/access-request.ts';
import { findSignature } from '../../db/queries/passkey-challenge.ts';
import { readThing } from '../../db/queries/thing.ts';
import { TenureError } from '../../domain/errors.ts';
import type { Signed } from '../../domain/passkey.ts';
import { texts } from '../console/texts/passkeys.ts';
import type { ApiDeps } from '../deps.ts';
import { type PersonPrincipal, viewerOf } from '../principal.ts';
import type { Ask } from './ask-access-request.ts';
import type { ExtensionWish } from './extend-access-request.ts';
import { notFound } from './refusals.ts';
import { weigh } from './wish.ts';

/** What somebody is about to do and signs with a passkey. */
export type Signable =
  | { kind: 'access_request'; ask: Ask }
  | { kind: 'extension'; request: string; extension: ExtensionWish }
  | { kind: 'decision'; request: string; decision: 'approve' | 'deny' }
  | { kind: 'credential'; request: string }
  | { kind: 'session' };

/** What of it a signature is about: what is done afterwards must be exactly this. */
export type SignedAct = Pick<Signed, 'kind' | 'about' | 'verb' | 'digest'>;

/** Asking for exactly this. */
export function signedAsk(caller: PersonPrincipal, { signed: _signed, ...ask }: Ask): SignedAct {
  const digest = digestOf({ person: caller.personId, ...given(ask) });
  return { kind: 'access_request', about: null, verb: null, digest };
}

/** Asking for exactly this later end. */
export function signedExtension(about: string, { signed: _signed, ...wish }: ExtensionWish): SignedAct {
  return { kind: 'extension', about, verb: null, digest: digestOf({ about, ...given(wish) }) };
}

/** Deciding so on a request as it was read. */
export function signedDecision(asked: { id: string; digest: string }, verb: 'approve' | 'deny'): SignedAct {
  return { kind: 'decision', about: asked.id, verb, digest: asked.digest };
}

function given(wish: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(wish).filter(([, value]) => value !== undefined));
}

/** What the caller will sign, with the words that they read before. @throws TenureError for what is not there for them */
export async function signedOf(
  deps: ApiDeps,
  tx: Executor,
  caller: PersonPrincipal,
  what: Signable,
): Promise<Signed> {
  if (what.kind === 'session')
    return {
      kind: 'session',
      about: null,
      verb: null,
      digest: digestOf({ person: caller.personId }),
      words: texts.signs.session,
    };
  if (what.kind === 'access_request') {
    const { resource, entitlement, organization } = await weigh(deps, tx, caller, what.ask);
    const thing = await readThing(tx, {
      resource: resource.id,
      entitlement: entitlement.id,
      organization: organization.id,
    });
    return { ...signedAsk(caller, what.ask), words: texts.signs.ask({ ...what.ask, ...thing }) };
  }
  const request = await readAccessRequest(tx, viewerOf(caller), what.request);
  if (!request) throw notFound();
  return signedOnRequest(request, what);
}

function signedOnRequest(
  request: AccessRequestView,
  what: Exclude<Signable, { kind: 'session' | 'access_request' }>,
): Signed {
  const { id, digest, extendsRequestId, person } = request;
  if (what.kind === 'extension') {
    const words = texts.signs.extend({ ...request, ...what.extension });
    return { ...signedExtension(extendsRequestId ?? id, what.extension), words };
  }
  if (what.kind === 'credential')
    return { kind: 'credential', about: id, verb: null, digest, words: texts.signs.credential(request) };
  const words = texts.signs.decide[what.decision](person.name ?? '', request);
  return { ...signedDecision(request, what.decision), words };
}

/**
 * The signature that the caller names for what they do; null when they name none.
 * @throws TenureError `step-up-required` when they have signed something else, or nothing lately
 */
export async function signatureFor(
  tx: Executor,
  caller: PersonPrincipal,
  id: string | undefined,
  act: SignedAct,
): Promise<{ id: string; passkeyId: string } | null> {
  if (id === undefined) return null;
  const found = await findSignature(tx, { id, personId: caller.personId });
  const isThis =
    found?.signs.kind === act.kind &&
    found.signs.about === act.about &&
    found.signs.verb === act.verb &&
    found.signs.digest === act.digest;
  if (found && isThis) return { id, passkeyId: found.passkeyId };
  throw new TenureError('step-up-required', texts.signedElse);
}

/**
 * Does what was signed. A signature is for one act: for a second one it is none.
 * @throws TenureError `step-up-required` when something was done with it already
 */
export async function onceSigned<T>(signature: { id: string } | null, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (signature && isDuplicate(error)) throw new TenureError('step-up-required', texts.signedElse);
    throw error;
  }
}

/** What an audit event says after its own reason: with what the act was signed. */
export function signedReason(reason: string | null, signature: { passkeyId: string } | null): string | null {
  if (!signature) return reason;
  const words = `signed by passkey ${signature.passkeyId}`;
  return reason === null ? words : `${reason} (${words})`;
}
