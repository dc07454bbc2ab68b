import { z } from '@hono/zod-openapi';
import { sessionRevoked, streamStatuses } from '../../domain/security-event.ts';
import { lineText } from './common.ts';

const id = 'hook_01kb4d2r1fgw4n9s7y3v0e6xam';
const streamId = z
  .string()
  .regex(/^[\w.-]{1,128}$/)
  .openapi({
    description: 'The stream’s id: that of its webhook.',
    example: id,
  });
const status = z.enum(streamStatuses);

/** The transmitter's metadata (OpenID SSF 1.0, section 7.1). */
export function ssfConfigurationOf(publicUrl: string) {
  const at = (path: string) => new URL(path, publicUrl).href;
  return {
    spec_version: '1_0',
    issuer: publicUrl,
    jwks_uri: at('/.well-known/jwks.json'),
    delivery_methods_supported: ['urn:ietf:rfc:8935'],
    configuration_endpoint: at('/ssf/streams'),
    status_endpoint: at('/ssf/status'),
    verification_endpoint: at('/ssf/verification'),
    authorization_schemes: [{ spec_urn: 'urn:ietf:rfc:6750' }],
    default_subjects: 'ALL',
  };
}

export const ssfConfigurationShape = z
  .object({
    spec_version: z.string(),
    issuer: z.string(),
    jwks_uri: z.string(),
    delivery_methods_supported: z.array(z.string()),
    configuration_endpoint: z.string(),
    status_endpoint: z.string(),
    verification_endpoint: z.string(),
    authorization_schemes: z.array(z.object({ spec_urn: z.string() })),
    default_subjects: z.string(),
  })
  .openapi('SsfConfiguration', { example: ssfConfigurationOf('https://tenure.northwind.example') });

const streamShape = z.object({
  stream_id: streamId,
  iss: z.string(),
  aud: z.string(),
  delivery: z.object({ method: z.literal('urn:ietf:rfc:8935'), endpoint_url: z.string() }),
  events_supported: z.array(z.string()),
  events_delivered: z.array(z.string()),
  min_verification_interval: z.int().openapi({ description: 'In seconds.' }),
  description: z.string(),
});

/** The one that was asked for, or those that a token is good for. */
export const streamsShape = z.union([streamShape, z.array(streamShape)]).openapi('SecurityEventStreams', {
  example: [
    {
      stream_id: id,
      iss: 'https://tenure.northwind.example',
      aud: 'https://app.example.com',
      delivery: { method: 'urn:ietf:rfc:8935', endpoint_url: 'https://app.example.com/ssf/push' },
      events_supported: [sessionRevoked],
      events_delivered: [sessionRevoked],
      min_verification_interval: 10,
      description: 'Our application',
    },
  ],
});

export const streamStatusShape = z
  .object({
    stream_id: streamId,
    status,
    reason: z.string().optional().openapi({ description: 'Why, where it is not its receiver’s doing.' }),
  })
  .openapi('SecurityEventStreamStatus', { example: { stream_id: id, status: 'enabled' } });

export const streamsQuery = z.strictObject({ stream_id: streamId.optional() });
export const streamStatusQuery = z.strictObject({ stream_id: streamId });

export const streamStatusBody = z
  .strictObject({ stream_id: streamId, status, reason: lineText(500).optional() })
  .openapi('SecurityEventStreamWish', {
    example: { stream_id: id, status: 'paused', reason: 'Maintenance' },
  });

export const verificationBody = z
  .strictObject({
    stream_id: streamId,
    state: z
      .string()
      .max(1_000)
      .regex(/^[^\u0000\p{Surrogate}]*$/u, 'Text without U+0000.')
      .optional()
      .openapi({ description: 'Told back in the verification as it is.' }),
  })
  .openapi('SecurityEventVerification', {
    example: { stream_id: id, state: 'VGhpcyBpcyBhbiBleGFtcGxl' },
  });
