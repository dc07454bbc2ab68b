import { it } from 'vitest';
import { serve } from '@hono/node-server';
import { startApi } from './support/api.ts';
import { runWords } from './cli/run-words.ts';
import { readFileSync, existsSync } from 'node:fs';
it('look', async () => {
  const http = await startApi();
  const server = serve({ fetch: http.api.fetch, port: 0, hostname: '127.0.0.1' });
  await new Promise((r) => server.once('listening', r));
  const url = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  const lines = JSON.parse(readFileSync('/tmp/look.json', 'utf8')) as { as?: string; words: string[]; sql?: string }[];
  let text = '';
  for (const { as = 'omar@northwind.example', words } of lines) {
    const ran = await runWords(url, words.map((w) => w.replace(/^\$(\w+)$/, (_, n) => (globalThis as any)[n] ?? n)), { columns: 80, token: await http.token(as), deps: { now: () => Date.now() } });
    text += `$ ${words.join(' ')}\n${ran.out}${ran.err ? `[err] ${ran.err}` : ''}[${ran.code}]\n\n`;
    const p = /proc_[a-z0-9]+/.exec(ran.out); if (p) (globalThis as any).proc = p[0];
  }
  console.log(text);
  console.log(JSON.stringify(http.faults));
  server.close(); 
  await http.stop();
}, 100_000);
