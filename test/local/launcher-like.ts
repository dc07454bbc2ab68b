/** Run as a process: locks the installation given as first word and supervises dummies in it, as the launcher does. */
import { join } from 'node:path';
import { lockHome } from '../../bin/local/lock.ts';
import { Supervisor } from '../../bin/local/supervisor.ts';
import { dummySpec } from './dummy-process.ts';

const [home] = process.argv.slice(2);
if (home === undefined) throw new Error('Which installation?');
await lockHome(join(home, 'run'));
const supervisor = new Supervisor({ home, note: () => undefined });
for (const name of ['ledger', 'temporal', 'worker', 'api'] as const) supervisor.add(dummySpec(home, name));
