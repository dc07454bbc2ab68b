import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { sql } from 'drizzle-orm';
import { inParallel } from './harness.ts';
import { onboardingsOf, startApplication } from './onboarding.ts';
import { durable } from './servers.ts';
import { crewOf } from './processes.ts';
import { startStack } from '../support/stack.ts';
import postgres from 'postgres';
import { playShape } from './onboarding-vs-shape.ts';
function cpu(): Record<string, number> {
  const out: Record<string, number> = {};
  const ours = new Set<string>();
  const all = new Map<string, { ppid: string; name: string; t: number }>();
  for (const pid of readdirSync('/proc').filter((p) => /^\d+$/.test(p))) {
    try {
      const s = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const f = s.slice(s.lastIndexOf(')') + 2).split(' ');
      const cmd = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      all.set(pid, {
        ppid: f[1] ?? '',
        name: cmd,
        t: Number(f[11]) + Number(f[12]) + Number(f[13]) + Number(f[14]),
      });
    } catch {}
  }
  const isOurs = (pid: string): boolean => {
    for (let p = pid; p && p !== '0' && p !== '1'; p = all.get(p)?.ppid ?? '')
      if (p === String(process.pid)) return true;
    return false;
  };
  for (const [pid, { name, t }] of all) {
    if (!isOurs(pid)) continue;
    const k =
      pid === String(process.pid)
        ? 'bench'
        : /shape\/worker/.test(name)
          ? 'shape'
          : /bin\/worker|zz-worker/.test(name)
            ? 'worker'
            : /receiver/.test(name)
              ? 'receiver'
              : /temporal/.test(name)
                ? 'temporal'
                : /postgres/.test(name)
                  ? 'postgres'
                  : 'other ' + name.slice(0, 40);
    out[k] = (out[k] ?? 0) + t * 10;
  }
  return out;
}
async function onInstallation(work: any) {
  const stack = await startStack({ ledger: { settings: { ...durable, shared_preload_libraries: 'pg_stat_statements', 'pg_stat_statements.track_planning': 'on' } }, target: { settings: durable } });
  const crew = crewOf(stack);
  try { await work({ stack, crew }); } finally { await crew.stop(); await stack.stop(); }
}
await onInstallation(async (inst: any) => {
  const { stack, crew } = inst;
  await startApplication(inst);
  const role = 'system' as const;

  const worker = await crew.startReady({ script: process.argv[2] === 'prof' ? 'test/bench/zz-worker.ts' : 'bin/worker.ts', role }, 'worker ready');
  const shapeW = await crew.startReady({ script: 'test/bench/shape/worker.ts', role }, 'shape ready');
  const o = onboardingsOf(stack);
  const admin = postgres(stack.ledgerServer.url, { max: 1, onnotice: () => undefined });
  await admin.unsafe('create extension pg_stat_statements');
  const N = Number(process.env.N ?? 80);
  const side = async (name: string, play: () => Promise<unknown>) => {
    await inParallel(20, 20, play);
    const q0 = (
      await stack.ledger.db.execute<any>(
        sql`select xact_commit::int as x from pg_stat_database where datname = current_database()`,
      )
    )[0].x;
    const a = cpu();
    if (name === 'real') await admin.unsafe('select pg_stat_statements_reset()'); const t = performance.now();
    await inParallel(20, N, play);
    const b = cpu();
    const ms = performance.now() - t;
    const q1 = (
      await stack.ledger.db.execute<any>(
        sql`select xact_commit::int as x from pg_stat_database where datname = current_database()`,
      )
    )[0].x;
    const d = Object.fromEntries(
      Object.keys(b).map((k) => [k, (((b[k] ?? 0) - (a[k] ?? 0)) / N).toFixed(1)]),
    );
    const total = Object.values(d).reduce((s, v) => s + Number(v), 0);
    console.log(
      name,
      ((N * 1000) / ms).toFixed(2) + '/s',
      'cpu ms each:',
      JSON.stringify(d),
      'total',
      total.toFixed(1),
      'xacts',
      ((q1 - q0) / N).toFixed(1),
    );
    if (name === 'real') {
      const rows = await admin.unsafe("select left(regexp_replace(query, '\\s+', ' ', 'g'), 105) as q, calls::int, total_exec_time as ms, total_plan_time as plan from pg_stat_statements order by total_exec_time + total_plan_time desc");
      console.log('statements each', (rows.reduce((s2: number, r: any) => s2 + r.calls, 0) / N).toFixed(1), 'ms each', (rows.reduce((s2: number, r: any) => s2 + r.ms + r.plan, 0) / N).toFixed(1));
      for (const r of rows.filter((r: any) => r.calls > N / 3)) console.log((r.calls / N).toFixed(1).padStart(6), ((r.ms) / N).toFixed(2).padStart(6), (r.plan / N).toFixed(2).padStart(6), r.q);
    }
    return total;
  };
  for (let i = 0; i < Number(process.env.R ?? 2); i++) {
    const p = await side('real', o.play);
    const s = await side('hand', () => playShape(stack));
    console.log('cpu ratio', (s / p).toFixed(3));
  }
  void top;
  void worker;
  void shapeW;
  await o.stop(); await admin.end();
});
process.exit(0);
