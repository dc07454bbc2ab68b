import { pages } from './activities.ts';
import { tell } from './lib/story.ts';

// Everything in this folder replays: no clock, no chance, no input or output but through activities.

/**
 * People begin: a new customer's first users, or one user more. Contract terms → tier and first roles → access, page by page →
 * welcome → their confirmations, with reminders → over. If a step fails for good everything is taken back.
 */
export async function onboarding(processId: string): Promise<void> {
  await tell(
    'onboarding',
    {
      'drawing-up': (id) => pages.drawUp(id),
      'bringing-about': (id) => pages.bringAbout(id),
      undoing: (id) => pages.undo(id),
      welcoming: (id) => pages.welcome(id),
    },
    processId,
  );
}
