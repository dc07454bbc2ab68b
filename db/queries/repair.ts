import { type SQL, sql } from 'drizzle-orm';
import type { ProcessKind } from '../../domain/process.ts';
import { openProcessStates } from '../../domain/process.ts';
import type { Executor } from '../client.ts';
import { isUnrestored } from './restore.ts';

/** A row that a workflow carries, and the run that should be carrying it. */
export interface Carried {
  /** Of a request, a process, or the organization whose contract it is. */
  id: string;
  story: 'request' | 'customer' | ProcessKind;
  run: number;
  /** The organization whose data it is. */
  organization: string;
  /** Something is left to do for it. */
  isOpen: boolean;
}

/** The rows of one table, `r` in every statement, as far as a workflow carries them. */
interface Family {
  table: SQL;
  id: SQL;
  organization: SQL;
  story: SQL;
  /** Whether something is left to do: for one row, and for finding such rows among many. */
  isOpen: SQL;
  someOpen: SQL;
}

const unrestored = isUnrestored(sql`r.id`, sql`r.state`);
const isOpenProcess = sql`r.state in (${sql.join(
  openProcessStates.map((state) => sql`${state}`),
  sql`, `,
)})`;
/** Facts that nobody has taken in, or something that was to happen by itself and has not: both make a step due. */
const isOpenCustomer = sql`r.wake_at <= (select tenure_now())`;

/** By the prefix of the ids. */
const families: Readonly<Record<string, Family>> = {
  req: {
    table: sql`access_request`,
    id: sql`r.id`,
    organization: sql`r.organization_id`,
    story: sql`'request'`,
    isOpen: sql`(r.state in ('waiting', 'approved')
      or exists (select 1 from access_grant g where g.request_id = r.id and g.state in ('provisioning', 'held'))
      or ${unrestored})`,
    someOpen: sql`(r.state in ('waiting', 'approved')
      or r.id in (select request_id from access_grant where state in ('provisioning', 'held'))
      or r.kind = 'extension' and ${unrestored})`,
  },
  proc: {
    table: sql`process`,
    id: sql`r.id`,
    organization: sql`r.organization_id`,
    story: sql`r.kind`,
    isOpen: isOpenProcess,
    someOpen: isOpenProcess,
  },
  org: {
    table: sql`contract`,
    id: sql`r.organization_id`,
    organization: sql`r.organization_id`,
    story: sql`'customer'`,
    isOpen: sql`coalesce(${isOpenCustomer}, false)`,
    someOpen: isOpenCustomer,
  },
};

/**
 * Takes some rows to which something is left to do and whose workflow nobody has looked at lately, of each kind up to the
 * limit; concurrent callers get others.
 */
export async function claimUnchecked(db: Executor, olderThanMs: number, limit: number): Promise<Carried[]> {
  const claimed = await Promise.all(
    Object.values(families).map(({ table, id, organization, story, someOpen }) =>
      db.execute<Carried & Record<string, unknown>>(sql`
        update ${table} r set engine_checked_at = tenure_now()
        where ${id} = any(array(
          select ${id} from ${table} r
          where ${someOpen} and r.engine_checked_at <= tenure_now() - ${olderThanMs} * interval '1 millisecond'
          order by r.engine_checked_at limit ${limit} for no key update of r skip locked))
        returning ${id} as id, ${story} as story, r.engine_run as run, ${organization} as organization, true as "isOpen"`),
    ),
  );
  return claimed.flat();
}

/** The row of that id; null when there is none, or when ids like it name nothing that a workflow carries. */
export async function readCarried(db: Executor, id: string): Promise<Carried | null> {
  const family = familyOf(id);
  if (!family) return null;
  const rows = await db.execute<Carried & Record<string, unknown>>(sql`
    select ${family.id} as id, ${family.story} as story, r.engine_run as run, ${family.organization} as organization,
      ${family.isOpen} as "isOpen"
    from ${family.table} r where ${family.id} = ${id}`);
  return rows[0] ?? null;
}

/** Moves on to the next run, unless somebody else has done so. Returns the run that counts now. */
export async function nextRun(db: Executor, id: string, closedRun: number): Promise<number> {
  const family = familyOf(id);
  if (!family) return closedRun + 1;
  const rows = await db.execute<{ run: number }>(sql`
    update ${family.table} r set engine_run = greatest(r.engine_run, ${closedRun} + 1) where ${family.id} = ${id}
    returning r.engine_run as run`);
  return rows[0]?.run ?? closedRun + 1;
}

function familyOf(id: string): Family | undefined {
  return families[id.slice(0, id.indexOf('_'))];
}
