import { isInner } from './inner-address.ts';

/** `disabled`: we stopped sending by ourselves; `removed`: it is kept for the records alone. */
export const webhookStates = ['live', 'paused', 'disabled'] as const;
export type WebhookState = (typeof webhookStates)[number];

/** Why an endpoint is sent nothing any more: it said that it is gone (410), or took nothing for days. */
export const disabledFor = ['gone', 'failing'] as const;
export type DisabledFor = (typeof disabledFor)[number];

export const deliveryStates = ['pending', 'delivered', 'dead'] as const;
export type DeliveryState = (typeof deliveryStates)[number];

/**
 * Why a try failed. `not-allowed`: the address leads into an inner network, or is none that is sent to. `not-wanted`: its receiver
 * disabled the stream while it waited.
 */
export const deliveryErrors = [
  'refused',
  'rejected',
  'redirected',
  'gone',
  'unreachable',
  'timed-out',
  'tls-failed',
  'not-allowed',
  'not-wanted',
  'internal-error',
] as const;
export type DeliveryError = (typeof deliveryErrors)[number];

/** Where may be sent to: `anywhere`, this machine and plain HTTP among it, only where nothing is at stake. */
export type Reachable = 'outside' | 'anywhere';

const second = 1_000;
const hour = 3_600 * second;

/** The pauses between tries as Standard Webhooks recommends them; the first try is at once, and after the last it is dead. */
const pausesMs = [
  5 * second,
  300 * second,
  1_800 * second,
  2 * hour,
  5 * hour,
  10 * hour,
  10 * hour,
] as const;
const longestAskedMs = 12 * hour;

/** An endpoint that takes nothing for this long, and whose deliveries die, is not sent to any more. */
export const failingDays = 5;

/**
 * How long to wait after so many tries, in milliseconds; null after the last. A little longer at random, so that what failed
 * together does not come again together, and as long as the other side asks for, within half a day.
 * @param chance from 0 to 1
 */
export function pauseAfter(tries: number, askedMs: number | null, chance: number): number | null {
  const pause = pausesMs[tries - 1];
  if (pause === undefined) return null;
  return Math.round(Math.max(pause, Math.min(askedMs ?? 0, longestAskedMs)) * (1 + chance / 5));
}

/** What a Retry-After asks for (RFC 9110, section 10.2.3): seconds or a date; in milliseconds, null where it says nothing. */
export function askedPauseMs(header: string | null, nowMs: number): number | null {
  if (header === null) return null;
  if (/^\d{1,9}$/.test(header)) return Number(header) * second;
  const at = Date.parse(header);
  return Number.isNaN(at) ? null : Math.max(0, at - nowMs);
}

/**
 * What an answer's status means: taken, or why not. Redirects are not followed. Who takes security events says with 400 that this one
 * is wrong, which no further try changes (RFC 8935, section 2.4).
 */
export function verdictOn(status: number, isSecurityEvent: boolean): DeliveryError | null {
  if (isSecurityEvent && status === 400) return 'rejected';
  if (status >= 200 && status < 300) return null;
  if (status >= 300 && status < 400) return 'redirected';
  return status === 410 ? 'gone' : 'refused';
}

/** The ports that are sent to outside: those of HTTPS. Whatever else listens would not know what to make of an event. */
const ports = ['', '443', '8443'];

/** The longest address that is taken, in characters. */
export const longestWebhookUrl = 2_000;

/**
 * An address as it is sent to, or what is wrong with it. Names are not looked up here: what they mean is checked whenever
 * something is sent. Every spelling of an address of IPv4 (decimal, octal, hex) is read as the address it is (WHATWG URL, 3.5).
 */
export function readWebhookUrl(text: string, reachable: Reachable): { url: string } | { problem: string } {
  if (text.length > longestWebhookUrl || !URL.canParse(text))
    return { problem: 'An address such as https://example.com/events.' };
  const url = new URL(text);
  url.hash = '';
  if (url.username !== '' || url.password !== '') return { problem: 'Leave name and password out.' };
  if (reachable === 'anywhere')
    return /^https?:$/.test(url.protocol) ? { url: url.href } : { problem: 'An address of http or https.' };
  if (url.protocol !== 'https:') return { problem: 'An address of https.' };
  if (!ports.includes(url.port)) return { problem: 'Port 443 or 8443.' };
  const literal = literalOf(url);
  if (literal !== null && isInner(literal))
    return { problem: 'An address that can be reached from outside.' };
  if (/(^|\.)localhost\.?$/.test(url.hostname))
    return { problem: 'An address that can be reached from outside.' };
  return { url: url.href };
}

/** The address that stands in a URL in place of a name, without brackets; null where there is a name. */
export function literalOf({ hostname }: { hostname: string }): string | null {
  if (hostname.startsWith('[')) return hostname.slice(1, -1);
  return /^\d+\.\d+\.\d+\.\d+$/.test(hostname) ? hostname : null;
}

/** No further try changes it. */
export function isFinal(error: DeliveryError): boolean {
  return error === 'gone' || error === 'rejected';
}

/** What a secret of an endpoint is sealed for: the one that it is signed with, or what is shown to who takes security events. */
export function webhookContext(endpointId: string, what: 'secret' | 'authorization'): string {
  return `webhook:${endpointId}:${what}`;
}
