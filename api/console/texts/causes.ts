/** Closed codes of what went wrong, in words that follow a colon or stand as a sentence. */
const causes: Readonly<Record<string, string>> = {
  'target-unreachable': 'The system doesn’t answer.',
  'target-refused': 'The system refuses it: a right is missing there.',
  'target-busy': 'The system has too much to do at once.',
  'target-error': 'The system reported an error.',
  'not-confirmed': 'The system took the change, and reading back doesn’t show it.',
  superseded: 'A later attempt was there before.',
  'already-ended': 'Its end was there before.',
  misconfigured: 'Its settings or its secret don’t fit.',
  'ledger-unavailable': 'The ledger didn’t answer.',
  'internal-error': 'A fault of ours; the log has it.',
  'contract-lapsed': 'Its end has passed, and nobody has said a word about it.',
  'names-nobody': 'Its contract names nobody.',
  'no-seat-left': 'All seats are used.',
  'email-taken': 'Somebody else has this address.',
  'unknown-tier': 'The catalog has no such tier.',
  'owner-left': 'Whoever owned it has left.',
  'conflicting-roles': 'Two of the roles may not be held at once.',
  surplus: 'It holds more than its roles give.',
  unreachable: 'The mail server doesn’t answer.',
  'timed-out': 'The mail server took too long.',
  'tls-failed': 'The connection to the mail server couldn’t be secured.',
  'sign-in-failed': 'The mail server refused our sign-in.',
  'refused-for-now': 'The mail server asked to come again later.',
  refused: 'The mail server refused the message.',
  'address-refused': 'The mail server refused the address.',
  'sender-refused': 'The mail server refused us as the sender.',
};

/** What went wrong, in words; a code that has none is shown as it is, for whoever looks it up. */
export function causeWords(code: string | null): string {
  if (code === null) return '';
  return causes[code] ?? `What went wrong: ${code.replaceAll('-', ' ')}.`;
}
