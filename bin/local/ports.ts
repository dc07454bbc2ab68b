import { randomInt } from 'node:crypto';
import { connect, createServer, type Server } from 'node:net';

function listen(port: number, host: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ port, host, exclusive: true }, () => resolve(server));
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}

/** Below the range from which systems take the near end of outgoing connections: those come and go all the time. */
const range = { from: 15_000, below: 32_000 };
const triesPerPort = 200;

/**
 * Chooses TCP ports nobody listens on, at random, so that several that choose at once seldom choose the same. They are
 * held open together while choosing, so they differ from each other; between the return and the real server's bind
 * another process may still take one, so callers retry.
 */
export async function freePorts(count: number, host = '127.0.0.1'): Promise<number[]> {
  const servers: Server[] = [];
  const ports: number[] = [];
  try {
    for (let tries = 0; ports.length < count && tries < count * triesPerPort; tries += 1) {
      const port = randomInt(range.from, range.below);
      const server = await listen(port, host).catch(() => null);
      if (!server) continue;
      servers.push(server);
      ports.push(port);
    }
  } finally {
    await Promise.all(servers.map(close));
  }
  if (ports.length < count) throw new Error('No TCP port could be chosen.');
  return ports;
}

/** One port of {@link freePorts}. */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  const [port] = await freePorts(1, host);
  if (port === undefined) throw new Error('No TCP port could be chosen.');
  return port;
}

/** Whether a server could listen on this port now. Any reason why not (in use, not permitted) counts as no. */
export async function isPortFree(port: number, host = '127.0.0.1'): Promise<boolean> {
  try {
    await close(await listen(port, host));
    return true;
  } catch {
    return false;
  }
}

/** Whether a server listens on this port now. */
export function isListening(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
