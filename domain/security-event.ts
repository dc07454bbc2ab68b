import type { AuditEventType } from './audit-event.ts';
import type { Ending } from './grant.ts';

/** How a person is named to a receiver (RFC 9493): by our id, or by their address. */
export const subjectFormats = ['iss_sub', 'email'] as const;
export type SubjectFormat = (typeof subjectFormats)[number];

/** What is told of as a security event: that access has ended. */
export const endedTypes = ['grant.ended', 'grant.rolled_back'] as const satisfies AuditEventType[];

/** CAEP 1.0, section 3.1: the subject's sessions with what they had access to are to end. */
const sessionRevoked = 'https://schemas.openid.net/secevent/caep/event-type/session-revoked';
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

/** What a stream is tried with; its subject is the stream itself. */
export function verificationEvent(streamId: string): SecurityEvent {
  return { type: verification, subject: { format: 'opaque', id: streamId }, event: {} };
}
