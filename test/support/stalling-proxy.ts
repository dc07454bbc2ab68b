import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A way to a server that can fall silent without breaking: what a frozen machine or a swallowing network looks like. */
export interface StallingProxy {
  port: number;
  /** From now on nothing passes; connections stay open, and new ones are taken and hear nothing. */
  stall(): void;
  /** What was held back passes, and everything after it. */
  flow(): void;
  close(): Promise<void>;
}

/** Starts one before the server on that port of this machine. */
export async function stallingProxy(to: number): Promise<StallingProxy> {
  const sockets = new Set<Socket>();
  let isStalled = false;
  const join = (from: Socket, into: Socket) => {
    sockets.add(from);
    if (isStalled) from.pause();
    from.on('data', (chunk) => into.write(chunk));
    from.on('error', () => into.destroy());
    from.on('close', () => {
      sockets.delete(from);
      into.destroy();
    });
  };
  const server = createServer((client) => {
    const upstream = connect(to, '127.0.0.1');
    join(client, upstream);
    join(upstream, client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // A listening TCP server's address is always one.
  return {
    port,
    stall() {
      isStalled = true;
      for (const socket of sockets) socket.pause();
    },
    flow() {
      isStalled = false;
      for (const socket of sockets) socket.resume();
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
