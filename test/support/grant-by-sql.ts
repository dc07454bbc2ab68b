import { type SQL, sql } from 'drizzle-orm';
import type { Executor } from '../../db/client.ts';
import { newId } from '../../domain/ids.ts';
import { ask, type Asking } from './asking.ts';
import { refusal } from './ledger-roles.ts';

/** What an attacker writes otherwise than an honest attempt would. */
export interface Forgery {
  id?: string;
  state?: string;
  until?: SQL;
  /** E-mail of who shall hold it instead. */
  person?: string;
}

/** Writes a grant for a request by plain SQL, for a minute. Returns the SQLSTATE of the refusal or `accepted`. */
export function giveBySql(db: Executor, requestId: string, forgery: Forgery = {}): Promise<string> {
  const id = forgery.id ?? newId('grant');
  const person = forgery.person
    ? sql`(select id from person where email = ${forgery.person})`
    : sql`r.person_id`;
  const until = forgery.until ?? sql`tenure_now() + interval '1 minute'`;
  return refusal(
    db.execute(sql`
      insert into access_grant (id, request_id, origin, state, person_id, organization_id, holder_organization_id, resource_id,
        entitlement_id, "from", until, policy_version, account)
      select ${id}, r.id, 'request', ${forgery.state ?? 'provisioning'}, ${person}, r.organization_id, r.holder_organization_id,
        r.resource_id, r.entitlement_id, tenure_now(), ${until}, 'test', ${id}
      from access_request r where r.id = ${requestId}`),
  );
}

/** A grant that is held, as the ledger alone knows it: no target was touched. */
export async function holdBySql(
  db: Executor,
  wish: Asking = {},
): Promise<{ requestId: string; grantId: string }> {
  const { requestId } = await ask(db, wish);
  const grantId = newId('grant');
  const given = await giveBySql(db, requestId, { id: grantId });
  if (given !== 'accepted') throw new Error(`The grant was refused: ${given}`);
  await db.execute(sql`update access_grant set state = 'held' where id = ${grantId}`);
  await db.execute(sql`update access_request set state = 'granted' where id = ${requestId}`);
  return { requestId, grantId };
}

/** Changes a grant's row. Returns the SQLSTATE of the refusal or `accepted`. */
export function changeBySql(db: Executor, grantId: string, set: SQL): Promise<string> {
  return refusal(db.execute(sql`update access_grant set ${set} where id = ${grantId}`));
}

/** Writes the intent to move a grant's end by that interval. */
export async function extendBySql(db: Executor, requestId: string, grantId: string, by: SQL): Promise<void> {
  await db.execute(sql`
    insert into extension (request_id, grant_id, organization_id, holder_organization_id, former_until, until)
    select ${requestId}, id, organization_id, holder_organization_id, until, until + ${by}
    from access_grant where id = ${grantId}`);
}
