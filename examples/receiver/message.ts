/** One change that we are told to make. */
export interface Message {
  type: 'access.added' | 'access.removed' | 'access.end_moved';
  /** Names the person for ever, whatever becomes of name and e-mail address. */
  account: string;
  /** Grows from 1: the order of what is wanted of this account. */
  number: number;
  entitlement: string;
  /** Whose data it reaches; null where there is only one customer. */
  customer: string | null;
  /** ISO 8601. From then on it must be refused, whether or not we hear of it again. Null when it is removed. */
  until: string | null;
  /** Who it is; null when that is not said. */
  user: { email: string; name: string } | null;
}

/** The message in a body, or null when it is none. Members that we do not know are for later versions. */
export function readMessage(body: string): Message | null {
  const from = parse(body);
  if (!isRecord(from)) return null;
  const { type, account, number, entitlement, customer = null, until = null } = from;
  if (type !== 'access.added' && type !== 'access.removed' && type !== 'access.end_moved') return null;
  if (typeof account !== 'string' || !/^[A-Za-z0-9_-]{1,64}$/u.test(account)) return null;
  if (typeof number !== 'number' || !Number.isSafeInteger(number) || number < 1) return null;
  if (typeof entitlement !== 'string' || entitlement === '') return null;
  if (customer !== null && typeof customer !== 'string') return null;
  if (until !== null && (typeof until !== 'string' || Number.isNaN(Date.parse(until)))) return null;
  if ((until === null) !== (type === 'access.removed')) return null;
  const user = readUser(from['user'] ?? null);
  return user === undefined ? null : { type, account, number, entitlement, customer, until, user };
}

/** The addresses in a body that asks for users, or null when it is no such question. */
export function readQuestion(body: string): string[] | null {
  const from = parse(body);
  if (!isRecord(from) || from['type'] !== 'accounts.find') return null;
  const { emails } = from;
  if (!Array.isArray(emails) || emails.length > 100) return null;
  const texts = emails.filter((email): email is string => typeof email === 'string');
  return texts.length === emails.length ? texts : null;
}

/** Undefined when it is neither a user nor null. */
function readUser(from: unknown): Message['user'] | undefined {
  if (from === null) return null;
  if (!isRecord(from)) return undefined;
  const { email, name } = from;
  return typeof email === 'string' && typeof name === 'string' ? { email, name } : undefined;
}

/** What JSON says, or undefined when it is not JSON. */
export function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whether a value is an object with named members. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
