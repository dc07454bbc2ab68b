/** What a transmitter of security events says of somebody, as far as access depends on it. Pure. */

const caep = 'https://schemas.openid.net/secevent/caep/event-type/';
const risc = 'https://schemas.openid.net/secevent/risc/event-type/';

/** How a source speaks: it pushes security event tokens, it is asked for them, or it sends alerts in a form of ours. */
export const signalSourceKinds = ['push', 'poll', 'alert'] as const;
export type SignalSourceKind = (typeof signalSourceKinds)[number];

const eventKinds = [
  'session-revoked',
  'credential-change',
  'device-compliance-change',
  'assurance-level-change',
  'account-disabled',
  'account-enabled',
  'verification',
  'other',
] as const;
type EventKind = (typeof eventKinds)[number];
export const signalKinds = [...eventKinds, 'alert'] as const;
export type SignalKind = (typeof signalKinds)[number];

/** What policies call an open signal: one of these, or what an alert names it. */
const signalNames = [
  'session-revoked',
  'credential-changed',
  'device-not-compliant',
  'assurance-lowered',
  'account-disabled',
] as const;
type EventName = (typeof signalNames)[number];

export const signalStates = ['received', 'open', 'closed', 'noted', 'superseded', 'unmatched'] as const;
export type SignalState = (typeof signalStates)[number];

/** What a signal says of its name: that it is so, that it is over, or neither. */
export const signalEffects = ['opens', 'closes', 'nothing'] as const;
export type SignalEffect = (typeof signalEffects)[number];

/** Of the same family the event of the later instant holds, whenever it comes. */
export type SignalFamily =
  | 'session'
  | 'credential'
  | 'device'
  | `device:${string}`
  | 'assurance'
  | 'account'
  | 'none'
  | `alert:${string}`;

/** Whom it is about, by one of the ways in which somebody may be known here (RFC 9493). */
export interface SignalSubject {
  email?: string;
  issuer?: string;
  subject?: string;
  /** An id of the source's own, e.g. a directory's `externalId`. */
  opaque?: string;
}

export interface SignalReading {
  kind: SignalKind;
  family: SignalFamily;
  effect: SignalEffect;
  name: string | null;
  subject: SignalSubject;
  /** When it happened, in milliseconds since 1970. */
  atMs: number;
  /** When it counts no more by itself; null: not before something else is said. */
  endsAtMs: number | null;
}

/** What has happened and is over: whoever shows anew who they are has answered it. It is in policy's context for so long. */
export const momentaryMs = 12 * 3_600_000;

/** How far the clock of a source may be ahead of ours. */
export const signalSkewMs = 5 * 60_000;

/** Why a security event token says nothing that can be kept. */
export class UnreadableSignal extends Error {
  override readonly name = 'UnreadableSignal';
}

type Meaning = Pick<SignalReading, 'family' | 'effect'> & { name: EventName | null; isMomentary?: true };
type Members = Record<string, unknown>;

const nothing: Meaning = { family: 'none', effect: 'nothing', name: null };

const meanings: Record<EventKind, (event: Members, subject: unknown) => Meaning> = {
  'session-revoked': () => ({
    family: 'session',
    effect: 'opens',
    name: 'session-revoked',
    isMomentary: true,
  }),
  'credential-change': () => ({
    family: 'credential',
    effect: 'opens',
    name: 'credential-changed',
    isMomentary: true,
  }),
  'device-compliance-change': (event, subject) => ({
    family: deviceOf(subject),
    effect: event.current_status === 'compliant' ? 'closes' : 'opens',
    name: 'device-not-compliant',
  }),
  'assurance-level-change': (event) => ({
    family: 'assurance',
    effect: event.change_direction === 'increase' ? 'closes' : 'opens',
    name: 'assurance-lowered',
  }),
  'account-disabled': () => ({ family: 'account', effect: 'opens', name: 'account-disabled' }),
  'account-enabled': () => ({ family: 'account', effect: 'closes', name: 'account-disabled' }),
  verification: () => nothing,
  other: () => nothing,
};

/**
 * Reads the claims of a security event token (RFC 8417) that was verified: one event of CAEP 1.0 or RISC 1.0 and its subject. An event
 * of another kind is kept as one that says nothing, and one about somebody by a name that we do not know people by, such as a telephone
 * number, with an empty subject. What leaves open whether it is good or bad news counts as bad.
 * @throws UnreadableSignal
 */
export function readSecurityEvent(claims: Members, nowMs: number): SignalReading {
  const events = Object.entries(membersOf(claims.events) ?? {});
  const [first, ...more] = events;
  if (!first || more.length > 0) throw new UnreadableSignal('A token holds one event.');
  const [uri, payload] = first;
  const event = membersOf(payload);
  if (!event) throw new UnreadableSignal('An event is an object.');
  const kind = kindOf(uri);
  const about = claims.sub_id ?? event.subject;
  const { isMomentary, ...meaning } = meanings[kind](event, about);
  const atMs = instantOf(event.event_timestamp ?? claims.toe ?? claims.iat);
  if (atMs === null || atMs < 0 || atMs > nowMs + signalSkewMs)
    throw new UnreadableSignal('An event says when it happened, and not later than now.');
  const subject = subjectOf(about);
  if (meaning.effect !== 'nothing' && Object.keys(subject).length === 0 && !isKnownElsewhere(about))
    throw new UnreadableSignal('An event says whom it is about, in sub_id.');
  return { ...meaning, kind, subject, atMs, endsAtMs: isMomentary ? atMs + momentaryMs : null };
}

