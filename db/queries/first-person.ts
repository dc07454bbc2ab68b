import { sql } from 'drizzle-orm';
import { actors } from '../../domain/audit-event.ts';
import { type Catalog, duties } from '../../domain/catalog.ts';
import { newId } from '../../domain/ids.ts';
import { appendAudit } from '../audit.ts';
import type { Executor } from '../client.ts';
import { emptyCatalog, readNewestForm } from './catalog-revision.ts';
import { type CheckConnection, putRevision, takeTurn } from './catalog-write.ts';
import { queueMail } from './mail.ts';
import { heldNow } from './person.ts';

/** Who shall be one of the first two administrators of the vendor. */
export interface FirstPerson {
  email: string;
  name: string;
  /** What the vendor is called, where there is none yet. */
  organization: { key: string; name: string; region: string } | null;
  /** Of the one-time link. */
  welcome: { id: string; tokenHash: string; sealedToken: string; forMs: number };
  /** Why an installation that is set up lets somebody in from the machine again; null: it doesn't. */
  recovery: string | null;
}

/** Why nobody is made: the ledger is as it was. */
export type FirstRefusal =
  | 'set-up'
  | 'there-are-two'
  | 'has-provider'
  | 'no-vendor'
  | 'elsewhere'
  | 'left'
  | 'no-role';

/** How many people a second person's word takes. */
const enough = 2;

/** What a role must allow whose holder can set up everything else. */
const administratorKey = 'administrator';

/**
 * Makes one of the vendor's first two administrators, with a one-time welcome and an audit event, as long as fewer than two could
 * sign in: everything else here takes a second person. As the owner. Once two could sign in, or an identity provider was live, only
 * as a recovery, which the administrators are written to about; and never while either is so.
 */
export function makeFirstPerson(
  db: Executor,
  wish: FirstPerson,
  checkConnection: CheckConnection,
): Promise<{ personId: string } | FirstRefusal> {
  return db.transaction(async (tx) => {
    await takeTurn(tx);
    const organizationId = await vendorOf(tx, wish);
    if (organizationId === null) return 'no-vendor';
    await firstCatalog(tx, checkConnection);
    const standing = await readStanding(tx, organizationId, wish.email);
    const refusal = whyNot(standing, wish.recovery !== null);
    if (refusal) return refusal;
    const role = await administratorRole(tx);
    if (role === null) return 'no-role';
    const known = await personOf(tx, organizationId, wish);
    if (known === 'elsewhere' || known === 'left') return known;
    await tx.execute(sql`
      insert into person_role (person_id, role_id, organization_id)
      select ${known}, ${role}, ${organizationId} where not exists (select 1 from person_role h
        where h.person_id = ${known} and h.role_id = ${role} and ${heldNow(sql`h`)})`);
    await welcome(tx, known, organizationId, wish);
    if (standing.isSetUp) await noteRecovery(tx, known, organizationId, wish.recovery ?? '');
    return { personId: known };
  });
}

async function vendorOf(tx: Executor, { organization }: FirstPerson): Promise<string | null> {
  const rows = await tx.execute<{ id: string }>(
    sql`select id from organization where kind = 'vendor' for no key update`,
  );
  if (rows[0]) return rows[0].id;
  if (!organization) return null;
  const id = newId('org');
  await tx.execute(sql`
    insert into organization (id, key, kind, name, region) values (${id}, ${organization.key}, 'vendor', ${organization.name}, ${organization.region})`);
  return id;
}

/** Where nobody has written a catalog yet, one with nothing in it but the role of whoever will. */
async function firstCatalog(tx: Executor, checkConnection: CheckConnection): Promise<void> {
  const { number, isReadable } = await readNewestForm(tx);
  if (number > 0 || isReadable) return;
  const able = duties.filter((duty) => duty !== 'administer-customer');
  const role = {
    key: administratorKey,
    name: 'Administrator',
    duties: able,
    includes: [],
    conflictsWith: [],
    entitlements: [],
  };
  const catalog: Catalog = { ...structuredClone(emptyCatalog), roles: [role] };
  await putRevision(
    tx,
    { number, catalog: emptyCatalog },
    { catalog, checkConnection, author: actors.system, reason: 'The first start', organizationId: null },
  );
}

/** Who can sign in of an installation's people, and whether it ever was set up. */
interface Standing {
  hasProvider: boolean;
  isSetUp: boolean;
  able: number;
}

