import { opaqueTokens } from './opaque-token.ts';

/** What the receiver of a stream of security events manages it with. */
export const streamTokens = opaqueTokens('stream');
