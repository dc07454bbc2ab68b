import { sha256Hex } from './digest.ts';
import { randomWord } from './session-token.ts';

/** Tokens of one kind: 256 random bits behind a name by which they are recognized where they should not be, e.g. in a repository. */
export interface OpaqueTokens {
  make(): string;
  /** A token as the ledger knows it, null when it cannot be one. With 256 random bits a hash needs neither salt nor stretching. */
  hashOf(token: string): string | null;
}

/** @param name small letters, e.g. `scim` for `tenure_scim_…` */
export function opaqueTokens(name: string): OpaqueTokens {
  const form = new RegExp(`^tenure_${name}_[\\w-]{43}$`);
  return {
    make: () => `tenure_${name}_${randomWord()}`,
    hashOf: (token) => (form.test(token) ? sha256Hex(token) : null),
  };
}
