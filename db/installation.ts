import postgres from 'postgres';

export interface Installation {
  /** Eight hexadecimal digits, chosen once. */
  id: string;
  applicationRole: string;
  systemRole: string;
}

/** Gives the ledger its id on the first call, and on every call notes which cluster it lives on now. Owner only. */
export async function claimInstallation(ownerUrl: string): Promise<Installation> {
  const client = postgres(ownerUrl, { max: 1, onnotice: () => undefined });
  try {
    const rows = await client<{ id: string; application_role: string; system_role: string }[]>`
      with made as (select substr(md5(random()::text || clock_timestamp()::text), 1, 8) as id)
      insert into installation (id, cluster, application_role, system_role)
      select id, (select system_identifier::text from pg_control_system()), 'tenure_' || id || '_app', 'tenure_' || id || '_system' from made
      on conflict ("only") do update set cluster = excluded.cluster
      returning id, application_role, system_role`;
    const [row] = rows;
    if (!row) throw new TypeError('An insert that returns nothing.');
    return { id: row.id, applicationRole: row.application_role, systemRole: row.system_role };
  } finally {
    await client.end({ timeout: 5 });
  }
}
