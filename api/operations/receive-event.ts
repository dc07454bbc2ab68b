import { digestOf, sha256Hex } from '../../crypto/digest.ts';
import { SealingError, unseal } from '../../crypto/sealing.ts';
import { signatureHeaders, type SignatureVerdict, verifyWebhook } from '../../crypto/webhook-signature.ts';
import { appendAudit } from '../../db/audit.ts';
import { type Executor, withinVendor } from '../../db/client.ts';
import {
  readReception,
  readSigningSource,
  type SigningSource,
  sourceContext,
} from '../../db/queries/event-source.ts';
import {
  type NewInboundDelivery,
  type NewInboundEvent,
  readStored,
  storeEvents,
} from '../../db/queries/inbound-event.ts';
import type { AuditEventType } from '../../domain/audit-event.ts';
import { TenureError } from '../../domain/errors.ts';
import { newId } from '../../domain/ids.ts';
import { gistOf, partsOf, readInboundEvent } from '../../domain/inbound-event.ts';
import type { ApiDeps } from '../deps.ts';
import type { RateLimiter } from '../guards/rate-limit.ts';

/** What came over HTTP, unread. */
export interface Delivery {
  /** The source's key, as the address has it. */
  source: string;
  method: string;
  /** Path and query as they were sent: HubSpot signs them. */
  path: string;
  headers: { get(name: string): string | null };
  body: Uint8Array;
}

/** `received`: events that are new; `duplicates`: those whose id was delivered before. */
export interface Received {
  received: number;
  duplicates: number;
}

/** How much one source may send, and how often a refusal of one is put on record. */
export interface ReceptionLimits {
  accepted: RateLimiter;
  recorded: RateLimiter;
}

/** What taking events in works with. */
export type ReceptionDeps = Pick<ApiDeps, 'ledger' | 'sealing' | 'publicUrl'>;

type Refusal = Extract<SignatureVerdict, { ok: false }>['reason'] | 'unknown-source';

/**
 * Takes a delivery in: verified over the bytes as they came, then each of its events is stored once with its audit event,
 * and nothing else is done; reading them is the worker's. Needs neither Temporal nor a worker.
 * @throws TenureError `unauthenticated`, the same for every fault of the signature, a stale one and an unknown source;
 * `malformed-json`; `too-many-requests`
 */
export async function receiveEvent(
  deps: ReceptionDeps,
  delivery: Delivery,
  limits: ReceptionLimits,
): Promise<Received> {
  const outcome = await withinVendor(deps.ledger, (tx) => receive(deps, tx, delivery, limits));
  if (!('refused' in outcome)) return outcome;
  await recordRefusal(deps, outcome, limits);
  const detail = 'The delivery is not signed by a source that is known here, or was signed too long ago.';
  throw new TenureError('unauthenticated', detail);
}

async function receive(
  deps: ReceptionDeps,
  tx: Executor,
  delivery: Delivery,
  limits: ReceptionLimits,
): Promise<Received | { refused: Refusal; source: string }> {
  const [source, { nowMs, now, vendorId }] = await Promise.all([
    readSigningSource(tx, delivery.source),
    readReception(tx),
  ]);
  if (!source) return { refused: 'unknown-source', source: 'unknown' };
  const signed = { ...delivery, url: `${deps.publicUrl.replace(/\/+$/, '')}${delivery.path}` };
  const verdict = verifyWebhook(source.scheme, signed, secretsOf(deps, source), nowMs);
  if (!verdict.ok) return { refused: verdict.reason, source: source.key };
  // Only now: whoever cannot sign must not use up what the source may send.
  limits.accepted.take(source.key);
  const { events, isOne } = eventsOf(source, delivery.body, now, verdict.deliveryId);
  const kept: NewInboundDelivery = {
    id: newId('dlv'),
    source: source.key,
    contentType: (delivery.headers.get('content-type') ?? '').slice(0, 200),
    body: isOne ? null : textOf(delivery.body),
    signed: {
      method: delivery.method,
      url: signed.url,
      headers: Object.fromEntries(
        signatureHeaders[source.scheme].map((name) => [name, delivery.headers.get(name) ?? '']),
      ),
    },
  };
  const stored = await storeEvents(tx, kept, events);
  const conflicting =
    stored.length < events.length ? await keepConflicting(tx, source, kept, { events, stored }) : [];
  await Promise.all([
    ...stored.map((id) => noteEvent(tx, { id, type: 'event.received', source: source.key, vendorId })),
    ...conflicting.map((id) =>
      noteEvent(tx, { id, type: 'event.conflicting', source: source.key, vendorId }),
    ),
  ]);
  return { received: stored.length, duplicates: events.length - stored.length };
}

/**
 * An id that comes again with other words is a fault of the sender, or somebody else's doing. The first one holds; the sender is
 * told what any repetition is told, as it would else send it again for days, and a person looks at the difference.
 */
