import { leaving } from './activities.ts';
import { tell } from './lib/story.ts';

/**
 * People go: a customer after its grace, which a payment or a new contract may still end well; a user or an employee at once.
 * Everything is taken away, page by page, read back and handed over; what cannot be taken is listed with an owner. It has no
 * limit and is never cancelled.
 */
export async function offboarding(processId: string): Promise<void> {
  await tell(
    'offboarding',
    {
      'drawing-up': (id) => leaving.drawUp(id),
      'taking-away': (id) => leaving.takeAway(id),
    },
    processId,
  );
}
