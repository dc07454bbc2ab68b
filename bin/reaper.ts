import { createReaper } from '../activities/reaper.ts';
import { endsPerTarget } from '../domain/limits.ts';
import { activityDeps, askedToStop, keepBeating, openService, repeat } from './service.ts';

// Ends what is due, with the ledger and the targets alone: neither Temporal nor a worker is needed.

const roundEveryMs = 1_000;
const purgeEveryMs = 60 * 60_000;

const service = openService('reaper', endsPerTarget + 2);
const deps = activityDeps(service);
const reaper = createReaper(deps, endsPerTarget);
const stopBeating = keepBeating(service, 'reaper');
const stopReaping = repeat(service, 'reaper', roundEveryMs, () => reaper.round());
const stopPurging = repeat(service, 'purge', purgeEveryMs, () => reaper.purge());
service.log.info('reaper ready');

await askedToStop();
await stopReaping();
await stopPurging();
await reaper.settled();
await stopBeating();
await Promise.all([...deps.connectors.values()].map((connector) => connector.close()));
await service.ledger.close();
