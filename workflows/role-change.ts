import { pages } from './activities.ts';
import { tell } from './lib/story.ts';

/**
 * What people shall hold has changed: a role, a department, a customer's tier, region or payments, the catalog. New desired state
 * → the fence where there is one → access, page by page → over. When a step fails for somebody the others go on, and a task
 * lists who is left, with what they had.
 */
export async function roleChange(processId: string): Promise<void> {
  await tell(
    'role-change',
    {
      'drawing-up': (id) => pages.drawUp(id),
      'bringing-about': (id) => pages.bringAbout(id),
    },
    processId,
  );
}
