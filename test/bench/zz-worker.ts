import { Session } from 'node:inspector';
import { writeFileSync } from 'node:fs';
const s = new Session(); s.connect(); s.post('Profiler.enable'); s.post('Profiler.setSamplingInterval', { interval: 500 }); 
setTimeout(() => s.post('Profiler.start'), 15_000);
process.on('exit', () => s.post('Profiler.stop', (e: any, r: any) => writeFileSync('/tmp/prof/worker.cpuprofile', JSON.stringify(r?.profile ?? e))));
await import('../../bin/worker.ts');
