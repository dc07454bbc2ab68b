import postgres from 'postgres';

/** Tables whose rows belong to tenants: row-level security is forced on them. */
const tenantTables = [
  'access_request',
  'access_grant',
  'extension',
  'ending',
  'task',
  'audit_event',
  'audit_text',
  'stage',
  'decision',
  'person_role',
  'source_identity',
  'person',
  'organization',
  'idempotency',
];

/** What the application's role may do, and nothing beside it. */
const applicationRights = [
  'select on organization, person, person_role, role, role_inclusion, role_entitlement, tier, tier_role, resource, entitlement, catalog_revision, policy_version, heartbeat, installation',
  'select (key, connector, endpoint, changed_at) on target',
  'select, insert on access_request, stage, decision, ending, audit_event, audit_text',
  'update (state, settled_at) on access_request',
  'select, update (end_at, end_order, end_ordered_by, sealed_next_password, credential_shown_at) on access_grant',
  'select on extension, task',
  'insert, select on outbox',
  'update (delivered_at) on outbox',
  'select, insert, update, delete on idempotency',
  'usage on sequence outbox_seq_seq, access_request_reference',
];

/** The relay, the reaper and the workers: everything but changing history. */
const systemRights = [
  'select, insert, update on all tables in schema public',
  'usage on all sequences in schema public',
  'delete on idempotency, heartbeat, outbox, change, person_role',
];
const systemForbidden = [
  'update on audit_event, decision, ending, stage, installation',
  'insert, update on change',
];

export interface LedgerRoles {
  application: { name: string; password: string };
  system: { name: string; password: string };
}

/** Creates the two login roles (or gives them their passwords anew) and grants exactly what each needs. Owner only. */
export async function provideRoles(ownerUrl: string, roles: LedgerRoles): Promise<void> {
  const client = postgres(ownerUrl, { max: 1, onnotice: () => undefined });
  try {
    await client.begin(async (tx) => {
      const owner = (await tx`select current_user as name`)[0]?.['name'] as string;
      for (const role of [roles.application, roles.system]) await provideLogin(tx, role);
      const application = quote(roles.application.name);
      const system = quote(roles.system.name);
      for (const right of applicationRights) await tx.unsafe(`grant ${right} to ${application}`);
      for (const right of systemRights) await tx.unsafe(`grant ${right} to ${system}`);
      for (const right of systemForbidden) await tx.unsafe(`revoke ${right} from ${system}`);
      for (const table of tenantTables) {
        await openPolicy(tx, table, 'system', roles.system.name);
        await openPolicy(tx, table, 'owner', owner);
      }
    });
  } finally {
    await client.end({ timeout: 5 });
  }
}

async function provideLogin(
  tx: postgres.TransactionSql,
  role: { name: string; password: string },
): Promise<void> {
  const known = await tx`select 1 from pg_roles where rolname = ${role.name}`;
  const name = quote(role.name);
  // Only said when the role is made: later only a superuser may so much as mention what it must not be.
  await tx.unsafe(
    known.length > 0
      ? `alter role ${name} login`
      : `create role ${name} login nosuperuser nocreatedb nocreaterole nobypassrls`,
  );
  await tx.unsafe(`alter role ${quote(role.name)} password ${literal(role.password)}`);
}

async function openPolicy(
  tx: postgres.TransactionSql,
  table: string,
  policy: string,
  role: string,
): Promise<void> {
  await tx.unsafe(`drop policy if exists ${policy} on ${table}`);
  await tx.unsafe(`create policy ${policy} on ${table} to ${quote(role)} using (true) with check (true)`);
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
