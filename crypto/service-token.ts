import { opaqueTokens } from './opaque-token.ts';

/** What an application of the vendor's asks with. */
export const serviceTokens = opaqueTokens('service');
