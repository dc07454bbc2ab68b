import { randomBytes, randomUUID } from 'node:crypto';
import type { z } from 'zod';
import { seal, unseal } from '../../crypto/sealing.ts';
import { signWebhook, webhookSecret } from '../../crypto/webhook-signature.ts';
import { appendAudit } from '../../db/audit.ts';
import type { Executor } from '../../db/client.ts';
import {
  type EventSourceView,
  lockSource,
  readReception,
  readSourceView,
  type SigningSource,
  sourceContext,
  writeSource,
} from '../../db/queries/event-source.ts';
import type { SourceSecret } from '../../db/schema/event.ts';
import type { Json } from '../../domain/catalog.ts';
import { TenureError } from '../../domain/errors.ts';
import { periodMs } from '../../domain/period.ts';
import { type SourceScheme, sourceMappingSchemas } from '../../domain/source-mapping.schema.ts';
import type { ApiDeps } from '../deps.ts';
import type { Outside } from '../outside.ts';
import { actorOf, type PersonPrincipal } from '../principal.ts';
import { type IdempotencyKey, transact } from '../transact.ts';
import { notFound } from './refusals.ts';

/** What a source shall be. What is left out stays as it is. */
export interface SourceWish {
  name?: string | undefined;
  scheme: SourceScheme;
  mapping: unknown;
  /** The signing secret that the other side made. */
  secret?: string | undefined;
  /** What its own API is read with; null: with nothing any more. */
  apiKey?: string | null | undefined;
}

/** A secret as it is shown once. */
export interface NewSecretView {
  id: string;
  /** Null when the caller gave it. */
  secret: string | null;
  createdAt: string;
  /** When the one before it ends; null when there was none. ISO 8601 UTC. */
  formerExpiresAt: string | null;
}

/** How long the secret before a new one stays valid unless it is said: time to tell the other side. */
const formerValidFor = 'P1D';

/** Makes a source, or changes what its events mean. What waits is read anew only when it is replayed. */
export function putEventSource(
  deps: ApiDeps,
  caller: PersonPrincipal,
  key: string,
  wish: SourceWish,
): Promise<Outside<EventSourceView>> {
  return transact(deps, caller, null, async (tx) => {
    const mapping = mappingOf(wish);
    const known = await lockSource(tx, key);
    if (known && known.scheme !== wish.scheme) {
      throw invalid('/scheme', `This source signs by ${known.scheme}. Make another one for another scheme.`);
    }
    const { now } = await readReception(tx);
    const secrets = known?.secrets ?? [];
    const isNew = wish.secret !== undefined && !secretsOf(deps, key, secrets).includes(wish.secret);
    const added =
      isNew && wish.secret !== undefined ? newSecret(deps, key, wish.scheme, wish.secret, now) : null;
    const { apiKey } = wish;
    await writeSource(tx, {
      key,
      name: wish.name ?? known?.name ?? key,
      scheme: wish.scheme,
      mapping,
      secrets: added ? rotated(secrets, added, now, formerValidFor) : secrets,
      sealedApiKey:
        apiKey === undefined
          ? (known?.sealedApiKey ?? null)
          : apiKey && seal(deps.sealing, apiKey, sourceContext(key, 'api-key')),
    });
    await noteChange(tx, caller, key, known ? 'changed' : 'made');
    const view = await readSourceView(tx, key);
    if (!view) throw notFound();
    return { answer: view, lines: [] };
  });
}

/** Makes a new secret valid beside the present one; of two that were valid the older ends at once. */
export function addSourceSecret(
  deps: ApiDeps,
  caller: PersonPrincipal,
  key: string,
  wish: { secret?: string | undefined; formerValidFor?: string | undefined },
): Promise<Outside<NewSecretView>> {
  // No Idempotency-Key: what is kept under one is kept readable, and a secret is not.
  const idempotency: IdempotencyKey | null = null;
  return transact(deps, caller, idempotency, async (tx) => {
    const known = await lockSource(tx, key);
    if (!known) throw notFound();
    const { now } = await readReception(tx);
    const secret = wish.secret ?? webhookSecret(randomBytes(32));
    const added = newSecret(deps, key, known.scheme, secret, now);
    const secrets = rotated(known.secrets, added, now, wish.formerValidFor ?? formerValidFor);
    await writeSource(tx, { ...known, secrets });
    await noteChange(tx, caller, key, 'secret');
    const former = secrets.find((one) => one !== added);
    const answer = {
      id: added.id,
      secret: wish.secret === undefined ? secret : null,
      createdAt: added.createdAt,
      formerExpiresAt: former?.expiresAt ?? null,
    };
    return { answer, lines: [] };
  });
}

/** The mapping, if its scheme's own reader can read it. @throws TenureError `invalid-input` with every field */
function mappingOf({ scheme, mapping }: SourceWish): Record<string, Json> {
  const parsed = sourceMappingSchemas[scheme].safeParse(mapping);
  if (!parsed.success) {
    const errors = parsed.error.issues.map((issue) => ({ pointer: pointerTo(issue), detail: issue.message }));
    throw new TenureError('invalid-input', 'The mapping is not one of this scheme.', errors);
  }
  // As it was written: what is left out is filled in by the reader of its time.
  return JSON.parse(JSON.stringify(mapping));
}

function pointerTo(issue: z.core.$ZodIssue): string {
  const escaped = issue.path.map((part) => String(part).replaceAll('~', '~0').replaceAll('/', '~1'));
  return ['/mapping', ...escaped].join('/');
}

/** @throws TenureError `invalid-input` when nobody can sign with it by that scheme */
function newSecret(
  deps: ApiDeps,
  key: string,
  scheme: SourceScheme,
  secret: string,
  now: string,
): SourceSecret {
  try {
    signWebhook(scheme, secret, { body: new Uint8Array(), signedAtMs: 0 });
  } catch {
    throw invalid('/secret', 'Not a secret of this scheme: `whsec_` and 24 to 64 bytes in base64.');
  }
  const sealed = seal(deps.sealing, secret, sourceContext(key, 'secret'));
  return { id: randomUUID(), sealed, createdAt: now, expiresAt: null };
}

/** The newest of those that are valid, with an end, and the added one: never more than two. */
function rotated(
  valid: readonly SourceSecret[],
  added: SourceSecret,
  now: string,
  period: string,
): SourceSecret[] {
  const former = valid.at(-1);
  const validMs = period === 'PT0S' ? 0 : (periodMs(period) ?? 0);
  if (!former || validMs === 0) return [added];
  const expiresAt = new Date(Date.parse(now) + validMs).toISOString();
  return [{ ...former, expiresAt }, added];
}

function secretsOf(deps: ApiDeps, key: string, secrets: SigningSource['secrets']): string[] {
  return secrets.map(({ sealed }) => unseal(deps.sealing, sealed, sourceContext(key, 'secret')));
}

function noteChange(tx: Executor, caller: PersonPrincipal, key: string, what: string): Promise<void> {
  return appendAudit(tx, {
    type: 'source.changed',
    actor: actorOf(caller),
    subject: { kind: 'event_source', id: key },
    organizationId: caller.organization.id,
    holderOrganizationId: caller.organization.id,
    reason: what,
  });
}

function invalid(pointer: string, detail: string): TenureError {
  return new TenureError('invalid-input', detail, [{ pointer, detail }]);
}
