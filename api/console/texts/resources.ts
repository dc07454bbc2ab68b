import { counted, oneOf } from '../words.ts';

/** What the pages about resources say. */
export const resourceTexts = {
  title: (count: number, isMore: boolean, isFound: boolean) => {
    if (count === 0) return isFound ? 'No resource is found' : 'The catalog has no resource yet';
    const many = isMore ? `The first ${count} resources by name` : counted(count, 'resource', 'resources');
    return isFound ? `${many} ${count === 1 ? 'is' : 'are'} found` : `Access can be held on ${many}`;
  },
  lead: 'Each with who answers for it, where it is, and what may be done there.',
  list: 'Resources',
  all: 'Show all resources',
  none: 'Nothing is called so',
  noneMore: 'Resources come with the catalog. Try less of the name, or the customer’s.',
  find: { label: 'Name or customer', act: 'Find' },
  columns: { name: 'Resource', owner: 'Owner', place: 'Region', data: 'Data', may: 'What may be done' },
  shared: 'shared by customers',
  joined: (names: readonly string[]) => oneOf(names, 'and'),
  resource: {
    title: (people: number, isMore: boolean, name: string) => {
      if (isMore) return `More than ${people} people hold access to ${name} now`;
      return people === 0
        ? `Nobody holds access to ${name} now`
        : `${counted(people, 'person', 'people')} ${people === 1 ? 'holds' : 'hold'} access to ${name} now`;
    },
    retired: 'The catalog has it no more.',
    unseen: 'What others hold is shown to who reads all records.',
    held: 'Held now',
    nothing: 'Nobody asked for it and holds it',
    nothingMore: 'Whoever asks and is approved stands here until it ends.',
    byRole: 'By role',
    nothingByRole: 'Nobody holds it by a role',
    nothingByRoleMore: 'Roles that give it stand in the catalog.',
    lately: 'The last 7 days',
    nothingLately: 'Nobody held it in these days',
    about: 'About',
    facts: {
      owner: 'Owner',
      whose: 'Whose data',
      region: 'Region',
      data: 'Classification',
      kind: 'Kind',
      by: 'Connector',
    },
    may: 'What may be done',
    ask: 'Ask for access',
    reach: 'Who can reach it',
    all: 'Show all',
  },
} as const;
