import { unseal } from '../../crypto/sealing.ts';
import { type SecurityEventFault, SecurityEventRefusal } from '../../crypto/signal-token.ts';
import { verifyWebhook, type WebhookDelivery } from '../../crypto/webhook-signature.ts';
import { appendAudit } from '../../db/audit.ts';
import { withinOrganization, withinVendor } from '../../db/client.ts';
import {
  keepSignal,
  readSpeakingSource,
  type SaidSignal,
  type SpeakingSource,
} from '../../db/queries/signal.ts';
import { type KeyFetching, KeysNotKnown, readSignalToken } from '../../db/signal-keys.ts';
import { alertsSchema } from '../../domain/alert.schema.ts';
import { TenureError } from '../../domain/errors.ts';
import { readAlert, signalContext, UnreadableSignal } from '../../domain/signal.ts';
import type { ApiDeps } from '../deps.ts';
import type { RateLimiter } from '../guards/rate-limit.ts';

/** What is not taken, as RFC 8935, section 2.4, has it told. */
export interface SignalRefusal {
  err: SecurityEventFault | 'authentication_failed';
  description: string;
}

/** How much one source may say, and how often a refusal of one is put on record. */
export interface SignalLimits {
  accepted: RateLimiter;
  recorded: RateLimiter;
}

type Said = Pick<SaidSignal, 'jti' | 'reading'>;

/** An alert whose signature is not by the source's secret, or not of now. */
class UnsignedAlert extends Error {
  override readonly name = 'UnsignedAlert';
}

/**
 * Takes in what a source pushes: a security event token (RFC 8935), or alerts signed as Standard Webhooks 1.0 has it. Verified, then
 * kept once with its audit event, several of one delivery together or not at all. What follows from it is the worker's. Needs neither
 * Temporal nor a worker.
 * @returns null when it is kept, now or before; else why not
 * @throws TenureError `keys-unavailable` for a token whose key may be a new one that cannot be fetched now; `too-many-requests`
 */
export async function receiveSignal(
  deps: Pick<ApiDeps, 'ledger' | 'sealing' | 'readAddress'>,
  sourceId: string,
  delivery: WebhookDelivery,
  limits: SignalLimits,
): Promise<SignalRefusal | null> {
  const source = await withinVendor(deps.ledger, (tx) => readSpeakingSource(tx, sourceId));
  if (!source || source.kind === 'poll')
    return { err: 'authentication_failed', description: 'There is no such source, or it was ended.' };
  try {
    const said =
      source.kind === 'alert' ? alertsIn(deps, source, delivery) : [await tokenIn(deps, source, delivery)];
    // Only now: whoever cannot sign must not use up what the source may say.
    limits.accepted.take(source.id);
    await withinOrganization(deps.ledger, source.organizationId, async (tx) => {
      for (const one of said) await keepSignal(tx, { source, ...one });
    });
    return null;
  } catch (error) {
    const refusal = refusalOf(error);
    if (!refusal) throw error;
    await recordRefusal(deps, source, refusal, limits);
    return refusal;
  }
}

async function tokenIn(
  { ledger, readAddress }: Pick<ApiDeps, 'ledger' | 'readAddress'>,
  source: SpeakingSource,
  { headers, body }: WebhookDelivery,
): Promise<Said> {
  if (!/^application\/secevent\+jwt\s*(;|$)/i.test(headers.get('content-type') ?? ''))
    throw new SecurityEventRefusal('invalid_request', 'Send one token as application/secevent+jwt.');
  const within: KeyFetching['within'] = (work) => withinOrganization(ledger, source.organizationId, work);
  try {
    const token = Buffer.from(body).toString('utf8').trim();
    return await readSignalToken({ within, readAddress }, source, token);
  } catch (error) {
    if (!(error instanceof KeysNotKnown)) throw error;
    const detail =
      'The key that this is signed with is not known, and the keys cannot be fetched now. Send it again.';
    throw new TenureError('keys-unavailable', detail);
  }
}

function alertsIn(
  { sealing }: Pick<ApiDeps, 'sealing'>,
  source: SpeakingSource,
  delivery: WebhookDelivery,
): Said[] {
  const secrets = source.sealedSecrets.map((sealed) =>
    unseal(sealing, sealed, signalContext(source.id, 'secret')),
  );
  if (!verifyWebhook('standard', delivery, secrets, source.nowMs).ok) throw new UnsignedAlert();
  const read = alertsSchema.safeParse(jsonOf(delivery.body));
  if (!read.success) {
    const [issue] = read.error.issues;
    throw new UnreadableSignal(`${issue?.path.join('.') || 'The body'}: ${issue?.message ?? 'is no alert'}`);
  }
  return read.data.map((alert) => ({ jti: alert.id, reading: readAlert(alert, source.nowMs) }));
}

function jsonOf(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    throw new UnreadableSignal('The body is not JSON.');
  }
}

function refusalOf(error: unknown): SignalRefusal | null {
  if (error instanceof SecurityEventRefusal) return { err: error.fault, description: error.detail };
  if (error instanceof UnreadableSignal) return { err: 'invalid_request', description: error.message };
  if (!(error instanceof UnsignedAlert)) return null;
  return { err: 'authentication_failed', description: 'This is not signed by the source, or not now.' };
}

/** One audit event, but at most one a second of a source: a flood of forgeries must not fill the ledger. */
async function recordRefusal(
  { ledger }: Pick<ApiDeps, 'ledger'>,
  { id, organizationId }: SpeakingSource,
  { err }: SignalRefusal,
  limits: SignalLimits,
): Promise<void> {
  try {
    limits.recorded.take(id);
  } catch {
    return;
  }
  await withinOrganization(ledger, organizationId, (tx) =>
    appendAudit(tx, {
      type: 'signal.refused',
      actor: { kind: 'source', id, name: null },
      subject: { kind: 'signal_source', id },
      organizationId,
      holderOrganizationId: organizationId,
      reason: err,
    }),
  );
}
