import { connect, type Socket } from 'node:net';

/** Authentication requests that may be answered: done, and the three steps of SASL. Not the password or its MD5. */
const harmless: ReadonlySet<number> = new Set([0, 10, 11, 12]);
const headerBytes = 5;
const requestBytes = 9;

/**
 * A connection on which a server can ask for nothing but SCRAM. The driver would give a clear password to whoever asks for
 * one, e.g. a process that has taken the port while the target was down; here the connection ends before the answer.
 * It looks at the kind and length of every message (PostgreSQL's protocol 3), as requests may come at any time.
 */
export function scramOnlySocket(host: string, port: number): Socket {
  const socket = connect({ host, port });
  let head = Buffer.alloc(0);
  let toSkip = 0;
  socket.on('data', (chunk: Buffer) => {
    let rest = chunk;
    while (rest.length > 0) {
      if (toSkip > 0) {
        const skipped = Math.min(toSkip, rest.length);
        toSkip -= skipped;
        rest = rest.subarray(skipped);
        continue;
      }
      const wanted = head[0] === 'R'.charCodeAt(0) ? requestBytes : headerBytes;
      const taken = rest.subarray(0, wanted - head.length);
      rest = rest.subarray(taken.length);
      head = Buffer.concat([head, taken]);
      if (head.length < headerBytes) continue;
      if (head[0] === 'R'.charCodeAt(0) && head.length < requestBytes) continue;
      if (!mayPass(head)) {
        socket.destroy(new RefusedRequest());
        return;
      }
      toSkip = head.readUInt32BE(1) + 1 - head.length;
      head = Buffer.alloc(0);
    }
  });
  return socket;
}

/** Has a code, as the system's own errors do, that `connectorError` knows. */
class RefusedRequest extends Error {
  readonly code = 'ERR_TLS_REQUIRED';
  constructor() {
    super('The server asks for a password in the clear.');
  }
}

function mayPass(head: Buffer): boolean {
  const length = head.readUInt32BE(1);
  if (head.length < requestBytes) return length >= headerBytes - 1;
  return length >= requestBytes - 1 && harmless.has(head.readUInt32BE(headerBytes));
}
