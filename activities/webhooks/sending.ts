import type { Logger } from 'pino';
import type { SealingKeys } from '../../crypto/keys.ts';
import type { Ledger } from '../../db/client.ts';
import {
  type ClaimedDelivery,
  claimDeliveries,
  forgetDeliveries,
  forwardFrom,
  listWebhookPlaces,
  noteDead,
  noteDelayed,
  noteDelivered,
} from '../../db/queries/webhook-sending.ts';
import { signingKeysOf } from '../../db/signing-keys.ts';
import { askedPauseMs, type DeliveryError, isFinal, pauseAfter, verdictOn } from '../../domain/webhook.ts';
import { messageOf } from './message.ts';
import type { Post } from '../egress/post.ts';
import { EgressError } from '../egress/request.ts';

/** What sending works with; bin/ puts it together. */
export interface WebhookDeps {
  /** Opened as the system role. */
  ledger: Ledger;
  sealing: SealingKeys;
  post: Post;
  publicUrl: string;
  /** Ids and closed codes only. */
  log: Logger;
  /** From 0 to 1, for how much longer a pause is; a random number unless given. */
  chance?: () => number;
}

/** Events to those who asked to be told. */
export interface Webhooks {
  /** Writes the deliveries of what has happened; returns how many events were read. */
  forward(): Promise<number>;
  /** Begins to send what is due, as much as there is room for; waits for none of it. Returns how many were begun. */
  send(): Promise<number>;
  /** Forgets what was sent or given up long ago. */
  tidy(): Promise<number>;
  /** Waits for what is under way. */
  settled(): Promise<void>;
  /** Gives up what is under way: it is sent again later. */
  close(): void;
}

/** Events that are read at once. */
const stretch = 500;
/** Under way at once; an endpoint that hangs takes up one of them, and no organization takes up the time of the others. */
const room = { altogether: 64, perOrganization: 16, perEndpoint: 8 };
/** How long a delivery is left to whoever took it, in milliseconds; longer than a request may take. */
const leaseMs = 60_000;

interface Try {
  status: number | null;
  error: DeliveryError | null;
  askedMs: number | null;
}

/**
 * Makes what forwards and sends events, as CloudEvents signed as Standard Webhooks 1.0 has it, or as security event tokens. Several may
 * run at once, each takes other deliveries.
 */
export function createWebhooks(deps: WebhookDeps): Webhooks {
  const { db } = deps.ledger;
  const chance = deps.chance ?? Math.random;
  const { sealing, publicUrl } = deps;
  const signing = { sealing, publicUrl, keys: signingKeysOf(db, sealing) };
  const underWay = new Map<string, { of: readonly string[]; over: Promise<void> }>();
  const closing = new AbortController();

  async function tryOnce(delivery: ClaimedDelivery): Promise<Try> {
    try {
      const message = await messageOf(signing, delivery, Date.now());
      const headers = { 'user-agent': 'tenure', ...message.headers };
      const { status, retryAfter } = await deps.post(delivery.url, headers, message.body, closing.signal);
      const mayAsk = status === 429 || status === 503;
      const askedMs = mayAsk ? askedPauseMs(retryAfter, Date.now()) : null;
      return { status, error: verdictOn(status, delivery.stream !== null), askedMs };
    } catch (error) {
      const code = error instanceof EgressError ? error.code : 'internal-error';
      return { status: null, error: code, askedMs: null };
    }
  }

  async function deliver(delivery: ClaimedDelivery): Promise<void> {
    const { status, error, askedMs } = await tryOnce(delivery);
    // It was not the other side's doing: the delivery is due again when its time with us is over.
    if (closing.signal.aborted && status === null) return;
    if (error === null) return noteDelivered(db, delivery, status ?? 0);
    const pauseMs = isFinal(error) ? null : pauseAfter(delivery.tries, askedMs, chance());
    if (pauseMs === null) return noteDead(db, delivery, { status, code: error });
    return noteDelayed(db, delivery, { status, code: error }, pauseMs);
  }

  async function deliverAndForget(delivery: ClaimedDelivery): Promise<void> {
    try {
      await deliver(delivery);
    } catch {
      // The ledger is away: the delivery is due again when its time with us is over.
      deps.log.warn({ delivery: delivery.id }, 'delivery not noted');
    }
    underWay.delete(delivery.id);
  }

  return {
    async forward() {
      let events = 0;
      for (const place of await listWebhookPlaces(db)) events += await forwardFrom(db, place, stretch);
      return events;
    },

    async send() {
      const altogether = room.altogether - underWay.size;
      if (altogether <= 0 || closing.signal.aborted) return 0;
      const taken: Record<string, number> = {};
      for (const { of } of underWay.values()) for (const id of of) taken[id] = (taken[id] ?? 0) + 1;
      const claimed = await claimDeliveries(db, { ...room, altogether, taken, leaseMs });
      for (const one of claimed)
        underWay.set(one.id, { of: [one.endpointId, one.organizationId], over: deliverAndForget(one) });
      return claimed.length;
    },

    tidy: () => forgetDeliveries(db, Date.now(), 1_000),

    async settled() {
      await Promise.all([...underWay.values()].map(({ over }) => over));
    },

    close() {
      closing.abort();
    },
  };
}
