import { readFileSync } from 'node:fs';
import type { TenureKeys } from '../crypto/keys.ts';
import { seal } from '../crypto/sealing.ts';
import { webhookSecret } from '../crypto/webhook-signature.ts';
import type { Executor } from '../db/client.ts';
import { provideSource, sourceContext } from '../db/queries/event-source.ts';
import type { Json } from '../domain/catalog.ts';
import type { SourceScheme } from '../domain/source-mapping.schema.ts';

const sources: { key: string; name: string; scheme: SourceScheme }[] = [
  { key: 'stripe', name: 'Stripe', scheme: 'stripe' },
  { key: 'hubspot', name: 'HubSpot', scheme: 'hubspot' },
  { key: 'erp', name: 'Contracts of the ERP', scheme: 'standard' },
];

/** Makes the systems known that send the example company's events. What was changed about them since stays. */
export async function provideExampleSources(db: Executor, keys: TenureKeys): Promise<void> {
  for (const { key, name, scheme } of sources) {
    const file = new URL(`../examples/events/mapping-${key}.json`, import.meta.url);
    const mapping: Record<string, Json> = JSON.parse(readFileSync(file, 'utf8'));
    const sealedSecret = seal(keys.sealing, exampleSecret(keys, key, scheme), sourceContext(key, 'secret'));
    await provideSource(db, { key, name, scheme, mapping, sealedSecret });
  }
}

/** What an example source signs with at first, the same on every start, in the form of its scheme. */
function exampleSecret(keys: TenureKeys, key: string, scheme: SourceScheme): string {
  const secret = keys.namedSecret(`source/${key}`);
  return scheme === 'hubspot' ? secret : webhookSecret(Buffer.from(secret, 'base64url'));
}
