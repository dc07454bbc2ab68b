import { createHash, createHmac, pbkdf2, randomBytes } from 'node:crypto';

/** What PostgreSQL itself uses when it makes a verifier (`scram_iterations`). */
const iterations = 4096;
const saltBytes = 16;
const keyBytes = 32;

/**
 * The verifier that PostgreSQL stores for a password (SCRAM-SHA-256, RFC 5802 and RFC 7677), in the form that
 * `CREATE ROLE … PASSWORD` takes as it is: `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>`. A server that is
 * sent this learns who knows the password, never the password.
 *
 * Only printable ASCII passwords, for which SASLprep (RFC 4013) changes nothing.
 *
 * @param salt 16 random bytes when left out.
 * @throws RangeError when the password is empty or holds anything but printable ASCII.
 */
export async function scramVerifier(
  password: string,
  salt: Uint8Array = randomBytes(saltBytes),
): Promise<string> {
  if (!/^[\x20-\x7e]+$/.test(password)) throw new RangeError('A password must be printable ASCII.');
  const salted = await saltedPassword(password, salt);
  const clientKey = createHmac('sha256', salted).update('Client Key').digest();
  const storedKey = createHash('sha256').update(clientKey).digest('base64');
  const serverKey = createHmac('sha256', salted).update('Server Key').digest('base64');
  return `SCRAM-SHA-256$${iterations}:${Buffer.from(salt).toString('base64')}$${storedKey}:${serverKey}`;
}

/** `Hi` of RFC 5802, off the main thread. */
function saltedPassword(password: string, salt: Uint8Array): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    pbkdf2(password, salt, iterations, keyBytes, 'sha256', (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
}
