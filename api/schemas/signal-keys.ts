import { z } from '@hono/zod-openapi';

const text = z.string().min(1).max(2_000);

/** A JSON Web Key (RFC 7517) as sources publish them; what it says beyond is neither read nor kept. */
const keyShape = z.looseObject({ kty: text, kid: text.optional(), alg: text.optional() });

/** A source's key set. */
export const keySetShape = z
  .object({ keys: z.array(keyShape).min(1).max(20) })
  .openapi('SignalKeys', { description: 'The source’s public keys, as its `jwks_uri` has them (RFC 7517).' });