async function readStanding(tx: Executor, organizationId: string, email: string): Promise<Standing> {
  const rows = await tx.execute<Standing & Record<string, unknown>>(sql`
    select exists (select 1 from sign_in_provider i where i.organization_id = ${organizationId} and i.state = 'live') as "hasProvider",
      exists (select 1 from sign_in_provider i where i.organization_id = ${organizationId} and i.live_at is not null)
        or (select count(distinct k.person_id) from passkey k where k.organization_id = ${organizationId}) >= ${enough} as "isSetUp",
      (select count(distinct p.id)::int from person p join person_role h on h.person_id = p.id and ${heldNow(sql`h`)}
        join role r on r.id = h.role_id and 'manage-access' = any (r.duties)
        where p.organization_id = ${organizationId} and p.offboarded_at is null
          and (exists (select 1 from passkey k where k.person_id = p.id and k.revoked_at is null)
            or lower(p.email) <> lower(${email}) and exists (select 1 from welcome w where w.person_id = p.id and w.voided_at is null
              and w.confirmed_at is null and w.expires_at > tenure_now()))) as able`);
  return rows[0] ?? { hasProvider: false, isSetUp: false, able: 0 };
}

function whyNot({ hasProvider, isSetUp, able }: Standing, isRecovery: boolean): FirstRefusal | null {
  if (hasProvider) return 'has-provider';
  if (able >= enough) return 'there-are-two';
  return isSetUp && !isRecovery ? 'set-up' : null;
}

/** Whoever manages access is told of it, whatever way they sign in: nobody is let in from the machine unseen. */
async function noteRecovery(
  tx: Executor,
  personId: string,
  organizationId: string,
  reason: string,
): Promise<void> {
  await appendAudit(tx, {
    type: 'sign_in.recovered',
    actor: actors.system,
    subject: { kind: 'person', id: personId },
    organizationId,
    holderOrganizationId: organizationId,
    reason,
  });
  const told = await tx.execute<{ id: string }>(sql`
    select distinct p.id from person p join person_role h on h.person_id = p.id and ${heldNow(sql`h`)}
      join role r on r.id = h.role_id and 'manage-access' = any (r.duties)
    where p.organization_id = ${organizationId} and p.offboarded_at is null order by p.id`);
  for (const { id } of told)
    await queueMail(tx, { mail: { kind: 'sign-in-recovered', data: {} }, toPersonId: id, organizationId });
}

/** The role that manages access with the most duties, which is the administrators’. */
async function administratorRole(tx: Executor): Promise<string | null> {
  const rows = await tx.execute<{ id: string }>(sql`
    select id from role where 'manage-access' = any (duties) and retired_at is null
    order by key = ${administratorKey} desc, cardinality(duties) desc, key limit 1`);
  return rows[0]?.id ?? null;
}

async function personOf(tx: Executor, organizationId: string, { email, name }: FirstPerson): Promise<string> {
  const rows = await tx.execute<{ id: string; organization: string; hasLeft: boolean }>(sql`
    select id, organization_id as organization, offboarded_at is not null or suspended_at is not null as "hasLeft" from person
    where lower(email) = lower(${email}) for no key update`);
  const [known] = rows;
  if (known) {
    if (known.organization !== organizationId) return 'elsewhere';
    return known.hasLeft ? 'left' : known.id;
  }
  const id = newId('person');
  await tx.execute(sql`
    insert into person (id, organization_id, email, name, title, employment)
    values (${id}, ${organizationId}, ${email.toLowerCase()}, ${name}, 'Administrator', 'employee')`);
  await note(tx, 'person.added', id, organizationId);
  return id;
}

/** A link that works once. The former one opens nothing any more; nothing is mailed, since whoever asked has it at hand. */
async function welcome(
  tx: Executor,
  personId: string,
  organizationId: string,
  wish: FirstPerson,
): Promise<void> {
  const { id, tokenHash, sealedToken, forMs } = wish.welcome;
  await tx.execute(sql`
    update welcome set voided_at = tenure_now(), sealed_token = null
    where person_id = ${personId} and confirmed_at is null and voided_at is null`);
  await tx.execute(sql`
    insert into welcome (id, person_id, organization_id, process_id, token_hash, sealed_token, expires_at)
    values (${id}, ${personId}, ${organizationId}, null, ${tokenHash}, ${sealedToken}, tenure_now() + ${forMs} * interval '1 millisecond')`);
  await note(tx, 'role.given', personId, organizationId);
}

function note(
  tx: Executor,
  type: 'person.added' | 'role.given',
  personId: string,
  organizationId: string,
): Promise<void> {
  return appendAudit(tx, {
    type,
    actor: actors.system,
    subject: { kind: 'person', id: personId },
    organizationId,
    holderOrganizationId: organizationId,
    reason: 'One of the first, made on the machine',
  });
}
