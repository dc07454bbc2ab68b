import type { AuditEventType } from './audit-event.ts';
import type { Ending } from './grant.ts';
import type { DisabledFor, WebhookState } from './webhook.ts';

/** How a person is named to a receiver (RFC 9493): by our id, or by their address. */
export const subjectFormats = ['iss_sub', 'email'] as const;
export type SubjectFormat = (typeof subjectFormats)[number];

/** What is told of as a security event: that access has ended. */
export const endedTypes = ['grant.ended', 'grant.rolled_back'] as const satisfies AuditEventType[];

/** CAEP 1.0, section 3.1: the subject's sessions with what they had access to are to end. */
export const sessionRevoked = 'https://schemas.openid.net/secevent/caep/event-type/session-revoked';
/** SSF 1.0, section 8.1.4: that the stream works. */
const verification = 'https://schemas.openid.net/secevent/ssf/event-type/verification';

/** Whose access has ended, and by what. */
export interface EndedAccess {
  person: { id: string; email: string };
  endedBy: Ending | null;
}

export interface SecurityEvent {
  type: typeof sessionRevoked | typeof verification;
  subject: Record<string, string>;
  event: Record<string, unknown>;
}

const initiators: Readonly<Record<Ending, 'user' | 'admin' | 'policy' | 'system'>> = {
  time: 'policy',
  'role-change': 'policy',
  return: 'user',
  cancellation: 'user',
  revocation: 'admin',
  suspension: 'admin',
  offboarding: 'admin',
  rollback: 'system',
  engine: 'system',
};

/** That somebody's access has ended, as CAEP 1.0 has it. Its instant is in seconds. */
export function sessionRevokedEvent(
  issuer: string,
  format: SubjectFormat,
  { person, endedBy }: EndedAccess,
  endedAtMs: number,
): SecurityEvent {
  return {
    type: sessionRevoked,
    subject: format === 'email' ? { format, email: person.email } : { format, iss: issuer, sub: person.id },
    event: {
      event_timestamp: Math.floor(endedAtMs / 1_000),
      initiating_entity: endedBy === null ? 'system' : initiators[endedBy],
      reason_admin: { en: `Access ended: ${endedBy ?? 'unknown'}` },
    },
  };
}

/** What a stream is tried with; its subject is the stream itself. @param state what its receiver wants to be told back; null: nothing */
export function verificationEvent(streamId: string, state: string | null): SecurityEvent {
  const event = state === null ? {} : { state };
  return { type: verification, subject: { format: 'opaque', id: streamId }, event };
}

/** SSF 1.0, section 8.1.2. `paused`: what happens is kept and sent later. `disabled`: it is not sent later, either. */
export const streamStatuses = ['enabled', 'paused', 'disabled'] as const;
export type StreamStatus = (typeof streamStatuses)[number];

/** What a stream's status follows from: what its receiver has asked for, and what administrators or we have made of it. */
export interface StreamStanding {
  askedStatus: Exclude<StreamStatus, 'enabled'> | null;
  state: WebhookState;
  disabledFor: DisabledFor | null;
}

/** A stream's status, and why where it is not its receiver's doing. What we have stopped keeps what happens, as what is paused does. */
export function statusOfStream(stream: StreamStanding): { status: StreamStatus; reason?: string } {
  if (stream.askedStatus !== null) return { status: stream.askedStatus };
  if (stream.state === 'live') return { status: 'enabled' };
  if (stream.state === 'paused') return { status: 'paused', reason: 'Paused by an administrator.' };
  const why = stream.disabledFor === 'gone' ? 'The address is gone (410).' : 'Nothing was taken for days.';
  return { status: 'paused', reason: why };
}
