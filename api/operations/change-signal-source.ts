import { randomBytes } from 'node:crypto';
import { seal } from '../../crypto/sealing.ts';
import { webhookSecret } from '../../crypto/webhook-signature.ts';
import { appendAudit } from '../../db/audit.ts';
import type { Executor } from '../../db/client.ts';
import {
  endSignalSource,
  insertSignalSource,
  listSignalSources,
  readSignalSource,
  replaceAlertSecret,
  type SignalSourceView,
} from '../../db/queries/signal-source.ts';
import { TenureError } from '../../domain/errors.ts';
import { newId } from '../../domain/ids.ts';
import { periodMs } from '../../domain/period.ts';
import { signalContext } from '../../domain/signal.ts';
import { readWebhookUrl } from '../../domain/webhook.ts';
import type { ApiDeps } from '../deps.ts';
import type { Outside } from '../outside.ts';
import { actorOf, hasDuty, type PersonPrincipal } from '../principal.ts';
import { type IdempotencyKey, reading, transact } from '../transact.ts';
import { managedOrganization, managesPeopleOf } from './managed-organization.ts';
import { notFound } from './refusals.ts';
import { type KeysWish, transmitterKeys } from './transmitter-keys.ts';

/** Who shall speak of whose people, and how. */
export interface SignalSourceWish {
  organization: string;
  name: string;
  how:
    | { kind: 'push'; audience: string; keys: KeysWish }
    | { kind: 'poll'; audience: string; keys: KeysWish; url: string; authorization: string | null }
    | { kind: 'alert' };
}

/** A source, and the address that it is told to send to; null for one that is asked. */
export type SignalSourceShown = SignalSourceView & { endpoint: string | null };

/** The same with what its alerts are signed with, shown here and never again; null for a transmitter, which has keys. */
export type SecretSignalSource = SignalSourceShown & { secret: string | null };

/** How long the former secret stays good unless it is said: time to give the other side the new one. */
const usualFormerFor = 'P1D';

/** Every source for the vendor's people who manage access, else the caller's organization's. */
export function findSignalSources(
  deps: ApiDeps,
  caller: PersonPrincipal,
): Promise<Outside<SignalSourceShown[]>> {
  const whose = hasDuty(caller, 'manage-access') ? null : caller.organization.id;
  return reading(deps, caller, async (tx) =>
    (await listSignalSources(tx, whose)).map((one) => shown(deps, one)),
  );
}

/**
 * Connects who speaks of an organization's people: of these, and of nobody else's. No Idempotency-Key: what is kept under one is kept
 * readable, and a secret is not.
 * @throws TenureError `not-found` for an organization whose people others manage; `invalid-input` for keys that cannot be used
 * ({@link transmitterKeys}), and for an address that is not asked
 */
export async function makeSignalSource(
  deps: ApiDeps,
  caller: PersonPrincipal,
  { organization, name, how }: SignalSourceWish,
): Promise<Outside<SecretSignalSource>> {
  // Nobody is asked for anything on behalf of who may not connect them.
  await reading(deps, caller, (tx) => managedOrganization(tx, caller, organization));
  const transmitter = await transmitterOf(deps, how);
  return transact(deps, caller, null, async (tx) => {
    const { id: organizationId } = await managedOrganization(tx, caller, organization);
    const id = newId('sigsrc');
    const secret = how.kind === 'alert' ? webhookSecret(randomBytes(32)) : null;
    await insertSignalSource(tx, {
      id,
      organizationId,
      kind: how.kind,
      name,
      ...transmitter,
      ...pollOf(deps, id, how),
      sealedSecret: secret && seal(deps.sealing, secret, signalContext(id, 'secret')),
      madeBy: caller.personId,
    });
    await note(tx, caller, { id, organizationId }, 'made');
    return { answer: { ...shown(deps, await sourceOf(tx, caller, id)), secret }, lines: [] };
  });
}

async function transmitterOf(deps: ApiDeps, how: SignalSourceWish['how']) {
  if (how.kind === 'alert') return { issuer: null, audience: null, jwks: null, jwksUri: null };
  return { audience: how.audience, ...(await transmitterKeys(deps, how.keys)) };
}

function pollOf({ sealing, webhooksReach }: ApiDeps, id: string, how: SignalSourceWish['how']) {
  if (how.kind !== 'poll') return { pollUrl: null, sealedAuthorization: null };
  const read = readWebhookUrl(how.url, webhooksReach ?? 'outside');
  if ('problem' in read)
    throw new TenureError('invalid-input', 'Nobody is asked there.', [
      { pointer: '/poll/url', detail: read.problem },
    ]);
  const { authorization } = how;
  const sealed =
    authorization === null ? null : seal(sealing, authorization, signalContext(id, 'authorization'));
  return { pollUrl: read.url, sealedAuthorization: sealed };
}

/**
 * Makes another secret for who sends alerts; the former is good for a while, so that the other side can change without a gap.
 * @throws TenureError `not-found`; `nothing-to-change` for a transmitter, and for a source that was ended
 */
export function rotateAlertSecret(
  deps: ApiDeps,
  caller: PersonPrincipal,
  id: string,
  { formerValidFor = usualFormerFor }: { formerValidFor?: string | undefined },
): Promise<Outside<SecretSignalSource>> {
  return transact(deps, caller, null, async (tx) => {
    const { organization } = await sourceOf(tx, caller, id);
    const secret = webhookSecret(randomBytes(32));
    const sealed = seal(deps.sealing, secret, signalContext(id, 'secret'));
    const formerForMs = formerValidFor === 'PT0S' ? 0 : (periodMs(formerValidFor) ?? 0);
    if (!(await replaceAlertSecret(tx, id, sealed, formerForMs)))
      throw new TenureError('nothing-to-change', 'This source sends no alerts: it has keys, or was ended.');
    await note(tx, caller, { id, organizationId: organization.id }, 'secret');
    return { answer: { ...shown(deps, await sourceOf(tx, caller, id)), secret }, lines: [] };
  });
}

/** Ends a source: nothing that it says is taken any more; what it has said stays. @throws TenureError `not-found`; `already-ended` */
export function endSource(
  deps: ApiDeps,
  caller: PersonPrincipal,
  id: string,
  idempotency: IdempotencyKey | null,
): Promise<Outside<SignalSourceShown>> {
  return transact(deps, caller, idempotency, async (tx) => {
    const { organization } = await sourceOf(tx, caller, id);
    if (!(await endSignalSource(tx, id, caller.personId)))
      throw new TenureError('already-ended', 'This source was ended already.');
    await note(tx, caller, { id, organizationId: organization.id }, 'ended');
    return { answer: shown(deps, await sourceOf(tx, caller, id)), lines: [] };
  });
}

async function sourceOf(tx: Executor, caller: PersonPrincipal, id: string): Promise<SignalSourceView> {
  const found = await readSignalSource(tx, id);
  if (!found || !managesPeopleOf(caller, found.organization.id)) throw notFound();
  return found;
}

function shown({ publicUrl }: ApiDeps, source: SignalSourceView): SignalSourceShown {
  const endpoint = source.kind === 'poll' ? null : `${publicUrl.replace(/\/+$/, '')}/v1/signals/${source.id}`;
  return { ...source, endpoint };
}

function note(
  tx: Executor,
  caller: PersonPrincipal,
  { id, organizationId }: { id: string; organizationId: string },
  reason: string,
): Promise<void> {
  return appendAudit(tx, {
    type: 'signal.source_changed',
    actor: actorOf(caller),
    subject: { kind: 'signal_source', id },
    organizationId,
    holderOrganizationId: organizationId,
    reason,
  });
}
