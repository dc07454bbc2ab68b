import type { Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { assertNever } from '../../../domain/errors.ts';
import { scramOnlySocket } from './scram-only.ts';
import type { PostgresSettings } from './settings.ts';

/** Options of the driver. Its own types leave `socket` out. */
interface TransportOptions {
  ssl: false | ConnectionOptions;
  socket?: () => Socket;
}

/**
 * What the driver is told about encryption. Where it is asked for, a server that has none is refused; the driver never
 * goes on in the clear. Where it is not, no password goes over the wire either.
 */
export function transportOptions({
  tls,
  host,
  port,
  certificateAuthority,
}: PostgresSettings): TransportOptions {
  switch (tls) {
    case 'off':
      return { ssl: false, socket: () => scramOnlySocket(host, port) };
    case 'require':
      return { ssl: { host, rejectUnauthorized: false } };
    case 'verify-full':
      // The host is named because the driver leaves addresses out, and then the certificate would be checked for "localhost".
      return {
        ssl: {
          host,
          rejectUnauthorized: true,
          ...(certificateAuthority === null ? {} : { ca: certificateAuthority }),
        },
      };
    default:
      return assertNever(tls);
  }
}
