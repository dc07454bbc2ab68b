import { streamTokens } from '../../crypto/stream-token.ts';
import { appendAudit } from '../../db/audit.ts';
import { within } from '../../db/client.ts';
import { findStream, lockStanding, noteAsked, type Stream } from '../../db/queries/security-event.ts';
import { giveUpPending, insertTestDelivery, wasTested } from '../../db/queries/webhook-delivery.ts';
import type { AuditEventType } from '../../domain/audit-event.ts';
import { TenureError } from '../../domain/errors.ts';
import { newId } from '../../domain/ids.ts';
import {
  sessionRevoked,
  type StreamStanding,
  type StreamStatus,
  statusOfStream,
} from '../../domain/security-event.ts';
import type { Executor } from '../../db/client.ts';
import type { ApiDeps } from '../deps.ts';
import type { RateLimiter } from '../guards/rate-limit.ts';
import { notFound } from './refusals.ts';

/** So often a receiver has itself sent a verification, in seconds; twice within it is too often. */
export const verificationIntervalSeconds = 10;

const bearer = /^Bearer +([\w-]+)$/i;

/**
 * The stream whose receiver calls, by its bearer token (RFC 6750). Each token has a bucket of its own, which is asked before the ledger is.
 * @throws TenureError `unauthenticated`: the same answer for every fault; `too-many-requests`
 */
export async function streamOf(
  { ledger }: ApiDeps,
  authorization: string | undefined,
  rate: RateLimiter,
): Promise<Stream> {
  const token = bearer.exec(authorization ?? '')?.[1];
  const hash = token === undefined ? null : streamTokens.hashOf(token);
  if (hash !== null) rate.take(hash);
  const stream = hash === null ? null : await findStream(ledger, hash);
  if (stream) return stream;
  throw new TenureError('unauthenticated', 'The bearer token of a stream’s receiver is needed.');
}

/** The same where the call names it. @throws TenureError `not-found` for any other, whether it is there or not */
export function theirs(stream: Stream, named: string): Stream {
  if (stream.id !== named) throw notFound();
  return stream;
}

/** What is sent, and where to (SSF 1.0, section 8.1.1). */
export function configurationOf({ publicUrl }: ApiDeps, stream: Stream) {
  return {
    stream_id: stream.id,
    iss: publicUrl,
    aud: stream.audience,
    delivery: { method: 'urn:ietf:rfc:8935' as const, endpoint_url: stream.url },
    events_supported: [sessionRevoked],
    events_delivered: [sessionRevoked],
    min_verification_interval: verificationIntervalSeconds,
    description: stream.description,
  };
}

/**
 * Notes whether a receiver wants what its stream sends: `paused`, it is sent later; `disabled`, what waits is given up and what happens
 * meanwhile is not sent later, either. Returns what is so now.
 * @throws TenureError `forbidden` for what an administrator has paused; `not-found` when it was removed meanwhile
 */
export function askStatus(
  deps: ApiDeps,
  stream: Stream,
  { status, reason }: { status: StreamStatus; reason: string | null },
): Promise<StreamStanding> {
  return writing(deps, stream, async (tx, standing) => {
    if (status === 'enabled' && standing.state === 'paused')
      throw new TenureError('forbidden', 'An administrator has paused this stream, and lets it go on.');
    const now = statusOfStream(standing).status;
    await noteAsked(tx, stream.id, status);
    if (status === 'disabled') await giveUpPending(tx, stream.id);
    if (status !== now) await note(tx, stream, typesByStatus[status], reason);
    return { ...standing, ...after(standing, status) };
  });
}

const typesByStatus = {
  enabled: 'webhook.resumed',
  paused: 'webhook.paused',
  disabled: 'webhook.disabled',
} as const satisfies Record<StreamStatus, AuditEventType>;

function after({ state, disabledFor }: StreamStanding, status: StreamStatus): StreamStanding {
  if (status === 'enabled') return { askedStatus: null, state: 'live', disabledFor: null };
  return { askedStatus: status, state, disabledFor };
}

/**
 * Has a verification sent over a stream, which tells back what its receiver wants to be told. Where nothing is sent it waits.
 * @throws TenureError `too-many-requests` for the second in a while; `not-found` when it was removed meanwhile
 */
export function verifyStream(deps: ApiDeps, stream: Stream, state: string | null): Promise<void> {
  return writing(deps, stream, async (tx) => {
    if (await wasTested(tx, stream.id, verificationIntervalSeconds * 1_000))
      throw new TenureError(
        'too-many-requests',
        `A verification was sent less than ${verificationIntervalSeconds} seconds ago.`,
      );
    const eventId = newId('aud');
    await note(tx, stream, 'webhook.tested', null, eventId);
    await insertTestDelivery(tx, stream, eventId, state);
  });
}

/** The receiver stands in a person's place: the ledger's guards know what it may write, and of which stream. */
function writing<T>(
  { ledger }: ApiDeps,
  { id, organizationId }: Stream,
  work: (tx: Executor, standing: StreamStanding) => Promise<T>,
): Promise<T> {
  return within(ledger, { personId: id, organizationId, reach: 'own' }, async (tx) => {
    const standing = await lockStanding(tx, id);
    if (!standing) throw notFound();
    return work(tx, standing);
  });
}

function note(
  tx: Executor,
  { id, organizationId, description }: Stream,
  type: AuditEventType,
  reason: string | null,
  eventId?: string,
): Promise<void> {
  const actor = { kind: 'source', id, name: description } as const;
  const owners = { organizationId, holderOrganizationId: organizationId };
  return appendAudit(tx, { type, actor, subject: { kind: 'webhook', id }, ...owners, reason }, eventId);
}
