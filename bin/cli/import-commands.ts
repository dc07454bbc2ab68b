import type { RosterList } from '../../domain/roster.ts';
import { accountsText, waitForAccounts } from './import-accounts.ts';
import { pageOf } from './ask-commands.ts';
import { mistakeInWords } from './catalog-files.ts';
import { type Answer, readAs } from './client.ts';
import { InterruptedError, ProblemError, UsageError } from './errors.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { type ImportFiles, ImportFilesError, readImport } from './import-files.ts';
import { appliedImportShape, importReportShape, importText } from './import-text.ts';
import type { Session } from './session.ts';
import { count, neutralise } from './text.ts';

export interface ImportOptions {
  /** Without it nothing is imported. */
  why?: string;
  complete?: string[];
  yes?: boolean;
}

/** Ten thousand lines take some seconds. */
const timeoutMs = 90_000;
/** Mistakes that are told; whoever has more begins with these. */
const mistakesAtMost = 50;

/** Says what the files would do, asks, and imports them. Without a reason it only says so. */
export async function importCommand(
  session: Session,
  path: string,
  options: ImportOptions,
): Promise<ExitCode> {
  const { deps, isJson } = session;
  const { why, yes = false } = options;
  if (why !== undefined && !isJson && !yes && !deps.terminal.isInteractive)
    throw new UsageError('Nobody is there to confirm: without a terminal, add --yes (or --json).');
  const files = await readFiles(session, path);
  if (!files) return exitCodes.invalid;
  const body = { ...files.lists, complete: options.complete ?? [] };
  if (!isJson || why === undefined) {
    const answer = await sent(session, files, '/v1/imports/preview', body);
    if (typeof answer === 'number') return answer;
    const previewed = await preview(session, files, answer);
    if (previewed === 'something' && why === undefined && !isJson) {
      const complete = options.complete ? ` --complete ${options.complete.join(' ')}` : '';
      const again = session.command(`import ${neutralise(path)}${complete} --why …`);
      deps.terminal.out(`\nImport it:  ${again}\n`);
    }
    if (previewed !== 'something' || why === undefined)
      return previewed === 'wrong' ? exitCodes.invalid : exitCodes.done;
    if (!yes && !(await confirmed(session))) return exitCodes.done;
  }
  return apply(session, files, { ...body, reason: why });
}

/** Tells what would happen; `wrong`: nothing can be imported. */
async function preview(
  session: Session,
  files: ImportFiles,
  answer: Answer,
): Promise<'wrong' | 'nothing' | 'something'> {
  const report = readAs(importReportShape, answer);
  const accounts = report.search ? await waitForAccounts(session, report.search) : undefined;
  session.print(accounts === undefined ? answer : { ...answer, body: withAccounts(answer, accounts) }, () => {
    const found = accounts === undefined ? '' : accountsText(accounts);
    return importText(pageOf(session), report, files) + found;
  });
  if (report.problems.length > 0) {
    if (!session.isJson)
      tell(
        session,
        report.problems.map((one) => problemLine(files, one)),
      );
    return 'wrong';
  }
  const lists = [report.customers, report.users, report.staff];
  const isNothing = lists.every((one) => one.new + one.returning + one.changed + one.leaving === 0);
  return isNothing ? 'nothing' : 'something';
}

/** The answer as it came, with what was found in targets; null when nobody has looked yet. */
function withAccounts({ json }: Answer, accounts: object | null): string {
  return JSON.stringify(typeof json === 'object' ? { ...json, accounts } : json);
}

async function apply(session: Session, files: ImportFiles, body: object): Promise<ExitCode> {
  const answer = await sent(session, files, '/v1/imports', body);
  if (typeof answer === 'number') return answer;
  session.print(answer, () => {
    const { id, processes } = readAs(appliedImportShape, answer);
    if (id === null) return 'Everything was so already: nothing was changed.\n';
    if (processes.length === 0) return `Imported (${neutralise(id)}). Nobody's access changes by it.\n`;
    const follow = count(processes.length, 'process brings', 'processes bring');
    return `Imported (${neutralise(id)}). ${follow} access in line:\n  ${session.command('processes --state open')}\n`;
  });
  return exitCodes.done;
}

/** The answer; or, when something is wrong with the lists, the exit code after each mistake was told at its place. */
async function sent(
  session: Session,
  files: ImportFiles,
  path: string,
  body: object,
): Promise<Answer | ExitCode> {
  try {
    return await session.client.post(path, body, { timeoutMs });
  } catch (error) {
    if (!(error instanceof ProblemError) || session.isJson) throw error;
    const { code, detail, title, errors } = error.problem;
    if (code !== 'stale-revision' && code !== 'invalid-input') throw error;
    tell(session, [detail ?? title, ...errors.map((one) => problemLine(files, one))]);
    return code === 'invalid-input' ? exitCodes.invalid : exitCodes.refused;
  }
}

async function confirmed({ deps: { terminal, interrupted } }: Session): Promise<boolean> {
  const answer = await terminal.ask('Import it? [y/N] ');
  if (interrupted.aborted) throw new InterruptedError('Nothing was imported.');
  if (answer !== null && /^\s*y(es)?\s*$/i.test(answer)) return true;
  terminal.err('Nothing was imported.\n');
  return false;
}

/** Mistakes are told line by line, each at its place. */
async function readFiles(session: Session, path: string): Promise<ImportFiles | null> {
  try {
    return await readImport(path);
  } catch (error) {
    if (!(error instanceof ImportFilesError)) throw error;
    if (session.isJson) session.deps.terminal.out(`${JSON.stringify({ problems: error.mistakes })}\n`);
    else tell(session, error.mistakes.map(mistakeInWords));
    return null;
  }
}

/** `users.csv:12 roles: There is no role x.` */
function problemLine(files: ImportFiles, { pointer, detail }: { pointer: string; detail: string }): string {
  const [, list, row, column] = pointer.split('/');
  if (!isList(list) || row === undefined || column === undefined) return detail;
  return mistakeInWords({ ...files.placeOf(list, Number(row), column), detail });
}

function isList(text: string | undefined): text is RosterList {
  return text === 'customers' || text === 'users' || text === 'staff';
}

function tell({ deps }: Session, lines: readonly string[]): void {
  for (const line of lines.slice(0, mistakesAtMost)) deps.terminal.err(`${neutralise(line)}\n`);
  if (lines.length > mistakesAtMost) deps.terminal.err(`and ${lines.length - mistakesAtMost} more.\n`);
}