async function keepConflicting(
  tx: Executor,
  { key, scheme }: SigningSource,
  delivery: NewInboundDelivery,
  { events, stored }: { events: readonly NewInboundEvent[]; stored: readonly string[] },
): Promise<string[]> {
  const repeated = events.filter((one) => !stored.includes(one.id));
  const known = await readStored(
    tx,
    key,
    repeated.map((one) => one.eventId),
  );
  const firsts = new Map(known.map((one) => [one.eventId, one]));
  const conflicting = repeated.flatMap((one) => {
    const first = firsts.get(one.eventId);
    if (!first || first.body === one.body) return [];
    const gist = gistDigest(scheme, one.body);
    if (gist === gistDigest(scheme, first.body)) return [];
    // The same other words again are one event more, once.
    return [{ ...one, eventId: `${one.eventId} ${gist}`, conflictsWith: first.id }];
  });
  return storeEvents(tx, delivery, conflicting);
}

/** Of what has a number or a half of a character that no canonical form holds, the bytes count. */
function gistDigest(scheme: SigningSource['scheme'], body: string): string {
  try {
    return digestOf(gistOf(scheme, JSON.parse(body)));
  } catch {
    return `sha256:${sha256Hex(body)}`;
  }
}

function noteEvent(
  tx: Executor,
  about: { id: string; type: AuditEventType; source: string; vendorId: string },
): Promise<void> {
  const { id, type, source, vendorId } = about;
  return appendAudit(tx, {
    type,
    actor: { kind: 'source', id: source, name: null },
    subject: { kind: 'event', id },
    organizationId: vendorId,
    holderOrganizationId: vendorId,
  });
}

/** The secrets that are valid now. @throws SealingError when none of them can be opened: then it is our fault. */
function secretsOf(deps: ReceptionDeps, source: SigningSource): string[] {
  let problem: unknown = null;
  const opened = source.secrets.flatMap(({ sealed }) => {
    try {
      return [unseal(deps.sealing, sealed, sourceContext(source.key, 'secret'))];
    } catch (error) {
      if (!(error instanceof SealingError)) throw error;
      problem = error;
      return [];
    }
  });
  if (opened.length === 0 && problem !== null) throw problem;
  return opened;
}

/**
 * The delivery's events, each with the id that it is stored under once, and whether it is one event as it stands.
 * @throws TenureError `malformed-json`
 */
function eventsOf(
  source: SigningSource,
  bytes: Uint8Array,
  receivedAt: string,
  deliveryId: string | undefined,
): { events: NewInboundEvent[]; isOne: boolean } {
  const text = textOf(bytes);
  const body = parsed(text);
  const parts = partsOf(source.scheme, body);
  const events = parts.map((part) => {
    const partText = part === body ? text : written(part);
    // What names itself in no way goes by what it says: the same again is the same event.
    const unnamed = deliveryId ?? `sha256:${sha256Hex(partText)}`;
    const context = { source: source.key, receivedAt, deliveryId: unnamed };
    const { eventId } = readInboundEvent(source, part, context);
    return {
      id: newId('evt'),
      eventId: eventId !== null && isPlain(eventId) ? eventId : unnamed,
      body: partText,
    };
  });
  return { events, isOne: parts.length === 1 && parts[0] === body };
}

function textOf(bytes: Uint8Array): string {
  try {
    // A mark at the beginning stays: the text is proven to be the bytes that were signed. No JSON begins with one.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new TenureError('malformed-json', 'The body cannot be read as UTF-8.');
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new TenureError('malformed-json', 'The body cannot be read as JSON.');
  }
}

function written(part: unknown): string {
  try {
    return JSON.stringify(part);
  } catch {
    // Nested deeper than can be written again.
    throw new TenureError('malformed-json', 'The body cannot be read as JSON.');
  }
}

/** No control characters and no halves of characters, which no text of the ledger's holds. */
function isPlain(id: string): boolean {
  return id.length <= 1_000 && !/\p{Cc}|\p{Surrogate}/u.test(id);
}

/** One audit event, but at most one a second of a source: a flood of forgeries must not fill the ledger. */
async function recordRefusal(
  deps: ReceptionDeps,
  { refused, source }: { refused: Refusal; source: string },
  limits: ReceptionLimits,
): Promise<void> {
  try {
    limits.recorded.take(source);
  } catch {
    return;
  }
  await withinVendor(deps.ledger, async (tx) => {
    const { vendorId } = await readReception(tx);
    await appendAudit(tx, {
      type: 'event.refused',
      actor: { kind: 'source', id: source, name: null },
      subject: { kind: 'event_source', id: source },
      organizationId: vendorId,
      holderOrganizationId: vendorId,
      reason: refused,
    });
  });
}
