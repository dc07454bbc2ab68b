import { z } from 'zod';
import { formatPeriod } from '../../domain/period.ts';
import { pageOf } from './ask-commands.ts';
import { parseAs, readAs } from './client.ts';
import { UsageError } from './errors.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { instantInWords } from './instants.ts';
import { fields, headline, type Page, table } from './layout.ts';
import { checkedId } from './paths.ts';
import { readSecret } from './source-commands.ts';
import type { Session } from './session.ts';
import { neutralise } from './text.ts';

const webhookShape = z.object({
  id: z.string(),
  organization: z.object({ name: z.string().nullable() }),
  url: z.string(),
  description: z.string(),
  types: z.array(z.string()),
  security_events: z.object({ audience: z.string() }).nullish(),
  state: z.string(),
  disabled_for: z.string().nullish(),
  failing_since: z.string().nullish(),
  pending: z.number(),
  dead: z.number(),
  former_secret_until: z.string().nullish(),
});
const secretShape = webhookShape.extend({ secret: z.string() });
const deliveryShape = z.object({
  id: z.string(),
  type: z.string(),
  state: z.string(),
  tries: z.number(),
  last_status: z.number().nullish(),
  last_error: z.string().nullish(),
  created_at: z.string(),
  due_at: z.string().nullish(),
});
const itemsShape = z.object({ items: z.array(z.unknown()) });
type Webhook = z.infer<typeof webhookShape>;

/** Where events are sent. */
export async function webhooksCommand(session: Session): Promise<ExitCode> {
  const answer = await session.client.get('/v1/webhooks');
  session.print(answer, () => {
    const webhooks = readAs(itemsShape, answer).items.map((item) => parseAs(webhookShape, item));
    if (webhooks.length === 0) return 'No webhook.\n';
    const rows = webhooks.map((one) => [
      one.id,
      one.description,
      one.organization.name ?? '–',
      one.state,
      String(one.pending),
      String(one.dead),
      one.url,
    ]);
    return table(pageOf(session), ['WEBHOOK', 'NAME', 'WHOSE', 'STATE', 'WAITING', 'DEAD', 'SENT TO'], rows);
  });
  return exitCodes.done;
}

/** One of them, and how it does. */
export async function webhookCommand(session: Session, id: string): Promise<ExitCode> {
  const answer = await session.client.get(pathOf(id));
  session.print(answer, () => webhookText(session, readAs(webhookShape, answer)));
  return exitCodes.done;
}

function webhookText(session: Session, webhook: Webhook): string {
  const page: Page = pageOf(session);
  const at = (instant: string | null | undefined) => (instant ? instantInWords(instant, page.nowMs) : null);
  return (
    headline(page, webhook.description, webhook.disabled_for ?? webhook.state) +
    fields(page, [
      ['Id', webhook.id],
      ['Sent to', webhook.url],
      ['Events', webhook.types.join(', ') || 'all'],
      ['Security events for', webhook.security_events?.audience ?? null],
      ['Waiting', String(webhook.pending)],
      ['Dead', webhook.dead === 0 ? null : String(webhook.dead)],
      ['Failing since', at(webhook.failing_since)],
      ['Former secret', webhook.former_secret_until ? `until ${at(webhook.former_secret_until)}` : null],
    ])
  );
}

/** What is sent, and to whom. What is shown to who takes security events is read from a file, so that it stands in no command line. */
export interface NewWebhook {
  name: string;
  type?: string[];
  securityEvents?: string;
  subject?: string;
  authorizationFile?: string;
}

/** Has events sent to an address from now on. */
export async function addWebhookCommand(
  session: Session,
  url: string,
  { name, type: types = [], securityEvents: audience, subject, authorizationFile }: NewWebhook,
): Promise<ExitCode> {
  if (audience === undefined && (subject !== undefined || authorizationFile !== undefined))
    throw new UsageError('--subject and --authorization-file belong to --security-events.');
  const stream = {
    audience,
    ...(subject === undefined ? {} : { subject_format: subject }),
    ...(authorizationFile === undefined ? {} : { authorization: await readSecret(authorizationFile) }),
  };
  const body = {
    url,
    description: name,
    types,
    ...(audience === undefined ? {} : { security_events: stream }),
  };
  // Sent once: a second try would make a second webhook.
  const answer = await session.client.post('/v1/webhooks', body, { once: true });
  session.print(answer, () => {
    const made = readAs(secretShape, answer);
    const next = `Try it:  ${session.command(`webhook test ${made.id}`)}\n`;
    return `${webhookText(session, made)}${secretText(made)}${next}`;
  });
  return exitCodes.done;
}

