import { opaqueTokens } from './opaque-token.ts';

/** What a customer's directory shows. */
export const scimTokens = opaqueTokens('scim');
