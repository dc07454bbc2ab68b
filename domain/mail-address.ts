// What would be more than one address, or another header, to any reader of a message.
const oneAddress = /^[^\s@<>()[\]\\,;:"\p{Cc}\p{Cf}]{1,64}@[^\s@<>()[\]\\,;:"\p{Cc}\p{Cf}]{1,255}$/u;

/** Whether a text is one plain mail address, without a name, a comment or quotes; not whether anybody reads there. */
export function isMailAddress(text: string): boolean {
  return oneAddress.test(text);
}
