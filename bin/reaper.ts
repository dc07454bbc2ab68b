import { createReaper } from '../activities/reaper.ts';
import { activityDeps, askedToStop, keepBeating, openService, repeat } from './service.ts';

// Ends what is due, with the ledger and the targets alone: neither Temporal nor a worker is needed.

const parallelEnds = 8;
const roundEveryMs = 1_000;

const service = openService('reaper', parallelEnds + 2);
const deps = activityDeps(service);
const reaper = createReaper(deps, parallelEnds);
const stopBeating = keepBeating(service, 'reaper');
const stopReaping = repeat(service, 'reaper', roundEveryMs, () => reaper.round());
service.log.info('reaper ready');

await askedToStop();
await stopReaping();
await reaper.settled();
await stopBeating();
await Promise.all([...deps.connectors.values()].map((connector) => connector.close()));
await service.ledger.close();
