import { randomBytes } from 'node:crypto';
import { seal } from '../../crypto/sealing.ts';
import { streamTokens } from '../../crypto/stream-token.ts';
import { webhookSecret } from '../../crypto/webhook-signature.ts';
import {
  insertWebhook,
  replaceStreamToken,
  replaceWebhookSecret,
  setWebhookState,
  type WebhookView,
} from '../../db/queries/webhook.ts';
import { type AuditEventType, auditEventTypes } from '../../domain/audit-event.ts';
import { type CloudEventType, cloudEventType } from '../../domain/cloud-event.ts';
import { TenureError } from '../../domain/errors.ts';
import { newId } from '../../domain/ids.ts';
import { periodMs } from '../../domain/period.ts';
import { endedTypes, type SubjectFormat } from '../../domain/security-event.ts';
import { readWebhookUrl, webhookContext } from '../../domain/webhook.ts';
import type { ApiDeps } from '../deps.ts';
import type { Outside } from '../outside.ts';
import type { PersonPrincipal } from '../principal.ts';
import { type IdempotencyKey, transact } from '../transact.ts';
import { lockedWebhookOf, noteWebhook, webhookOf } from './webhook-of.ts';

/** A webhook whose secret was made just now. */
export interface SecretWebhook extends WebhookView {
  /** Shown here and never again: what it is signed with, or what a stream's receiver manages it with. */
  secret: string;
}

/** Where events shall be sent. */
export interface WebhookWish {
  url: string;
  description: string;
  /** None: all. */
  types: readonly CloudEventType[];
  /** For who takes security events, by push: that somebody's access has ended. */
  stream: { audience: string; subjectFormat: SubjectFormat; authorization?: string | undefined } | null;
}

/** How long the former secret stays good unless it is said: time to give the other side the new one. */
const usualFormerFor = 'P1D';

/**
 * Has the events that the caller's organization sees sent to an address, from now on.
 * @throws TenureError `invalid-input` for an address that is not sent to; `forbidden`; `webhook-limit`
 */
export function makeWebhook(
  deps: ApiDeps,
  caller: PersonPrincipal,
  wish: WebhookWish,
): Promise<Outside<SecretWebhook>> {
  const read = readWebhookUrl(wish.url, deps.webhooksReach ?? 'outside');
  if ('problem' in read)
    throw new TenureError('invalid-input', 'Events are not sent there.', [
      { pointer: '/url', detail: read.problem },
    ]);
  // No Idempotency-Key: what is kept under one is kept readable, and a secret is not.
  return transact(deps, caller, null, async (tx) => {
    const id = newId('hook');
    const { stream } = wish;
    const { secret, sealed, tokenHash } = stream ? newToken() : newSecret(deps, id);
    await insertWebhook(tx, {
      id,
      organizationId: caller.organization.id,
      url: read.url,
      description: wish.description,
      types: stream
        ? endedTypes
        : auditEventTypes.filter((type) => wish.types.includes(cloudEventType(type))),
      sealedSecret: sealed,
      tokenHash,
      stream: stream && {
        audience: stream.audience,
        subjectFormat: stream.subjectFormat,
        sealedAuthorization:
          stream.authorization === undefined
            ? null
            : seal(deps.sealing, stream.authorization, webhookContext(id, 'authorization')),
      },
      madeBy: caller.personId,
    });
    const made = await webhookOf(tx, caller, id);
    await noteWebhook(tx, caller, made, { type: 'webhook.made', reason: wish.description });
    return { answer: { ...made, secret }, lines: [] };
  });
}

/**
 * Signs with a new secret, and with the one before for a while, so that the other side can change without a gap. A stream, which is
 * signed with the keys that are published, has another token for its receiver.
 * @throws TenureError `not-found`; `forbidden` for who manages another organization's
 */
export function rotateWebhookSecret(
  deps: ApiDeps,
  caller: PersonPrincipal,
  id: string,
  { formerValidFor = usualFormerFor }: { formerValidFor?: string | undefined },
): Promise<Outside<SecretWebhook>> {
  return transact(deps, caller, null, async (tx) => {
    const found = await lockedWebhookOf(tx, caller, id);
    const formerForMs = formerValidFor === 'PT0S' ? 0 : (periodMs(formerValidFor) ?? 0);
    const { secret, sealed, tokenHash } = found.securityEvents ? newToken() : newSecret(deps, id);
    if (sealed === null) await replaceStreamToken(tx, id, tokenHash, formerForMs);
    else await replaceWebhookSecret(tx, id, sealed, formerForMs);
    await noteWebhook(tx, caller, found, { type: 'webhook.secret_rotated' });
    return { answer: { ...(await webhookOf(tx, caller, id)), secret }, lines: [] };
  });
}

/** Sends nothing for the time being; what happens meanwhile waits. @throws TenureError `not-found`; `nothing-to-change` */
export function pauseWebhook(
  deps: ApiDeps,
  caller: PersonPrincipal,
  id: string,
  idempotency: IdempotencyKey | null,
): Promise<Outside<WebhookView>> {
  return turn(deps, caller, id, idempotency, 'paused', 'webhook.paused');
}

/** Goes on where it stopped, whether it was paused or stopped by itself. @throws TenureError `not-found`; `nothing-to-change` */
export function resumeWebhook(
  deps: ApiDeps,
  caller: PersonPrincipal,
  id: string,
  idempotency: IdempotencyKey | null,
): Promise<Outside<WebhookView>> {
  return turn(deps, caller, id, idempotency, 'live', 'webhook.resumed');
}

/** Sends nothing there any more. The answer is what it was. @throws TenureError `not-found` */
export function removeWebhook(
  deps: ApiDeps,
  caller: PersonPrincipal,
  id: string,
  idempotency: IdempotencyKey | null,
): Promise<Outside<WebhookView>> {
  return transact(deps, caller, idempotency, async (tx) => {
    const found = await lockedWebhookOf(tx, caller, id);
    await setWebhookState(tx, id, 'removed');
    await noteWebhook(tx, caller, found, { type: 'webhook.removed', reason: found.description });
    return { answer: found, lines: [] };
  });
}

function turn(
  deps: ApiDeps,
  caller: PersonPrincipal,
  id: string,
  idempotency: IdempotencyKey | null,
  state: 'live' | 'paused',
  type: AuditEventType,
): Promise<Outside<WebhookView>> {
  return transact(deps, caller, idempotency, async (tx) => {
    const found = await lockedWebhookOf(tx, caller, id);
    if (found.state === state)
      throw new TenureError('nothing-to-change', `This webhook is ${state} already.`);
    await setWebhookState(tx, id, state);
    await noteWebhook(tx, caller, found, { type });
    return { answer: await webhookOf(tx, caller, id), lines: [] };
  });
}

type NewSecret = { secret: string; sealed: string; tokenHash: null } | NewToken;
interface NewToken {
  secret: string;
  sealed: null;
  tokenHash: string;
}

function newSecret({ sealing }: ApiDeps, id: string): NewSecret {
  const secret = webhookSecret(randomBytes(32));
  return { secret, sealed: seal(sealing, secret, webhookContext(id, 'secret')), tokenHash: null };
}

function newToken(): NewToken {
  const secret = streamTokens.make();
  const tokenHash = streamTokens.hashOf(secret);
  if (tokenHash === null) throw new RangeError('A token was made that is none.');
  return { secret, sealed: null, tokenHash };
}
