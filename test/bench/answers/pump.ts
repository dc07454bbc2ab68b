import { connect, type Socket } from 'node:net';

const connections = 8;
/** So many questions are on their way on each connection at once. */
const ahead = 8;
const status = Buffer.from('HTTP/1.1 ');
const good = Buffer.from('HTTP/1.1 200');

/**
 * Sends the same request again and again for a while, and counts what comes back. It writes bytes that are ready made and looks at
 * nothing but the first line, so that whoever answers is what everything waits for.
 * @returns how many answers came
 * @throws Error for an answer that is not a 200
 */
export async function pump(port: number, request: Buffer, forMs: number): Promise<number> {
  const begun = performance.now();
  const counts = await Promise.all(
    Array.from({ length: connections }, () => pumpOne(port, request, begun + forMs)),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

function pumpOne(port: number, request: Buffer, until: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket: Socket = connect(port, '127.0.0.1', () =>
      socket.write(Buffer.concat(Array(ahead).fill(request))),
    );
    socket.setNoDelay(true);
    let count = 0;
    let open = ahead;
    let rest: Buffer = Buffer.alloc(0);
    socket.on('error', reject);
    // After the last answer this changes nothing.
    socket.on('close', () => reject(new Error('Whoever answers has hung up.')));
    socket.on('data', (chunk: Buffer) => {
      const text = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
      let answers = 0;
      let place = text.indexOf(status);
      for (; place >= 0 && place + good.length <= text.length; place = text.indexOf(status, place + 1)) {
        if (text.compare(good, 0, good.length, place, place + good.length) !== 0) {
          socket.destroy();
          reject(new Error(text.subarray(place, place + 400).toString('utf8')));
          return;
        }
        answers += 1;
      }
      rest = text.subarray(place >= 0 ? place : Math.max(0, text.length - status.length + 1));
      count += answers;
      open -= answers;
      if (performance.now() < until) {
        socket.write(answers === 1 ? request : Buffer.concat(Array(answers).fill(request)));
        open += answers;
      } else if (open === 0) {
        socket.destroy();
        resolve(count);
      }
    });
  });
}
