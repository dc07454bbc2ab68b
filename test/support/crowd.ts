import postgres from 'postgres';

/** TypeIDs that sort as the numbers they are made of. */
const numbered = (prefix: string) => `'${prefix}_' || lpad(to_hex(i), 26, '0')`;

/** The id of the user with that number, from 1. */
export function crowdUserId(number: number): string {
  return `scu_${number.toString(16).padStart(26, '0')}`;
}

/**
 * Writes that many active users of one customer's directory past every guard, as only the owner can: `user-1@crowd.example` and so
 * on, every fifth of them inactive, with what a directory says of people. The customer gets seats for all.
 */
export async function fillCrowd(ownerUrl: string, customer: string, size: number): Promise<void> {
  const sql = postgres(ownerUrl, {
    max: 1,
    onnotice: () => undefined,
    connection: { session_replication_role: 'replica' },
  });
  const everybody = `from generate_series(1, ${size}) i, organization o where o.key = '${customer}'`;
  const address = `'user-' || i || '@crowd.example'`;
  const isGone = 'i % 5 = 0';
  const statements = [
    `insert into person (id, organization_id, email, name, employment, suspended_at, offboarded_at)
      select ${numbered('person')}, o.id, ${address}, 'User ' || i, 'employee', case when ${isGone} then now() end,
        case when ${isGone} then now() end ${everybody}`,
    `insert into membership (person_id, organization_id, contract_role, given_roles, origin, until)
      select ${numbered('person')}, o.id, null, '{}', 'administrator', case when ${isGone} then now() end ${everybody}`,
    `insert into scim_user (id, person_id, organization_id, user_name, external_id, attributes)
      select ${numbered('scu')}, ${numbered('person')}, o.id, 'User-' || i || '@crowd.example', 'x' || i, jsonb_build_object(
        'name', jsonb_build_object('givenName', 'User', 'familyName', 'Number ' || i), 'displayName', 'User ' || i,
        'title', 'Member of the crowd', 'locale', 'en-US', 'emails', jsonb_build_array(
          jsonb_build_object('type', 'work', 'value', 'User-' || i || '@crowd.example', 'primary', true),
          jsonb_build_object('type', 'home', 'value', 'home-' || i || '@crowd.example'))) ${everybody}`,
    'vacuum analyze',
  ];
  try {
    for (const statement of statements) await sql.unsafe(statement);
  } finally {
    await sql.end();
  }
}
