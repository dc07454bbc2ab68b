import { counted } from '../words.ts';

/** What the page says that answers who can reach something. */
export const reachTexts = {
  ask: 'Who can reach what?',
  lead: 'Name a resource. The answer says who, by which path, and until when; now, or then.',
  title: (people: number, isMore: boolean, isPast: boolean, thing: string) => {
    const can = isPast ? 'could reach' : 'can reach';
    if (people === 0) return `Nobody ${can} ${thing}`;
    return `${isMore ? `More than ${people} people` : counted(people, 'person', 'people')} ${can} ${thing}`;
  },
  now: 'Now',
  thing: (resource: string, entitlement: string | null, customer: string | null) =>
    [resource, entitlement?.toLowerCase(), customer && `${customer}’s data`].filter(Boolean).join(', '),
  field: {
    resource: 'Resource',
    entitlement: 'To do what',
    any: 'Anything',
    customer: 'Whose data',
    everybody: 'Any customer’s',
    at: 'When',
    atHint: 'Left empty: now.',
    from: 'Or from',
    to: 'To',
    act: 'Answer',
  },
  which: 'Which one?',
  noneFound: 'Nothing is called so',
  noneFoundMore: 'Try less of the name, or look through all resources.',
  noInstant: 'There is no such time.',
  both: 'Either one time, or from and to.',
  half: 'From and to belong together.',
  backwards: 'The period ends before it begins.',
  answer: 'The answer',
  nobody: 'Nobody holds it',
  nobodyMore: 'What is asked for, and what a role gives, stands here while it is held.',
  nobodyThen: 'Nobody held it then',
  roles: 'Roles that give it',
  rolesMore:
    'What policy says to each holder is asked when it is set up. Who holds a role and not the access is not in the answer.',
  noRoles: 'No role gives it: it is asked for.',
  people: (count: number) => counted(count, 'person holds it', 'people hold it'),
  revision: (number: number) => `Revision ${number} of the catalog.`,
} as const;
