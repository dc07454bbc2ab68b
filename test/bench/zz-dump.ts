import { onInstallation } from '/work/main/test/bench/servers.ts';
import { onboardingsOf, startApplication } from '/work/main/test/bench/onboarding.ts';
await onInstallation(async (inst) => {
  const { stack, crew } = inst;
  await startApplication(inst);
  await crew.startReady({ script: 'bin/worker.ts', role: 'system' }, 'worker ready');
  const o = onboardingsOf(stack);
  for (let i = 0; i < 2; i++) {
    const t = performance.now();
    const { customer, onboarding } = await o.play();
    console.log('took', performance.now() - t);
    await new Promise((r) => setTimeout(r, 1500));
    for (const h of [customer, onboarding]) {
      const { events } = await h.fetchHistory();
      console.log(h.workflowId, events?.length);
      for (const e of events ?? []) console.log(' ', Number(e.eventId), e.eventType, e.eventTime?.seconds + '.' + String(e.eventTime?.nanos).padStart(9, '0').slice(0, 3), e.activityTaskScheduledEventAttributes?.activityType?.name ?? e.markerRecordedEventAttributes?.markerName ?? '');
    }
  }
  console.log(await stack.ledger.db.execute('select state, last_error, count(*) from process group by 1,2' as any));
  await o.stop();
});
process.exit(0);
