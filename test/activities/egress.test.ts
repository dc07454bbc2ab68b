import type { LookupAddress } from 'node:dns';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createPost } from '../../activities/egress/post.ts';
import type { EgressOptions } from '../../activities/egress/request.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** A server of an address of this machine; who was asked for, in order. */
async function listen(host: string, port = 0, handler?: RequestListener) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.headers.host}${request.url}`);
    if (handler) handler(request, response);
    else response.end();
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
  const { port: at } = server.address() as AddressInfo;
  return { asked, port: at };
}

const never = new AbortController().signal;

/** Whose resolver says these, one after the other. `outside` by name, though to plain HTTP: what is checked is the address alone. */
function posting(answers: LookupAddress[][], options: Partial<EgressOptions> = {}) {
  const looked: string[] = [];
  const post = createPost({
    reachable: 'outside',
    limitMs: 1_000,
    resolve(hostname, _options, answer) {
      looked.push(hostname);
      answer(null, answers.shift() ?? []);
    },
    ...options,
  });
  return { looked, post: (url: string) => post(url, {}, 'body', never) };
}

const at = (address: string, family = 4) => ({ address, family });

describe('What is posted to an address that somebody named', () => {
  it.each([
    [[at('127.0.0.1')]],
    [[at('10.0.0.1')]],
    [[at('169.254.169.254')]],
    [[at('::ffff:127.0.0.1', 6)]],
    [[at('64:ff9b::7f00:1', 6)]],
    [[at('93.184.216.34'), at('10.0.0.1')]],
    [[at('fd00::1', 6), at('93.184.216.34')]],
  ])('goes nowhere where its name has an inner address: %j', async (addresses) => {
    const { post, looked } = posting([addresses]);
    await expect(post('https://hooks.example.com/x')).rejects.toMatchObject({ code: 'not-allowed' });
    expect(looked).toEqual(['hooks.example.com']);
  });

  it.each([
    'http://hooks.example.com/',
    'https://hooks.example.com:6443/',
    'https://user:word@hooks.example.com/',
    'https://2130706433/',
    'https://0x7f000001/',
    'https://0177.0.0.1/',
    'https://[::ffff:127.0.0.1]/',
    'https://[::1]/',
    'https://169.254.169.254/latest/meta-data/',
  ])('goes nowhere and looks nothing up for %s', async (url) => {
    const { post, looked } = posting([[at('93.184.216.34')]]);
    await expect(post(url)).rejects.toMatchObject({ code: 'not-allowed' });
    expect(looked).toEqual([]);
  });

  it('goes to the address that was checked, whatever the name means the next time', async () => {
    const good = await listen('127.0.0.2');
    const inner = await listen('127.0.0.1', good.port);
    const rebinding = [[at('127.0.0.2')], [at('127.0.0.1')]];
    const { post, looked } = posting(rebinding, { reachable: 'anywhere' });
    expect(await post(`http://hooks.example.com:${good.port}/x`)).toMatchObject({
      status: 200,
      retryAfter: null,
    });
    expect(looked).toEqual(['hooks.example.com']);
    expect(good.asked).toEqual([`POST hooks.example.com:${good.port}/x`]);
    expect(inner.asked).toEqual([]);
    // And the next request looks again, and is refused what it finds then.
    const refusing = posting([[at('127.0.0.1')]], { refuses: (address) => address === '127.0.0.1' });
    await expect(refusing.post('https://hooks.example.com/x')).rejects.toMatchObject({ code: 'not-allowed' });
    expect(inner.asked).toEqual([]);
  });

  it('follows no redirect, into the house least of all', async () => {
    const inner = await listen('127.0.0.1');
    const leading = await listen('127.0.0.2', 0, (_request, response) => {
      response.writeHead(302, { location: `http://127.0.0.1:${inner.port}/admin`, 'retry-after': '3' }).end();
    });
    const { post } = posting([[at('127.0.0.2')]], { reachable: 'anywhere' });
    expect(await post(`http://hooks.example.com:${leading.port}/`)).toMatchObject({
      status: 302,
      retryAfter: '3',
    });
    expect(inner.asked).toEqual([]);
  });

  it('waits no longer than it may, and reads nothing that does not end', async () => {
    const hanging = await listen('127.0.0.1', 0, () => undefined);
    const quick = { reachable: 'anywhere', limitMs: 100 } as const;
    const { post } = posting([], quick);
    await expect(post(`http://127.0.0.1:${hanging.port}/`)).rejects.toMatchObject({ code: 'timed-out' });
    const silent = createPost({ ...quick, resolve: () => undefined });
    await expect(silent('http://hooks.example.com/', {}, 'body', never)).rejects.toMatchObject({
      code: 'timed-out',
    });
    let isCut = false;
    const endless = await listen('127.0.0.1', 0, (_request, response) => {
      const timer = setInterval(() => response.write('x'.repeat(10_000)), 1);
      response.on('close', () => {
        isCut = true;
        clearInterval(timer);
      });
    });
    const patient = posting([], { reachable: 'anywhere', limitMs: 20_000 });
    expect(await patient.post(`http://127.0.0.1:${endless.port}/`)).toMatchObject({ status: 200 });
    await expect.poll(() => isCut).toBe(true);
  });

  it('says by a closed code why nothing answered', async () => {
    const { port } = await listen('127.0.0.1');
    for (const server of servers.splice(0)) server.close();
    const { post } = posting([[]], { reachable: 'anywhere' });
    await expect(post(`http://127.0.0.1:${port}/`)).rejects.toMatchObject({ code: 'unreachable' });
    await expect(post('http://nowhere.example/')).rejects.toMatchObject({ code: 'unreachable' });
    const plain = await listen('127.0.0.1');
    await expect(post(`https://127.0.0.1:${plain.port}/`)).rejects.toMatchObject({ code: 'tls-failed' });
  });
});
