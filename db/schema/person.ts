import { bigserial, index, jsonb, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core';
import { sql } from 'drizzle-orm';
import { id, instant, ledgerNow } from './columns.ts';
import { organization } from './organization.ts';
import { role } from './role.ts';

/** A canonical identity: one row however many sources know it. */
export const person = pgTable(
  'person',
  {
    id: id(),
    organizationId: text('organization_id')
      .notNull()
      .references(() => organization.id),
    email: text('email').notNull(),
    name: text('name').notNull(),
    title: text('title'),
    department: text('department'),
    managerId: text('manager_id'),
    project: text('project'),
    region: text('region'),
    complianceRoles: text('compliance_roles').array().notNull().default([]),
    employment: text('employment', { enum: ['employee', 'contractor', 'customer', 'service'] }).notNull(),
    startsAt: instant('starts_at'),
    endsAt: instant('ends_at'),
    /** Attributes of a company's own schema. */
    attributes: jsonb('attributes').$type<Record<string, unknown>>().notNull().default({}),
    /** When everything was taken from them for good; a person who comes back starts clean. */
    offboardedAt: instant('offboarded_at'),
    /** Set while suspended; reversible. */
    suspendedAt: instant('suspended_at'),
    createdAt: instant('created_at').notNull().default(ledgerNow),
  },
  (table) => [
    uniqueIndex('person_email_key').on(sql`lower(${table.email})`),
    index('person_organization_idx').on(table.organizationId, table.id),
    index('person_ends_idx').on(table.endsAt).where(sql`ends_at is not null and offboarded_at is null`),
  ],
);

/** What one source says about a person, with when it was read and its signature. */
export const sourceIdentity = pgTable(
  'source_identity',
  {
    seq: bigserial('seq', { mode: 'number' }).primaryKey(),
    personId: text('person_id')
      .notNull()
      .references(() => person.id),
    organizationId: text('organization_id')
      .notNull()
      .references(() => organization.id),
    source: text('source').notNull(),
    externalId: text('external_id').notNull(),
    claims: jsonb('claims').$type<Record<string, unknown>>().notNull(),
    readAt: instant('read_at').notNull().default(ledgerNow),
    signature: text('signature'),
  },
  (table) => [
    uniqueIndex('source_identity_key').on(table.source, table.externalId),
    // An identity provider means a person by one subject.
    uniqueIndex('source_identity_one_subject')
      .on(table.personId, table.source)
      .where(sql`source like 'oidc:%'`),
  ],
);

/**
 * A role held for a period, within one organization. `until` null: until it is taken. Of a customer's user: those that count
 * under its contract and tier, kept in line by processes; of the vendor's people: those given.
 */
export const personRole = pgTable(
  'person_role',
  {
    seq: bigserial('seq', { mode: 'number' }).primaryKey(),
    personId: text('person_id')
      .notNull()
      .references(() => person.id),
    roleId: text('role_id')
      .notNull()
      .references(() => role.id),
    organizationId: text('organization_id')
      .notNull()
      .references(() => organization.id),
    from: instant('from').notNull().default(ledgerNow),
    until: instant('until'),
  },
  (table) => [
    index('person_role_person_idx').on(table.personId),
    index('person_role_role_idx').on(table.roleId, table.organizationId),
  ],
);
