import { sql } from 'drizzle-orm';
import { type Actor, actors } from '../../domain/audit-event.ts';
import {
  type Catalog,
  type CatalogProblem,
  type CatalogResource,
  overrideKey,
} from '../../domain/catalog.ts';
import { type CatalogChange, catalogChanges } from '../../domain/catalog-changes.ts';
import { catalogDocument } from '../../domain/catalog-document.ts';
import { problem } from '../../domain/catalog-problem.ts';
import { catalogProblems } from '../../domain/catalog-problems.ts';
import { type FieldError, TenureError } from '../../domain/errors.ts';
import { appendAudit } from '../audit.ts';
import type { Executor } from '../client.ts';
import { catalogRevision } from '../schema/catalog.ts';
import { projectCatalog } from './catalog-projection.ts';
import { type ActiveCatalog, readActiveCatalog } from './catalog-revision.ts';
import { moveProblems, readLostUses, readSurroundings } from './catalog-use.ts';

/** What is wrong with how a resource is connected; paths begin at the resource. Connectors live in another room. */
export type CheckConnection = (resource: CatalogResource) => CatalogProblem[];

/** A catalog that somebody wants in force. */
export interface RevisionWish {
  catalog: Catalog;
  author: Actor;
  checkConnection: CheckConnection;
}

export interface NewRevision extends RevisionWish {
  /** The revision that it was made from: it must be the newest still. */
  baseRevision: number;
  reason: string;
  /** Whose organization's record it is; null for what no person does. */
  organizationId: string | null;
  policyVersion?: string | null;
}

export interface WrittenRevision extends ActiveCatalog {
  /** What was in force before. */
  before: ActiveCatalog;
  /** Empty: nothing was changed, nothing was written, and `number` is what it was. */
  changes: CatalogChange[];
}

/**
 * Writes a catalog as the next revision, with its rows and its audit event. Writers take turns.
 * @throws TenureError `stale-revision` (with `newest`) when it was made from another than the newest, and `catalog-invalid`
 * with everything that is wrong, by JSON pointer into `/catalog`
 */
export async function writeRevision(tx: Executor, wish: NewRevision): Promise<WrittenRevision> {
  await takeTurn(tx);
  const before = await readActiveCatalog(tx);
  refuseStale(wish.baseRevision, before.number);
  return putRevision(tx, before, wish);
}

