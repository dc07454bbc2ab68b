import { hostAndPort } from '../../domain/host-port.ts';

/** Where the API listens. */
interface Listening {
  readonly host: string;
  readonly port: number;
}

const everywhere = ['0.0.0.0', '::'];

/** The address under which this machine reaches what listens there, e.g. for looking whether it is up. */
export function reachableUrl({ host, port }: Listening): string {
  if (everywhere.includes(host)) return `http://127.0.0.1:${port}`;
  return `http://${hostAndPort(host, port)}`;
}

/**
 * The address to tell people and tools. It is `localhost` wherever that leads there, because passkeys need a name and
 * cookies are kept by name.
 */
export function shownUrl({ host, port }: Listening): string {
  return host === '127.0.0.1' || everywhere.includes(host)
    ? `http://localhost:${port}`
    : reachableUrl({ host, port });
}
