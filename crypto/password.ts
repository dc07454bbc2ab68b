import { randomInt } from 'node:crypto';

// Letters and digits without those that are mistaken for each other when read aloud or copied: 0 O o, 1 I l.
const alphabet = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789';
const length = 24;

/** A new random password of 24 letters and digits (139 bits); needs no escaping in a URL, a shell or SQL. */
export function newPassword(): string {
  let password = '';
  for (let i = 0; i < length; i++) password += alphabet.charAt(randomInt(alphabet.length));
  return password;
}
