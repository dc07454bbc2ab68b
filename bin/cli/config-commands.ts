import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CatalogPath } from '../../domain/catalog.ts';
import { readCatalog } from '../../domain/catalog.schema.ts';
import { pageOf } from './ask-commands.ts';
import {
  type CatalogFiles,
  CatalogFilesError,
  mistakeInWords,
  readCatalogFolder,
  writeCatalogFolder,
} from './catalog-files.ts';
import { type Answer, parseAs, readAs } from './client.ts';
import { appliedShape, catalogShape, type Plan, planShape, revisionShape } from './config-shapes.ts';
import { appliedText, catalogText, planText, revisionTable } from './config-text.ts';
import { InterruptedError, UnexpectedAnswerError, UsageError } from './errors.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { wholeList } from './lists.ts';
import type { Session } from './session.ts';
import { neutralise } from './text.ts';

/** Which catalog: in force now unless an instant or a revision is named. */
export interface WhichCatalog {
  at?: string;
  revision?: string;
}

/** Writes the catalog into a folder, with the revision that it is, so that an edit of it can be told from one of another. */
export async function exportCommand(
  session: Session,
  folder: string,
  options: WhichCatalog & { yes?: boolean },
): Promise<ExitCode> {
  const answer = await session.client.get('/v1/catalog', queryOf(options));
  const { revision, catalog } = readAs(catalogShape, answer);
  const read = readCatalog(catalog);
  if (!read.catalog) throw new UnexpectedAnswerError('The catalog is not in the form of this version.');
  if (!options.yes && !(await mayWrite(session, folder))) return exitCodes.done;
  await writeCatalogFolder(folder, read.catalog);
  await noteBase(folder, revision);
  session.print(
    answer,
    () =>
      `Revision ${revision} is in ${neutralise(folder)}, six files. Edit them, and plan:\n  ${session.command(`config plan ${neutralise(folder)}`)}\n`,
  );
  return exitCodes.done;
}

/** What is in the folder is somebody's work. */
async function mayWrite({ deps, isJson }: Session, folder: string): Promise<boolean> {
  const names = await readdir(folder).catch((): string[] => []);
  if (!names.some((name) => /\.ya?ml$/i.test(name))) return true;
  if (isJson || !deps.terminal.isInteractive)
    throw new UsageError(
      `There are files in ${folder} already. Name another folder, or add --yes to write over them.`,
    );
  return confirmed(
    deps,
    `There are files in ${neutralise(folder)} already. Write over them? [y/N] `,
    'Nothing was written.',
  );
}

/** Says what an edited folder would change and for whom. Exit 2 when it cannot be applied. */
export async function planCommand(
  session: Session,
  folder: string,
  options: { base?: string },
): Promise<ExitCode> {
  const files = await readFolder(session, folder);
  if (!files) return exitCodes.invalid;
  const { answer, plan } = await planned(session, files, await baseOf(folder, options));
  if (session.isJson || plan.problems.length === 0)
    session.print(answer, () => planText(pageOf(session), plan));
  if (plan.problems.length === 0) return exitCodes.done;
  tellProblems(session, files, plan.problems);
  return exitCodes.invalid;
}

export interface ApplyOptions {
  why: string;
  base?: string;
  yes?: boolean;
}

/** Plans, asks, and puts the folder's catalog into force as the next revision. */
export async function applyCommand(
  session: Session,
  folder: string,
  options: ApplyOptions,
): Promise<ExitCode> {
  const { deps, isJson } = session;
  if (!isJson && !options.yes && !deps.terminal.isInteractive)
    throw new UsageError('Nobody is there to confirm: without a terminal, add --yes (or --json).');
  const files = await readFolder(session, folder);
  if (!files) return exitCodes.invalid;
  const base = await baseOf(folder, options);
  if (!isJson) {
    const { plan } = await planned(session, files, base);
    if (plan.problems.length > 0) {
      tellProblems(session, files, plan.problems);
      return exitCodes.invalid;
    }
    deps.terminal.out(planText(pageOf(session), plan));
    if (plan.changes.length === 0) return exitCodes.done;
    if (!options.yes && !(await confirmed(deps, 'Apply it? [y/N] ', 'Nothing was changed.')))
      return exitCodes.done;
  }
  const body = { base_revision: base, reason: options.why, catalog: files.document };
  const answer = await session.client.post('/v1/catalog/revisions', body);
  const applied = readAs(appliedShape, answer);
  await noteBase(folder, applied.revision);
  session.print(answer, () => appliedText(pageOf(session), applied));
  return exitCodes.done;
}