/** What it is signed with, or what the receiver of security events manages them with. */
function secretText({ secret, security_events: stream }: z.infer<typeof secretShape>): string {
  const what = stream ? 'Its receiver’s token' : 'Its secret';
  return `${what}, shown once:  ${neutralise(secret)}\n`;
}

/** Makes a new secret. `formerFor` in milliseconds: for how long the one before signs beside it. */
export async function rotateWebhookCommand(
  session: Session,
  id: string,
  { formerFor, atOnce = false }: { formerFor?: number; atOnce?: boolean },
): Promise<ExitCode> {
  const body = atOnce || formerFor !== undefined ? { former_valid_for: formatPeriod(formerFor ?? 0) } : {};
  // Sent once: the answer to a second try would be another secret.
  const answer = await session.client.post(`${pathOf(id)}/secrets`, body, { once: true });
  session.print(answer, () => {
    const made = readAs(secretShape, answer);
    return `${webhookText(session, made)}${secretText(made)}`;
  });
  return exitCodes.done;
}

/** Pauses a webhook, lets it go on, or removes it. */
export async function turnWebhookCommand(
  session: Session,
  id: string,
  act: 'pause' | 'resumption' | 'removal',
): Promise<ExitCode> {
  const answer = await session.client.post(`${pathOf(id)}/${act}`, {});
  session.print(answer, () => {
    const webhook = readAs(webhookShape, answer);
    return act === 'removal'
      ? `${neutralise(webhook.description)} is removed.\n`
      : webhookText(session, webhook);
  });
  return exitCodes.done;
}

/** Sends an event of no other meaning. */
export async function testWebhookCommand(session: Session, id: string): Promise<ExitCode> {
  const answer = await session.client.post(`${pathOf(id)}/test`, {});
  session.print(answer, () => {
    const { id: delivery, type } = readAs(deliveryShape, answer);
    const next = session.command(`webhook deliveries ${id}`);
    return `${neutralise(type)} is sent as ${neutralise(delivery)}.\nSee what came of it:  ${next}\n`;
  });
  return exitCodes.done;
}

/** What was sent, waits to be, or was given up; newest first. */
export async function deliveriesCommand(
  session: Session,
  id: string,
  { state }: { state?: string },
): Promise<ExitCode> {
  const query = state === undefined ? '' : `?state=${encodeURIComponent(state)}`;
  const answer = await session.client.get(`${pathOf(id)}/deliveries${query}`);
  session.print(answer, () => {
    const found = readAs(itemsShape, answer).items.map((item) => parseAs(deliveryShape, item));
    if (found.length === 0) return 'No delivery.\n';
    const page = pageOf(session);
    const rows = found.map((one) => [
      one.id,
      one.type,
      one.state,
      String(one.tries),
      one.last_status ? String(one.last_status) : (one.last_error ?? '–'),
      instantInWords(one.created_at, page.nowMs),
      one.due_at ? instantInWords(one.due_at, page.nowMs) : '–',
    ]);
    return table(page, ['DELIVERY', 'EVENT', 'STATE', 'TRIES', 'ANSWER', 'WRITTEN', 'NEXT TRY'], rows);
  });
  return exitCodes.done;
}

/** Sends one delivery again, or all that were given up since an instant. */
export async function replayWebhookCommand(
  session: Session,
  id: string,
  delivery: string | undefined,
  { since }: { since?: string },
): Promise<ExitCode> {
  if ((delivery === undefined) === (since === undefined))
    throw new UsageError('Name a delivery, or say with --since from when on all dead ones are sent again.');
  const [path, body] =
    delivery === undefined
      ? [`${pathOf(id)}/replay`, { since }]
      : [`${pathOf(id)}/deliveries/${checkedId(delivery)}/replay`, {}];
  const answer = await session.client.post(path, body);
  session.print(answer, () => {
    if (delivery !== undefined) return `${neutralise(delivery)} is sent again.\n`;
    const { replayed } = readAs(z.object({ replayed: z.number() }), answer);
    return replayed === 0 ? 'Nothing was given up since then.\n' : `Sent again: ${replayed}.\n`;
  });
  return exitCodes.done;
}

function pathOf(id: string): string {
  return `/v1/webhooks/${checkedId(id)}`;
}