/** Events of RISC that say the same as one of ours. */
const alike = new Map<string, EventKind>([
  [`${risc}account-purged`, 'account-disabled'],
  [`${risc}credential-compromise`, 'credential-change'],
  [`${risc}sessions-revoked`, 'session-revoked'],
]);

function kindOf(uri: string): EventKind {
  if (uri === 'https://schemas.openid.net/secevent/ssf/event-type/verification') return 'verification';
  const known = eventKinds.find((kind) => {
    const base = kind.startsWith('account-') ? risc : caep;
    return uri === `${base}${kind}`;
  });
  return known ?? alike.get(uri) ?? 'other';
}

/** Seconds since 1970; drafts of CAEP had milliseconds, which no second of ours is as large as. */
function instantOf(value: unknown): number | null {
  if (typeof value !== 'number' || !Number.isFinite(value)) return null;
  return Math.round(value > 100_000_000_000 ? value : value * 1_000);
}

/** The index that finds the latest word takes no more than some two thousand bytes. */
const deviceNameAtMost = 500;

/**
 * Each device that a complex subject (SSF 1.0) names is a family of its own, so that the one that complies again says nothing of another;
 * all that is said without naming one is of one family.
 */
function deviceOf(subject: unknown): SignalFamily {
  const device = membersOf(membersOf(subject)?.device);
  if (!device) return 'device';
  const said = Object.entries(device).filter(([, value]) => isText(value));
  const named = JSON.stringify(said.sort(([one], [other]) => (one < other ? -1 : 1)));
  return said.length > 0 && named.length <= deviceNameAtMost ? `device:${named}` : 'device';
}

/** A subject identifier (RFC 9493), or the user of a complex one (SSF 1.0). */
function subjectOf(value: unknown, depth = 0): SignalSubject {
  const said = membersOf(value);
  if (!said || depth > 2) return {};
  const user = membersOf(said.user);
  if (user) return subjectOf(user, depth + 1);
  switch (said.format) {
    case 'email':
      return isText(said.email) ? { email: said.email } : {};
    case 'iss_sub':
      return isText(said.iss) && isText(said.sub) ? { issuer: said.iss, subject: said.sub } : {};
    case 'opaque':
      return isText(said.id) ? { opaque: said.id } : {};
    case 'aliases': {
      const known = Array.isArray(said.identifiers) ? said.identifiers : [];
      // Of two of the same kind the first counts.
      return Object.assign({}, ...known.map((one: unknown) => subjectOf(one, depth + 1)).reverse());
    }
    case 'account':
      return isText(said.uri) && said.uri.startsWith('acct:') ? { email: said.uri.slice(5) } : {};
    default:
      return {};
  }
}

const formats = new Set(['email', 'iss_sub', 'opaque', 'aliases', 'account']);

/** Whether it names somebody, or something of theirs such as a session, by what nobody is known by here. */
function isKnownElsewhere(value: unknown, depth = 0): boolean {
  const said = membersOf(value);
  if (!said || depth > 2) return false;
  if (membersOf(said.user)) return isKnownElsewhere(said.user, depth + 1);
  if (said.format === 'aliases')
    return (
      Array.isArray(said.identifiers) && said.identifiers.some((one) => isKnownElsewhere(one, depth + 1))
    );
  if (isText(said.format)) return !formats.has(said.format);
  return Object.values(said).some((part) => membersOf(part) !== null);
}

/** What a secret of a source is sealed for: the one that its alerts are signed with, or what is shown to it when it is asked. */
export function signalContext(sourceId: string, what: 'secret' | 'authorization'): string {
  return `signal-source:${sourceId}:${what}`;
}

/** One alert as a source of the kind `alert` sends it, checked; see domain/alert.schema.ts. */
export interface Alert {
  id: string;
  subject: { email: string } | { id: string };
  signal: string;
  active: boolean;
  /** ISO 8601. */
  occurredAt: string;
  endsAt: string | null;
}

/**
 * Reads an alert: each name is a family of its own, of which the latest word counts.
 * @throws UnreadableSignal for one that says that it happened later than now
 */
export function readAlert(alert: Alert, nowMs: number): SignalReading {
  const { subject, signal, active, occurredAt, endsAt } = alert;
  const atMs = Date.parse(occurredAt);
  if (atMs > nowMs + signalSkewMs)
    throw new UnreadableSignal('An alert says when it happened, and not later than now.');
  return {
    kind: 'alert',
    family: `alert:${signal}`,
    effect: active ? 'opens' : 'closes',
    name: signal,
    subject: 'email' in subject ? { email: subject.email } : { opaque: subject.id },
    atMs,
    endsAtMs: endsAt === null ? null : Date.parse(endsAt),
  };
}

function isText(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    value.length > 0 &&
    value.length <= 500 &&
    !/\p{Cc}|\p{Surrogate}/u.test(value)
  );
}

function membersOf(value: unknown): Members | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
}
