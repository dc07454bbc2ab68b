import { type SQL, sql } from 'drizzle-orm';
import type { Catalog } from '../../domain/catalog.ts';
import { readCatalog } from '../../domain/catalog.schema.ts';
import { defaultSettings, type FenceLimit, type FenceSettings } from '../../domain/catalog-settings.ts';
import { deepFrozen } from '../../domain/deep-frozen.ts';
import { strictestLimit } from '../../domain/fence.ts';
import type { Executor } from '../client.ts';
import { iso, type Page, pageOf } from './instant.ts';
import { type PersonView, personJson } from './person.ts';
import { fixed } from './fixed.ts';

/** A catalog and the number of the revision that it is; 0 where there is none yet: then nothing is in it. */
export interface ActiveCatalog {
  number: number;
  /** Shared between its readers: not to be changed, and frozen so that it cannot be. */
  catalog: Catalog;
}

/** Who changed the catalog, when and why. */
export interface RevisionView {
  revision: number;
  /** Whose id is `system` where no person did it. */
  author: PersonView;
  reason: string;
  createdAt: string;
}

/** What there is before the first revision. */
export const emptyCatalog: Catalog = deepFrozen({
  resources: [],
  roles: [],
  tiers: [],
  customerTypes: [],
  overrides: [],
  settings: structuredClone(defaultSettings),
});

/** How many parsed revisions are kept: the active one, and those that questions about the past ask for. */
const keptAtMost = 16;
const kept = new Map<string, ActiveCatalog>();

/** The catalog in force: one cheap statement, and its content is read once per process. */
export function readActiveCatalog(db: Executor): Promise<ActiveCatalog> {
  // A parameter, although nothing depends on it: a statement without any is parsed and planned anew at every call.
  return readNewest(db, sql`${true}::boolean`);
}

/** The catalog that was in force at an instant, ISO 8601. */
export function readCatalogAt(db: Executor, at: string): Promise<ActiveCatalog> {
  return readNewest(db, sql`created_at <= ${at}::timestamptz`);
}

/** The catalog as one revision says it; null when there is no such revision. */
export async function readCatalogOf(db: Executor, number: number): Promise<ActiveCatalog | null> {
  if (number > maxNumber) return null;
  const found = await readNewest(db, sql`number = ${number}`);
  return found.number === number ? found : null;
}

/** What an integer column of the ledger can hold. */
const maxNumber = 2_147_483_647;

/**
 * How much may change at once: the strictest of what was in force at any time of the last day, so that nobody loosens a limit
 * and makes use of it before others can have seen it. A stricter one counts at once.
 */
export async function readFenceLimit(db: Executor, kind: keyof FenceSettings): Promise<FenceLimit> {
  const { catalog } = await readActiveCatalog(db);
  const rows = await db.execute<{ limit: FenceLimit }>(sql`
    select distinct v.content #> array['settings', 'fence', ${kind}::text] as limit from catalog_revision v
    where v.number >= coalesce((select max(number) from catalog_revision where created_at <= tenure_now() - interval '24 hours'), 0)
      and v.content #> array['settings', 'fence', ${kind}::text] is not null`);
  return strictestLimit([catalog.settings.fence[kind], ...rows.map(({ limit }) => limit)]);
}

async function readNewest(db: Executor, condition: SQL): Promise<ActiveCatalog> {
  const rows = await db.execute<{ number: number; identity: string }>(sql`
    select number, (select id from installation) || ' ' || ${iso(sql`created_at`)} as identity
    from catalog_revision where ${condition} order by number desc limit 1`);
  const [newest] = rows;
  if (!newest) return { number: 0, catalog: emptyCatalog };
  const { number } = newest;
  // Another ledger, or one that was restored, has other revisions under the same numbers.
  const id = `${number} ${newest.identity}`;
  const found = kept.get(id) ?? (await readContent(db, number));
  // The one used last stands last, so that the oldest can be forgotten.
  kept.delete(id);
  kept.set(id, found);
  const oldest = kept.size > keptAtMost ? kept.keys().next().value : undefined;
  if (oldest !== undefined) kept.delete(oldest);
  return found;
}

async function readContent(db: Executor, number: number): Promise<ActiveCatalog> {
  const rows = await db.execute<{ content: unknown }>(
    sql`select content from catalog_revision where number = ${number}`,
  );
  const read = readCatalog(rows[0]?.content);
  if (!read.catalog) throw new RangeError(`Revision ${number} of the catalog is not in this version's form.`);
  return { number, catalog: deepFrozen(read.catalog) };
}

/**
 * The newest revision's number, 0 where there is none, and whether this version understands it: what an earlier one wrote may
 * be in another form.
 */
export async function readNewestForm(db: Executor): Promise<{ number: number; isReadable: boolean }> {
  const rows = await db.execute<{ number: number; content: unknown }>(
    sql`select number, content from catalog_revision order by number desc limit 1`,
  );
  const [newest] = rows;
  return { number: newest?.number ?? 0, isReadable: readCatalog(newest?.content).problems === null };
}

/** Catalogs by their numbers, in one statement, for whoever compares many: nothing of it is kept. */
export async function readCatalogsOf(
  db: Executor,
  numbers: readonly number[],
): Promise<Map<number, Catalog>> {
  const rows = await db.execute<{ number: number; content: unknown }>(sql`
    select number, content from catalog_revision
    where number in (select value::int from jsonb_array_elements_text(${JSON.stringify(numbers)}::jsonb))`);
  // One that an earlier version wrote may be in a form that this one does not know: nothing is said about it.
  return new Map(
    rows.flatMap(({ number, content }) => {
      const { catalog } = readCatalog(content);
      return catalog ? [[number, catalog] as const] : [];
    }),
  );
}

/** Who wrote a revision, when and why; null when there is no such revision. */
export async function readRevision(db: Executor, number: number): Promise<RevisionView | null> {
  const rows = await db.execute<RevisionView & Record<string, unknown>>(
    sql`select ${revisionColumns} from catalog_revision v where v.number = ${number}`,
  );
  return rows[0] ?? null;
}

/** Every change of the catalog, newest first; `before` is the number that the page before ended with. */
export async function listRevisions(
  db: Executor,
  page: { limit: number; before: number | null },
): Promise<Page<RevisionView>> {
  const rows = await db.execute<RevisionView & Record<string, unknown>>(sql`
    select ${revisionColumns} from catalog_revision v
    where ${page.before}::int is null or v.number < ${page.before} order by v.number desc limit ${page.limit + 1}`);
  return pageOf([...rows], page.limit, (row) => String(row.revision));
}

const revisionColumns = fixed(sql`v.number as revision, ${personJson(sql`v.author`)} as author, v.reason,
  ${iso(sql`v.created_at`)} as "createdAt"`);
