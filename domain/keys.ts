/**
 * The one form of keys: of organizations, resources, entitlements, roles, tiers, contract roles and all else that a URL, a file
 * or a policy names. Small letters and digits with single hyphens between, at most 63: a label of the domain name system
 * (RFC 1123), so that a customer's key can be part of a host name. No colon, slash or underscore: those join keys, and ids
 * (`org_…`) have one, so that an id is never taken for a key.
 */
export const keyPattern = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;
export const keyMaxLength = 63;
