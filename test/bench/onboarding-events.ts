import type { WorkflowHandle } from '@temporalio/client';
import { eventually } from '../support/wait.ts';
import type { Figure } from './harness.ts';
import { eventTypes } from './lifecycle.ts';
import { type Onboarded, onboardingsOf, startApplication } from './onboarding.ts';
import { onInstallation } from './servers.ts';

const runs = 5;
/** Temporal's numbers of the two events. */
const taskCompleted = '7';
const childCompleted = '32';

/** Events in Temporal's histories of a customer and of the onboarding of its first user, until the user has confirmed. */
export const onboardingEvents: Figure = {
  goals: [{ id: 'onboarding-events', bound: '<=', limit: 53, quote: 'worst' }],
  measure: ({ say }) =>
    onInstallation(async (installation) => {
      const { stack, crew } = installation;
      await startApplication(installation);
      await crew.startReady({ script: 'bin/worker.ts', role: 'system' }, 'worker ready');
      const onboardings = onboardingsOf(stack);
      try {
        const counts: number[] = [];
        for (let run = 0; run < runs; run += 1)
          counts.push((await onboardedEvents(await onboardings.play())).length);
        say(`customer and onboarding ${counts.join(', ')}`);
        return [counts];
      } finally {
        await onboardings.stop();
      }
    }),
};

/** Event types of both workflows, each sorted, when the customer has taken notice of the onboarding's end. */
export async function onboardedEvents({ customer, onboarding }: Onboarded): Promise<string[]> {
  await eventually(`${customer.workflowId} is at rest`, () => isAtRest(customer));
  return [...(await eventTypes(customer)), ...(await eventTypes(onboarding))];
}

async function isAtRest(customer: WorkflowHandle): Promise<boolean> {
  const { events } = await customer.fetchHistory();
  const types = (events ?? []).map((event) => String(event.eventType));
  return types.includes(childCompleted) && types.at(-1) === taskCompleted;
}
