import postgres from 'postgres';

/** A ledger with years of temporary access in it. */
export interface ManyGrants {
  /** Customers with a few hundred grants each. */
  ordinary: string[];
  /** The customer that everybody works for. */
  hot: string;
  /** Some grants' ids. */
  grants: string[];
  days: number;
  /** Midnight of a day, 0 being the first one. ISO 8601 UTC. */
  midnight(day: number): string;
}

/** How many of what. */
export interface Amount {
  grants: number;
  people: number;
  /** Grants of the hot customer, of those above. */
  hotGrants: number;
  /** Grants of every other customer. */
  ordinaryGrants: number;
}

const days = 365;
const firstDay = '2025-11-01';

/** TypeIDs that sort as the numbers they are made of. */
const numbered = (prefix: string, number: string) => `'${prefix}_' || lpad(to_hex(${number}), 26, '0')`;

/**
 * Writes them past every guard, as only the owner can: a year in which each day has as many grants as the others, each
 * asked for, approved by a lead, of 1 to 8 hours, and ended but for the last ones.
 */
export async function fillLedger(ownerUrl: string, amount: Amount): Promise<ManyGrants> {
  const sql = postgres(ownerUrl, {
    max: 1,
    onnotice: () => undefined,
    connection: { session_replication_role: 'replica' },
  });
  try {
    const customers = Math.ceil((amount.grants - amount.hotGrants) / amount.ordinaryGrants);
    for (const statement of statements(amount, customers)) await sql.unsafe(statement);
    const some = await sql<{ id: string }[]>`select id from access_grant tablesample system (5) limit 500`;
    const [ordinary = [], [hot = '']] = await Promise.all(
      [sql`key like 'ordinary-%'`, sql`key = 'hot'`].map(async (which) =>
        (await sql<{ id: string }[]>`select id from organization where ${which} order by id`).map(
          (row) => row.id,
        ),
      ),
    ).then(([a, b]) => [a, b ?? []] as const);
    return {
      ordinary,
      hot,
      grants: some.map((row) => row.id),
      days,
      midnight: (day) => new Date(Date.parse(`${firstDay}T00:00:00Z`) + day * 86_400_000).toISOString(),
    };
  } finally {
    await sql.end({ timeout: 5 });
  }
}

function statements({ grants, people, hotGrants }: Amount, customers: number): string[] {
  // Every so many grants one is the hot customer's, so that each day has its share of them.
  const every = Math.max(1, Math.floor(grants / hotGrants));
  const asked = `timestamptz '${firstDay}Z' + i * interval '${days} days' / ${grants}`;
  return [
    `insert into organization (id, key, kind, name, region)
      select ${numbered('org', 'i')}, case when i = 0 then 'hot' else 'ordinary-' || i end, 'customer', 'Customer ' || i, 'eu'
      from generate_series(0, ${customers}) i`,
    `insert into person (id, organization_id, email, name, employment)
      select ${numbered('person', 'i')}, v.id, 'person-' || i || '@northwind.example', 'Person ' || i, 'employee'
      from generate_series(1, ${people}) i, organization v where v.kind = 'vendor'`,
    `create unlogged table many as
      select i, ${numbered('person', `1 + i * 7919::bigint % ${people}`)} as person,
        ${numbered('org', `case when i % ${every} = 0 then 0 else 1 + i * 104729::bigint % ${customers} end`)} as customer,
        ${asked} as asked, make_interval(hours => 1 + i % 8) as span
      from generate_series(1, ${grants}) i`,
    `create unlogged table place as
      select r.id as resource, e.id as entitlement, v.id as vendor, l.id as role, p.id as lead
      from resource r join entitlement e on e.resource_id = r.id and e.key = 'read', organization v, role l, person p
      where r.key = 'postgres-eu' and v.kind = 'vendor' and l.key = 'support-lead' and p.email = 'priya@northwind.example'`,
    `insert into access_request (id, reference, kind, state, person_id, requested_by, organization_id, holder_organization_id,
        resource_id, entitlement_id, period, period_ms, justification, ticket, assurance, asked_at, lapses_at, settled_at, longest,
        policy_version, policies, digest)
      select ${numbered('req', 'i')}, 'AR-M' || i, 'access', 'granted', person, person, customer, vendor, resource, entitlement,
        'PT8H', 28800000, 'The customer cannot see the orders of yesterday.', 'SUP-' || i, '{"amr":["pwd","mfa"],"signals":[]}',
        asked, asked + interval '2 hours', asked, 'PT8H', 'sha256:bench', '[]', 'digest'
      from many, place`,
    `insert into stage (id, request_id, position, name, role_id, organization_id, needed, lapses_at, text)
      select ${numbered('stage', 'i')}, ${numbered('req', 'i')}, 0, 'lead', role, vendor, 1, asked, 'A support lead approves.'
      from many, place`,
    `insert into decision (id, request_id, stage_id, person_id, decision, decided_at, policy_version, request_digest)
      select ${numbered('dec', 'i')}, ${numbered('req', 'i')}, ${numbered('stage', 'i')}, lead, 'approve', asked, 'sha256:bench', 'digest'
      from many, place`,
    `insert into access_grant (id, request_id, origin, state, person_id, organization_id, holder_organization_id, resource_id,
        entitlement_id, "from", until, begun_at, ended_at, ended_by, attempts, policy_version, account)
      select ${numbered('grant', 'i')}, ${numbered('req', 'i')}, 'request', case when isopen then 'held' else 'ended' end, person,
        customer, vendor, resource, entitlement, asked, asked + span, asked, case when not isopen then asked + span end,
        case when not isopen then 'time' end, 1, 'sha256:bench', 'tnr_' || i
      from (select *, i > ${grants} * 0.999 as isopen from many) m, place`,
    'drop table many, place',
    'vacuum analyze',
  ];
}
