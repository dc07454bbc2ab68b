import { EventEmitter, once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A way to a server that can fall silent without breaking: what a frozen machine or a swallowing network looks like. */
export interface StallingProxy {
  port: number;
  /** Resolves when nothing passes for the first time. */
  stalled: Promise<unknown>;
  /** From now on nothing passes; connections stay open, and new ones are taken and hear nothing. */
  stall(): void;
  /** What was held back passes, and everything after it. */
  flow(): void;
  close(): Promise<void>;
}

/**
 * Starts one before the server on that port of this machine.
 * @param beforeMessage stalls by itself when a client sends its so-manieth message, counted from 1; one that waits for each answer.
 */
export async function stallingProxy(to: number, { beforeMessage = 0 } = {}): Promise<StallingProxy> {
  const sockets = new Set<Socket>();
  const events = new EventEmitter();
  const stalled = once(events, 'stall');
  let isStalled = false;
  function stall() {
    isStalled = true;
    for (const socket of sockets) socket.pause();
    events.emit('stall');
  }
  const join = (from: Socket, into: Socket, look = () => {}) => {
    sockets.add(from);
    if (isStalled) from.pause();
    from.on('data', (chunk) => {
      look();
      if (isStalled) from.unshift(chunk);
      else into.write(chunk);
    });
    from.on('error', () => into.destroy());
    from.on('close', () => {
      sockets.delete(from);
      into.destroy();
    });
  };
  const server = createServer((client) => {
    const upstream = connect(to, '127.0.0.1');
    let messages = 0;
    join(client, upstream, () => {
      messages += 1;
      if (messages === beforeMessage) stall();
    });
    join(upstream, client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // A listening TCP server's address is always one.
  return {
    port,
    stalled,
    stall,
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
