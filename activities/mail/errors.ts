/**
 * Why a message did not go out. `refused-for-now`: the server asks to come again (4xx, greylisting). `refused`: it will not
 * have this message; `address-refused`: this address. `sender-refused`: it will not have us as the sender.
 * `no-longer-valid`: what it is about is over, e.g. a welcome was confirmed, replaced or taken back, a request was decided.
 * `recipient-gone`, `unwanted`: its reader has left, or chose not to get such messages.
 */
export type MailProblem =
  | 'unreachable'
  | 'timed-out'
  | 'tls-failed'
  | 'sign-in-failed'
  | 'refused-for-now'
  | 'refused'
  | 'address-refused'
  | 'sender-refused'
  | 'no-longer-valid'
  | 'recipient-gone'
  | 'unwanted'
  | 'misconfigured'
  | 'internal-error';

/** Those that no further try changes. What may be our own configuration's fault is tried again until somebody mends it. */
const final: readonly MailProblem[] = ['refused', 'address-refused'];
/** Those by which nobody misses anything. */
const harmless: readonly MailProblem[] = ['no-longer-valid', 'recipient-gone', 'unwanted'];

/** A message did not go out. Carries a closed code only: what a server answers repeats addresses. */
export class MailError extends Error {
  override readonly name = 'MailError';
  constructor(readonly code: MailProblem) {
    super(code);
  }

  /** No further try changes it. */
  get isFinal(): boolean {
    return final.includes(this.code);
  }

  /** There is no reason to send the message any more. */
  get isHarmless(): boolean {
    return harmless.includes(this.code);
  }
}
