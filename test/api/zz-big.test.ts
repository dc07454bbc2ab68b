import { it } from 'vitest';
import { startApi } from '/work/main/test/support/api.ts';
it('big', async () => {
  const http = await startApi();
  const users = Array.from({ length: 10000 }, (_, i) => ({ customer: 'acme', email: `u${i}@acme.example`, name: `User ${i}`, contract_role: 'member', roles: ['analyst'] }));
  for (const [what, path] of [['preview', '/v1/imports/preview'], ['apply', '/v1/imports'], ['again', '/v1/imports']] as const) {
    const t = performance.now();
    const a = await http.call('omar@northwind.example', 'POST', path, what === 'preview' ? { users } : { users, reason: 'x' });
    console.log(what, a.status, Math.round(performance.now() - t), 'ms', JSON.stringify(a.body).slice(0, 300));
  }
  await http.stop();
}, 200_000);