/** Who changed the catalog, when and why. */
export async function logCommand(session: Session): Promise<ExitCode> {
  const list = await wholeList(session, '/v1/catalog/revisions', {});
  session.print(list.answer, () =>
    revisionTable(
      pageOf(session),
      list.items.map((item) => parseAs(revisionShape, item)),
    ),
  );
  return exitCodes.done;
}

/** The catalog as one document. */
export async function showCatalogCommand(session: Session, which: WhichCatalog): Promise<ExitCode> {
  const answer = await session.client.get('/v1/catalog', queryOf(which));
  session.print(answer, () => {
    const { catalog, ...revision } = readAs(catalogShape, answer);
    return catalogText(pageOf(session), revision, catalog);
  });
  return exitCodes.done;
}

function queryOf({ at, revision }: WhichCatalog) {
  return { at, revision };
}

async function planned(
  session: Session,
  { document }: CatalogFiles,
  base: number,
): Promise<{ answer: Answer; plan: Plan }> {
  const answer = await session.client.post('/v1/catalog/plan', { base_revision: base, catalog: document });
  return { answer, plan: readAs(planShape, answer) };
}

/** Mistakes are told line by line, each at its place. */
async function readFolder(session: Session, folder: string): Promise<CatalogFiles | null> {
  try {
    return await readCatalogFolder(folder);
  } catch (error) {
    if (!(error instanceof CatalogFilesError)) throw error;
    const { terminal } = session.deps;
    if (session.isJson) terminal.out(`${JSON.stringify({ problems: error.mistakes })}\n`);
    else for (const mistake of error.mistakes) terminal.err(`${neutralise(mistakeInWords(mistake))}\n`);
    return null;
  }
}

function tellProblems({ deps, isJson }: Session, files: CatalogFiles, problems: Plan['problems']): void {
  if (isJson) return;
  for (const { pointer, detail } of problems) {
    const path = pathOf(pointer);
    const text = path.length > 0 ? mistakeInWords({ ...files.placeOf(path), detail }) : detail;
    deps.terminal.err(`${neutralise(text)}\n`);
  }
}

/** The place in the catalog that a JSON pointer into the body names (RFC 6901). */
function pathOf(pointer: string): CatalogPath {
  const [, , ...parts] = pointer.split('/');
  return parts
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((part) => (/^\d{1,9}$/.test(part) ? Number(part) : part));
}

/** Where the folder says which revision it was made from. */
const baseFile = '.revision';

async function noteBase(folder: string, revision: number): Promise<void> {
  await writeFile(join(folder, baseFile), `${revision}\n`);
}

async function baseOf(folder: string, { base }: { base?: string }): Promise<number> {
  const text = base ?? (await readFile(join(folder, baseFile), 'utf8').catch(() => null));
  if (text === null)
    throw new UsageError(
      `${folder} does not say which revision it was made from: begin with config export, or name it by --base.`,
    );
  if (!/^\d{1,9}$/.test(text.trim()))
    throw new UsageError(
      `${base === undefined ? join(folder, baseFile) : '--base'} must be a revision's number.`,
    );
  return Number(text);
}

async function confirmed(
  { terminal, interrupted }: Session['deps'],
  question: string,
  otherwise: string,
): Promise<boolean> {
  const answer = await terminal.ask(question);
  if (interrupted.aborted) throw new InterruptedError(otherwise);
  if (answer !== null && /^\s*y(es)?\s*$/i.test(answer)) return true;
  terminal.err(`${otherwise}\n`);
  return false;
}
