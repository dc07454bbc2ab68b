import { isId } from '../../../domain/ids.ts';
import { ConnectorError } from '../errors.ts';

/**
 * Statements about roles take no parameters, so their values stand in the text. Everything that gets there passes
 * through this file, which lets only forms through that cannot end a name or a literal.
 */

/** The login role of a grant: `tnr_` and the grant's id without its prefix, 30 characters. */
export function accountOf(grantId: string): string {
  if (!isId('grant', grantId)) throw new TypeError('Not a grant id.');
  return `tnr_${grantId.slice('grant_'.length)}`;
}

/** Whether it is a plain lower-case name; all others are none that we speak of. */
export function isName(text: string): boolean {
  return /^[a-z_][a-z0-9_]{0,62}$/.test(text);
}

/** A role's name as SQL. @throws ConnectorError `misconfigured` for anything but a plain lower-case name. */
export function identifier(name: string): string {
  if (!isName(name)) throw new ConnectorError('misconfigured');
  return `"${name}"`;
}

/** Whether an account is one that we made for a grant; any other was there before us. */
export function isOurs(account: string): boolean {
  return account.startsWith('tnr_') && isId('grant', account.replace(/^tnr_/, 'grant_'));
}

/**
 * An account's name as SQL: one of ours, or one that was taken over.
 * @throws ConnectorError `misconfigured` for one that can be neither.
 */
export function accountIdentifier(account: string): string {
  if (!isOurs(account) && /^(pg|tnr)_/.test(account)) throw new ConnectorError('misconfigured');
  return identifier(account);
}

/** An instant as SQL. @throws ConnectorError `misconfigured` unless ISO 8601 UTC with milliseconds. */
export function instantLiteral(instant: string): string {
  const form = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;
  if (!form.test(instant) || Number.isNaN(Date.parse(instant))) throw new ConnectorError('misconfigured');
  return `'${instant}'`;
}

/** A SCRAM verifier as SQL. @throws ConnectorError `misconfigured` for anything else, above all a clear password. */
export function verifierLiteral(verifier: string): string {
  const form = /^SCRAM-SHA-256\$\d+:[A-Za-z0-9+/=]+\$[A-Za-z0-9+/=]+:[A-Za-z0-9+/=]+$/;
  if (!form.test(verifier)) throw new ConnectorError('misconfigured');
  return `'${verifier}'`;
}
