import type { MailKind } from './mail.schema.ts';

/** What people are told of by rows of `notice`, several in one message where several are due. */
export const noticeKinds = [
  'request-waits',
  'request-still-waits',
  'request-decided',
  'access-begun',
  'ends-soon',
  'access-ended',
  'access-overdue',
  'reviews-due',
  'emergency-access',
  'webhook-stopped',
] as const;
export type NoticeKind = (typeof noticeKinds)[number];

/** Whether messages of this kind are made of notices. */
export function isNoticeKind(kind: MailKind): kind is NoticeKind {
  const kinds: readonly string[] = noticeKinds;
  return kinds.includes(kind);
}

/** How somebody wants what belongs to a topic: each at once, once an hour together, or not at all. */
export type NoticeChoice = 'at-once' | 'hourly' | 'off';

/** What can be chosen about. The first choice holds where nothing was chosen. */
export const noticeTopics = {
  requests: ['at-once', 'off'],
  reminders: ['at-once', 'hourly', 'off'],
  decisions: ['at-once', 'off'],
  begun: ['at-once', 'off'],
  'ends-soon': ['at-once', 'off'],
  ended: ['at-once', 'off'],
  operations: ['at-once', 'off'],
} as const satisfies Record<string, readonly NoticeChoice[]>;
export type NoticeTopic = keyof typeof noticeTopics;

// The keys of a constant are exactly its type's.
export const noticeTopicNames = Object.keys(noticeTopics) as [NoticeTopic, ...NoticeTopic[]];

// What is not here is sent whatever was chosen: it is about security, a contract or an invitation.
const topics: Partial<Record<MailKind, NoticeTopic>> = {
  'request-waits': 'requests',
  'request-still-waits': 'reminders',
  'reviews-due': 'reminders',
  'request-decided': 'decisions',
  'access-begun': 'begun',
  'ends-soon': 'ends-soon',
  'access-ended': 'ended',
  'fence-waits': 'operations',
  'onboarding-failed': 'operations',
  handover: 'operations',
  'webhook-stopped': 'operations',
};

/** The topic that a kind of message belongs to; null: it is always sent. */
export function topicOf(kind: MailKind): NoticeTopic | null {
  return topics[kind] ?? null;
}

/** Limits of telling people. */
export const noticeLimits = {
  /** After a message of one kind, the next to the same person waits for this long (ms), so that many come as one. */
  windowMs: 60_000,
  /** So many are told of in one message by name; of the others it says how many. */
  named: 10,
  /** Notices of one look at what is due. */
  atOnce: 2_000,
  /** What was told or dropped is forgotten after this long (ms). */
  keptMs: 90 * 24 * 60 * 60_000,
} as const;
