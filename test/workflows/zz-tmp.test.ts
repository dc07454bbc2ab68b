import { it } from 'vitest';
import { ask } from '../support/asking.ts';
import { startStack } from '../support/stack.ts';
import { becomes, closedStatus, keepRelaying } from '../support/story.ts';
it('x', async () => {
  const stack = await startStack(); await stack.startWorkers(); const stop = keepRelaying(stack);
  for (let i=0;i<4;i++) {
  const { requestId } = await ask(stack.ledger.db, { period: 'PT1S' });
  await becomes(stack.ledger.db, requestId, 'granted', 'ended'); await closedStatus(stack.client, requestId);
  const h = await stack.client.workflow.getHandle(`request/${requestId}/1`).fetchHistory();
  const t0 = Number(h.events![0]!.eventTime!.seconds)*1000;
  console.log(h.events!.length, h.events!.map(e => `${Number(e.eventTime!.seconds)*1000+ Math.floor((e.eventTime!.nanos??0)/1e6)-t0} ` + Object.keys(e).find(k => k.endsWith('Attributes'))!.replace('EventAttributes','') + (e.activityTaskScheduledEventAttributes?.activityType?.name ?? '') + (e.timerStartedEventAttributes ? JSON.stringify(e.timerStartedEventAttributes.startToFireTimeout):'')).join('\n'));
  }
  await stop(); await stack.stop();
});
