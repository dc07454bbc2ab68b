import type { FieldError } from '../../domain/errors.ts';

/** What was typed cannot be meant: exit 2, nothing was sent. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Not allowed on this installation: exit 5, nothing was sent. */
export class NotAllowedError extends Error {
  override readonly name = 'NotAllowedError';
}

/** Nobody answered at that address, or not in time: exit 6. `cause` keeps what the network said. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError';
}

/** Ctrl-C: exit 130. The message says what stays. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError';
}

/** The API answered, but not with what was promised (another program on that port, another version): exit 1. */
export class UnexpectedAnswerError extends Error {
  override readonly name = 'UnexpectedAnswerError';
}

/** An answer that is not a success. `code` is the last part of the problem type, null when the body is no problem. */
export interface Problem {
  status: number;
  code: string | null;
  title: string;
  detail: string | null;
  errors: FieldError[];
  /** ISO 8601, with `period-too-long`. */
  longest: string | null;
  /** The policies that decided, with `refused-by-policy`. */
  policies: { id: string; title: string }[];
  retryAfter: string | null;
  /** The body as it came, for `--json`. */
  body: string;
}

export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  constructor(readonly problem: Problem) {
    super(problem.detail ?? problem.title);
  }
}
