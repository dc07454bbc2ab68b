import { sql } from 'drizzle-orm';
import { pino } from 'pino';
import { readReceived } from '../../activities/events.ts';
import { signWebhook, type WebhookScheme } from '../../crypto/webhook-signature.ts';
import { seal } from '../../crypto/sealing.ts';
import type { Json } from '../../domain/catalog.ts';
import { provideSource, sourceContext } from '../../db/queries/event-source.ts';
import type { Answer, ApiHarness } from './api.ts';
import { eventFixture } from './event-fixtures.ts';
import type { EphemeralLedger } from './ledger.ts';

export const silent = pino({ level: 'silent' });
const publicUrl = 'http://localhost:3000';

/** The secrets of the example sources in tests. */
export const secrets: Record<string, string> = {
  stripe: 'whsec_c3RyaXBlLXNlY3JldC1vZi10aGUtdGVzdHM=',
  hubspot: '5d4c3b2a-hubspot-client-secret',
  erp: `whsec_${Buffer.alloc(32, 7).toString('base64')}`,
};

const schemes: Record<string, WebhookScheme> = { stripe: 'stripe', hubspot: 'hubspot', erp: 'standard' };

/** Makes the example company's three sources known. */
export async function provideExampleSources({ system, keys }: EphemeralLedger): Promise<void> {
  for (const key of Object.keys(schemes)) {
    const sealedSecret = seal(keys.sealing, secrets[key] ?? '', sourceContext(key, 'secret'));
    const scheme = schemes[key] ?? 'standard';
    await provideSource(system.db, { key, name: key, scheme, mapping: mappingFixture(key), sealedSecret });
    // The installation's own secrets are others: those of the tests take their place.
    await system.db.execute(sql`
      update event_source set secrets = jsonb_build_array(jsonb_build_object('id', 'test', 'sealed', ${sealedSecret}::text,
        'createdAt', '2026-01-01T00:00:00.000Z', 'expiresAt', null)) where key = ${key}`);
  }
}

export function mappingFixture(key: string): Record<string, Json> {
  // Fixtures are plain JSON objects.
  return eventFixture(`mapping-${key}`) as Record<string, Json>;
}

export interface DeliveryOptions {
  secret?: string;
  signedAtMs?: number;
  deliveryId?: string;
  /** Which secret's source it is signed for; that of the address unless given. */
  scheme?: WebhookScheme;
  /** Changes what is sent after it was signed. */
  altered?: (body: string) => string;
  headers?: Record<string, string>;
  without?: string;
}

let deliveries = 0;

/** Delivers a body as its source would, signed over the very text that is sent. */
export async function deliver(
  { api }: Pick<ApiHarness, 'api'>,
  source: string,
  body: unknown,
  options: DeliveryOptions = {},
): Promise<Answer> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const path = `/v1/events/${source}`;
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    ...signWebhook(options.scheme ?? schemes[source] ?? 'standard', options.secret ?? secrets[source] ?? '', {
      body: Buffer.from(text),
      signedAtMs: options.signedAtMs ?? Date.now(),
      deliveryId: options.deliveryId ?? `delivery-${(deliveries += 1)}`,
      method: 'POST',
      url: `${publicUrl}${path}`,
    }),
    ...options.headers,
  };
  if (options.without) Reflect.deleteProperty(headers, options.without);
  const sent = options.altered ? options.altered(text) : text;
  const response = await api.request(path, { method: 'POST', headers, body: sent });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

/** Reads all that was delivered, as the worker does. */
export async function readAll(ledger: EphemeralLedger, more: { stripeUrl?: string } = {}): Promise<void> {
  const deps = { ledger: ledger.system, sealing: ledger.keys.sealing, log: silent, ...more };
  while ((await readReceived(deps)) > 0);
}
