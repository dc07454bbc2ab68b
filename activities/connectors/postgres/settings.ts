import { z } from 'zod';
import { ConnectorError } from '../errors.ts';
import { isThisMachine } from '../this-machine.ts';

const roleName = z.string().regex(/^[a-z_][a-z0-9_]{0,62}$/, 'a PostgreSQL name in lower case');

/** Where a server is, and how to speak to it; the target's own part. */
const endpoint = {
  host: z.string().min(1),
  port: z.int().min(1).max(65_535),
  /** The connector's own account: CREATEROLE, no superuser; examples/targets/server.sql makes one. */
  username: z.string().min(1).max(63),
  /**
   * `verify-full`: encrypted, and the server's certificate is checked for its name and its authority. `require`:
   * encrypted, to whoever answers. `off`: in the clear. Unless given, `off` on this machine and `verify-full` elsewhere.
   */
  tls: z.enum(['verify-full', 'require', 'off']).optional(),
  /** Certificates (PEM) of the authorities that are trusted for this server, in place of the public ones. */
  certificate_authority: z.string().includes('-----BEGIN CERTIFICATE-----').optional(),
};

/** A resource's own part. */
const ofResource = {
  database: z.string().min(1).max(63),
  /** The role that takes over what a grant owned. It must reach no data, see examples/targets/database.sql. */
  owner: roleName,
  /** The database role behind each entitlement's key. */
  roles: z.record(z.string(), roleName),
  /** Several customers share the database: every grant is confined to one of them by the database's row policies. */
  scoped: z.boolean(),
};

/** What the connector must know about one target database; the secret is its account's password. */
const postgresSettingsSchema = z
  .object({ ...endpoint, ...ofResource })
  .transform(({ tls, certificate_authority: certificateAuthority, ...settings }) => ({
    ...settings,
    tls: tls ?? (isThisMachine(settings.host) ? ('off' as const) : ('verify-full' as const)),
    certificateAuthority: certificateAuthority ?? null,
  }));

/** What a target says. */
export const postgresTargetSettings = z.strictObject(endpoint);

/** What a resource in the catalog says. The server is the target's: who edits the catalog cannot lead it elsewhere. */
export const postgresResourceSettings = z.strictObject(ofResource);

export type PostgresSettings = z.infer<typeof postgresSettingsSchema>;

/** Reads a target's settings. @throws ConnectorError `misconfigured` when they are not the connector's. */
export function postgresSettings(settings: unknown): PostgresSettings {
  const parsed = postgresSettingsSchema.safeParse(settings);
  if (!parsed.success) throw new ConnectorError('misconfigured');
  return parsed.data;
}
