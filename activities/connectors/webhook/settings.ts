import { z } from 'zod';
import { ConnectorError } from '../errors.ts';
import { isThisMachine } from '../this-machine.ts';

/** Where an application takes what we tell it; the target's own part. */
const endpoint = {
  /** `https`, or `http` on this machine: the messages name people. */
  url: z.url().transform(readUrl),
  /** Certificates (PEM) of the authorities that are trusted for this server, in place of the public ones. */
  certificate_authority: z.string().includes('-----BEGIN CERTIFICATE-----').optional(),
};

/** A resource's own part. */
const ofResource = {
  /**
   * What follows the target's address where several resources are in one application, e.g. `/reports`: an account's
   * numbers are counted for each resource, so each needs an address of its own.
   */
  path: z
    .string()
    .regex(/^(\/[a-z0-9-]+)+$/, 'A path such as /reports.')
    .optional(),
};

const webhookSettingsSchema = z
  .object({ ...endpoint, ...ofResource })
  .transform(({ url, certificate_authority: certificateAuthority, path }) => ({
    url: `${url}${path ?? ''}`,
    certificateAuthority: certificateAuthority ?? null,
  }));

/** What a target says. */
export const webhookTargetSettings = z.strictObject(endpoint);

/** What a resource in the catalog may say. The address is the target's: who edits the catalog cannot lead it elsewhere. */
export const webhookResourceSettings = z.strictObject(ofResource);

export type WebhookSettings = z.infer<typeof webhookSettingsSchema>;

/** Reads a target's settings. @throws ConnectorError `misconfigured` when they are not the connector's. */
export function webhookSettings(settings: unknown): WebhookSettings {
  const parsed = webhookSettingsSchema.safeParse(settings);
  if (!parsed.success) throw new ConnectorError('misconfigured');
  return parsed.data;
}

/** Origin and path, without a slash at the end. Passwords have no place in an address, and a query none in a signature. */
function readUrl(text: string, context: z.RefinementCtx): string {
  const url = new URL(text);
  const isPrivate = url.protocol === 'http:' && isThisMachine(url.hostname.replace(/^\[|\]$/gu, ''));
  const isPlain = url.username === '' && url.password === '' && url.search === '' && url.hash === '';
  if (isPlain && (url.protocol === 'https:' || isPrivate))
    return `${url.origin}${url.pathname.replace(/\/+$/u, '')}`;
  context.addIssue({ code: 'custom', message: 'An https address without user, query and fragment.' });
  return z.NEVER;
}
