import { sql } from 'drizzle-orm';
import { newId } from '../../domain/ids.ts';
import type { ApiHarness } from './api.ts';

/** Who tries every route. */
export const roles = {
  sam: 'sam@northwind.example',
  mei: 'mei@northwind.example',
  priya: 'priya@northwind.example',
  omar: 'omar@northwind.example',
  sita: 'sita@northwind.example',
  ada: 'ada@northwind.example',
  jonas: 'jonas@northwind.example',
  lena: 'lena@northwind.example',
  anna: 'anna@acme.example',
  gus: 'gus@globex.example',
  /** A customer's user who administers nothing; the example company has none, so the test takes one on. */
  ulla: 'ulla@acme.example',
} as const;
export type Role = keyof typeof roles;
export const roleNames = Object.keys(roles) as Role[]; // The keys of a constant are exactly its type's.

/** A route of the OpenAPI document. */
export interface Operation {
  operationId: string;
  method: string;
  path: string;
  rule: string | undefined;
  statuses: string[];
  /** The names of what stands behind the question mark. */
  query: string[];
}

interface Described {
  operationId: string;
  responses: object;
  parameters?: { in: string; name: string }[];
  'x-tenure-rule'?: string;
}

/** Every route that the document has. */
export async function readOperations(http: ApiHarness): Promise<Operation[]> {
  const { body } = await http.call(null, 'GET', '/openapi.json');
  return Object.entries(body.paths).flatMap(([path, methods]) =>
    // The document is JSON of our own making; the tests look at every member that is used.
    Object.entries(methods as Record<string, Described>).map(([method, one]) => ({
      operationId: one.operationId,
      method,
      path,
      rule: one['x-tenure-rule'],
      statuses: Object.keys(one.responses),
      query: (one.parameters ?? []).flatMap(({ in: place, name }) => (place === 'query' ? [name] : [])),
    })),
  );
}

export function operationOf(operations: readonly Operation[], operationId: string): Operation {
  const operation = operations.find((one) => one.operationId === operationId);
  if (!operation) throw new RangeError(`The document has no ${operationId}.`);
  return operation;
}

/** Somebody else's token with a signature of nobody's. */
export async function forgedToken(http: ApiHarness): Promise<string> {
  const [head, claims] = (await http.token(roles.omar)).split('.');
  return `${head}.${claims}.${'A'.repeat(86)}`;
}

export async function takeOnUlla(http: ApiHarness): Promise<void> {
  await http.ledger.owner.db.execute(sql`
    with taken_on as (insert into person (id, organization_id, email, name, employment)
      select ${newId('person')}, id, ${roles.ulla}, 'Ulla', 'customer' from organization where key = 'acme' returning id, organization_id)
    insert into person_role (person_id, role_id, organization_id)
    select t.id, r.id, t.organization_id from taken_on t, role r where r.key = 'customer-user'`);
}
