// Uses nothing but Node: open.mjs needs it before anything is installed.

/** What went wrong, for people. A database's error is wrapped in one whose message repeats the statement's parameters. */
export function sentenceOf(error) {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}
