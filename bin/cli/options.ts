import { type Command, InvalidArgumentError } from 'commander';
import { parsePeriod } from '../../domain/period.ts';
import { parseInstant } from './instants.ts';

/** A period as typed, in milliseconds. */
export function periodOption(text: string): number {
  const ms = parsePeriod(text);
  if (ms === null) throw new InvalidArgumentError('Write a period such as 2h, 1d12h, 45m or PT2H.');
  return ms;
}

/** An instant as typed, in ISO 8601 UTC. */
export function instantOption(text: string): string {
  const instant = parseInstant(text, Date.now());
  if (instant === null) {
    throw new InvalidArgumentError(
      'Write an instant such as 2026-11-22T14:02Z, or in local time 2026-11-22T15:02, 2026-11-22 or 15:02.',
    );
  }
  return instant;
}

/** How a trial token says its bearer signed in (RFC 8176), e.g. `pwd,otp,mfa`. */
export function amrOption(text: string): string[] {
  const methods = text.split(',').map((method) => method.trim());
  if (!methods.every((method) => /^[a-z0-9]{1,16}$/i.test(method))) {
    throw new InvalidArgumentError('Write methods separated by commas, such as pwd,otp,mfa.');
  }
  return methods;
}

/** A text that says something. */
export function textOption(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('It must not be empty.');
  return text;
}

/** One value more of an option that may be given several times. */
export function listOption(text: string, before: readonly string[] = []): string[] {
  return [...before, textOption(text)];
}

/** Adds what every command that talks to the API understands. */
export function withSession(command: Command): Command {
  return command
    .option('--json', "print the API's answer as it came, and never ask")
    .option('--as <email>', 'act as this person, with a trial token (local installation only)', textOption);
}