/** Only one writes the catalog at a time: whoever comes second waits here, and then reads what the first has written. */
export async function takeTurn(tx: Executor): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(${turnLock})`);
}

/** Any constant of this database that no other lock has. */
const turnLock = 72_011_228;

/** @throws TenureError `stale-revision` when these are not the same */
export function refuseStale(base: number, newest: number): void {
  if (base === newest) return;
  const detail = `It was made from revision ${base}, and the newest is ${newest}. Look at what has changed, and plan again.`;
  throw new TenureError('stale-revision', detail, [], { newest });
}

/** The same from a given revision on, for whoever has taken the turn. */
export async function putRevision(
  tx: Executor,
  before: ActiveCatalog,
  wish: Omit<NewRevision, 'baseRevision'>,
): Promise<WrittenRevision> {
  const { catalog } = wish;
  const problems = await findProblems(tx, before.catalog, wish);
  if (problems.length > 0) throw catalogInvalid(problems);
  const changes = catalogChanges(before.catalog, catalog);
  if (changes.length === 0) return { ...before, before, changes };
  await projectCatalog(tx, catalog, changes);
  const number = await insertRevision(tx, before, wish);
  return { number, catalog, before, changes };
}

async function insertRevision(
  tx: Executor,
  before: ActiveCatalog,
  wish: Omit<NewRevision, 'baseRevision' | 'checkConnection'>,
): Promise<number> {
  const { catalog, author, reason, organizationId, policyVersion = null } = wish;
  const number = before.number + 1;
  await tx
    .insert(catalogRevision)
    .values({ number, author: author.id, reason, content: catalogDocument(catalog) });
  await appendAudit(tx, {
    type: 'config.applied',
    actor: author,
    subject: { kind: 'catalog_revision', id: String(number) },
    organizationId,
    holderOrganizationId: organizationId,
    reason,
    policyVersion,
  });
  return number;
}

/**
 * Has the catalog say whose resources are (e-mail addresses by the resources' keys) that were handed over: else the next edit
 * of one would give it back. Their rows say so already, and the caller has taken the turn. Nothing of it is checked: nobody is
 * there who could correct it.
 */
export async function reviseOwners(tx: Executor, owners: ReadonlyMap<string, string>): Promise<void> {
  const before = await readActiveCatalog(tx);
  const resources = before.catalog.resources.map((one) => ({
    ...one,
    owner: owners.get(one.key) ?? one.owner,
  }));
  const catalog = { ...before.catalog, resources };
  if (catalogChanges(before.catalog, catalog).length === 0) return;
  await insertRevision(tx, before, {
    catalog,
    author: actors.system,
    reason: 'handover',
    organizationId: null,
  });
}

/** Everything that is wrong with a catalog that shall follow another one. Writes nothing. */
export async function findProblems(
  tx: Executor,
  before: Catalog,
  { catalog, author, checkConnection }: RevisionWish,
): Promise<CatalogProblem[]> {
  // What is used counts whosever it is; a person who edits the catalog may not see all of it. For this transaction alone.
  await tx.execute(sql`select set_config('tenure.reach', 'all', true)`);
  const inUse = await readLostUses(tx, catalog);
  const surroundings = await readSurroundings(tx, catalog);
  return [
    ...catalogProblems(catalog, inUse, surroundings),
    ...connectionProblemsOf(catalog, checkConnection),
    ...(await moveProblems(tx, before, catalog)),
    ...(await approverProblems(tx, before, catalog, author)),
    ...(await ownerProblems(tx, before, catalog)),
  ];
}

function connectionProblemsOf({ resources }: Catalog, check: CheckConnection): CatalogProblem[] {
  return resources.flatMap((one, at) =>
    check(one).map(({ path, detail }) => problem(['resources', at, ...path], detail)),
  );
}

/** Whoever writes an override is not the one who allows it, and only the vendor's own people allow any. */
async function approverProblems(
  tx: Executor,
  before: Catalog,
  after: Catalog,
  author: Actor,
): Promise<CatalogProblem[]> {
  const former = new Set(before.overrides.map((one) => JSON.stringify([overrideKey(one), one])));
  const fresh = after.overrides.flatMap((one, at) =>
    former.has(JSON.stringify([overrideKey(one), one])) ? [] : [{ at, approver: one.approver.toLowerCase() }],
  );
  if (fresh.length === 0) return [];
  const emails = JSON.stringify(fresh.map((one) => one.approver));
  const rows = await tx.execute<{ id: string; email: string; ours: boolean }>(sql`
    select p.id, lower(p.email) as email, o.kind = 'vendor' and p.offboarded_at is null as ours
    from person p join organization o on o.id = p.organization_id
    where lower(p.email) in (select value from jsonb_array_elements_text(${emails}::jsonb))`);
  const people = new Map(rows.map((row) => [row.email, row]));
  return fresh.flatMap(({ at, approver }) => {
    const path = ['overrides', at, 'approver'];
    const found = people.get(approver);
    // Nobody at all is told of already.
    if (!found) return [];
    if (found.id === author.id)
      return [problem(path, 'You write it, so somebody else must have allowed it.')];
    return found.ours ? [] : [problem(path, `${approver} is none of the vendor's people.`)];
  });
}

/** Who has left is given nothing to own, e.g. by a file from before the handover. */
async function ownerProblems(tx: Executor, before: Catalog, after: Catalog): Promise<CatalogProblem[]> {
  const former = new Map(before.resources.map((one) => [one.key, one.owner.toLowerCase()]));
  const given = after.resources.flatMap(({ key, owner }, at) =>
    former.get(key) === owner.toLowerCase() ? [] : [{ at, owner: owner.toLowerCase() }],
  );
  if (given.length === 0) return [];
  const rows = await tx.execute<{ email: string }>(sql`
    select lower(email) as email from person where offboarded_at is not null and lower(email) in
      (select value from jsonb_array_elements_text(${JSON.stringify(given.map((one) => one.owner))}::jsonb))`);
  const left = new Set(rows.map(({ email }) => email));
  return given.flatMap(({ at, owner }) =>
    left.has(owner) ? [problem(['resources', at, 'owner'], `${owner} has left.`)] : [],
  );
}

/** The refusal of a catalog, by JSON pointer into the body of whoever sent it. */
export function catalogInvalid(problems: readonly CatalogProblem[]): TenureError {
  const what = problems.length === 1 ? 'One thing is' : `${problems.length} things are`;
  return new TenureError('catalog-invalid', `${what} wrong with the catalog.`, problems.map(fieldErrorOf));
}

/** Where in a body with the member `catalog` it is (RFC 6901), and what. */
export function fieldErrorOf({ path, detail }: CatalogProblem): FieldError {
  const steps = ['catalog', ...path].map((part) => `/${escaped(String(part))}`);
  return { pointer: steps.join(''), detail };
}

function escaped(part: string): string {
  return part.replaceAll('~', '~0').replaceAll('/', '~1');
}
