import type { Ending } from '../../../domain/grant.ts';

/** What ended access, in a sentence. */
export const texts = {
  of: {
    time: 'It ended in time.',
    return: 'It was returned early.',
    revocation: 'It was ended early.',
    cancellation: 'It was withdrawn.',
    offboarding: 'It ended because its holder left.',
    rollback: 'It was undone.',
    engine: 'It was stopped in the engine.',
    'role-change': 'It ended with a change of roles.',
    suspension: 'It ended with a suspension.',
  } satisfies Record<Ending, string>,
  by: {
    revocation: (person: string) => `${person} ended it early.`,
    return: (person: string) => `${person} returned it.`,
    other: (person: string) => `${person} set it off.`,
  },
} as const;
