import type { SealingKeys } from '../../crypto/keys.ts';
import { unseal } from '../../crypto/sealing.ts';
import { signSecurityEvent } from '../../crypto/security-event-token.ts';
import { signWebhook } from '../../crypto/webhook-signature.ts';
import type { ClaimedDelivery } from '../../db/queries/webhook-sending.ts';
import type { SigningKeys } from '../../db/signing-keys.ts';
import { cloudEventOf } from '../../domain/cloud-event.ts';
import { sessionRevokedEvent, verificationEvent } from '../../domain/security-event.ts';
import { webhookContext } from '../../domain/webhook.ts';

/** What messages are made and signed with. */
export interface Signing {
  sealing: SealingKeys;
  keys: SigningKeys;
  publicUrl: string;
}

export interface Message {
  headers: Record<string, string>;
  body: string;
}

/** Makes one try's message. @throws SealingError; TypeError for a stream's event that is about nobody's access */
export function messageOf(
  signing: Signing,
  delivery: ClaimedDelivery,
  nowMs: number,
): Message | Promise<Message> {
  return delivery.stream === null
    ? cloudEventMessage(signing, delivery, nowMs)
    : securityEventMessage(signing, delivery, delivery.stream, nowMs);
}

/** A CloudEvent in the structured mode with the headers of Standard Webhooks 1.0, one signature for each secret that is good. */
function cloudEventMessage(
  { sealing, publicUrl }: Signing,
  delivery: ClaimedDelivery,
  nowMs: number,
): Message {
  const { id, endpointId, sealedSecret, formerSealedSecret, event } = delivery;
  const body = JSON.stringify(cloudEventOf(publicUrl, event));
  const sealed = [sealedSecret, formerSealedSecret].filter((one) => one !== null);
  const signed = sealed.map((one) => {
    const secret = unseal(sealing, one, webhookContext(endpointId, 'secret'));
    return signWebhook('standard', secret, { body: Buffer.from(body), signedAtMs: nowMs, deliveryId: id });
  });
  const signatures = signed.map((headers) => headers['webhook-signature']);
  return {
    headers: {
      'content-type': 'application/cloudevents+json; charset=utf-8',
      ...signed[0],
      'webhook-signature': signatures.join(' '),
    },
    body,
  };
}

/** A security event token by push (RFC 8935, section 2). */
async function securityEventMessage(
  { sealing, keys, publicUrl }: Signing,
  { id, endpointId, event, ended, verificationState }: ClaimedDelivery,
  { audience, subjectFormat, sealedAuthorization }: NonNullable<ClaimedDelivery['stream']>,
  nowMs: number,
): Promise<Message> {
  const told =
    event.type === 'webhook.tested'
      ? verificationEvent(endpointId, verificationState)
      : ended && sessionRevokedEvent(publicUrl, subjectFormat, ended, Date.parse(event.occurredAt));
  if (!told) throw new TypeError('An event that is about nobody.');
  const wish = { issuer: publicUrl, audience, id, transaction: event.place.id, issuedAtMs: nowMs, ...told };
  const authorization =
    sealedAuthorization && unseal(sealing, sealedAuthorization, webhookContext(endpointId, 'authorization'));
  return {
    headers: {
      'content-type': 'application/secevent+jwt',
      accept: 'application/json',
      ...(authorization ? { authorization } : {}),
    },
    body: await signSecurityEvent(await keys.current(nowMs), wish),
  };
}
