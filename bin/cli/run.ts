import { CommanderError } from 'commander';
import { TenureError } from '../../domain/errors.ts';
import { InterruptedError, NotAllowedError, ProblemError, UnreachableError, UsageError } from './errors.ts';
import { type ExitCode, exitCodeOfProblem, exitCodes } from './exit-codes.ts';
import { problemText } from './problem-text.ts';
import { buildProgram, type Outcome } from './program.ts';
import { type CliDependencies, withNewline } from './session.ts';
import { neutralise } from './text.ts';

/**
 * Runs one command line, without the program's name.
 * @returns the exit code; errors have been printed, none is thrown
 */
export async function runCli(words: readonly string[], deps: CliDependencies): Promise<ExitCode> {
  const outcome: Outcome = { code: exitCodes.done, isJson: false };
  const program = buildProgram(deps, outcome);

  try {
    const groups = program.commands.filter((one) => one.commands.length > 0).map((one) => one.name());
    await program.parseAsync(commandFirst(words, groups), { from: 'user' });
    return outcome.code;
  } catch (error) {
    return explain(error, deps, outcome.isJson);
  }
}

/** Lets `--as` and `--json` stand before the command too: `tenure --as sam@northwind.example held`. A group's has two words. */
function commandFirst(words: readonly string[], groups: readonly string[]): string[] {
  let length = 0;
  for (let word = words[0]; word !== undefined; word = words[length]) {
    if (word === '--as') length += 2;
    else if (word === '--json' || word.startsWith('--as=')) length += 1;
    else break;
  }
  const end = length + (groups.includes(words[length] ?? '') ? 2 : 1);
  return [...words.slice(length, end), ...words.slice(0, length), ...words.slice(end)];
}

function explain(error: unknown, deps: CliDependencies, isJson: boolean): ExitCode {
  const { terminal } = deps;
  // Help that was asked for is a success; what commander found wrong it has printed already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.invalid;
  if (error instanceof ProblemError) {
    const { problem } = error;
    if (isJson) terminal.out(withNewline(problem.body));
    else terminal.err(problemText({ terminal, nowMs: deps.now() }, problem));
    return exitCodeOfProblem(problem.status, problem.code);
  }
  terminal.err(`${neutralise(messageOf(error))}\n`);
  if (error instanceof TenureError) return exitCodeOfProblem(0, error.code);
  if (error instanceof UsageError) return exitCodes.invalid;
  if (error instanceof NotAllowedError) return exitCodes.notAllowed;
  if (error instanceof UnreachableError) return exitCodes.unreachable;
  if (error instanceof InterruptedError) return exitCodes.interrupted;
  return exitCodes.unexpected;
}

function messageOf(error: unknown): string {
  if (error instanceof TenureError) return error.detail;
  return error instanceof Error ? error.message : String(error);
}
