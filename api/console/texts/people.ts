import { counted, spanWords } from '../words.ts';

/** The same of one. */
const one = (by: string) => by.replace(/^are/, 'is').replace(/^hold/, 'holds');

/** What the pages about people say. */
export const peopleTexts = {
  title: 'The people Tenure knows',
  found: (count: number, isMore: boolean, by: string) =>
    isMore
      ? `More than ${count} people ${by}`
      : count === 0
        ? `Nobody ${one(by)}`
        : `${counted(count, 'person', 'people')} ${count === 1 ? one(by) : by}`,
  by: { filter: 'are found', role: (role: string) => `hold the role ${role}` },
  lead: 'Staff, contractors, customers’ users and service accounts, each once, by name.',
  none: 'Nobody is called so',
  noneMore: 'Try less of the name, or another kind of person.',
  everybody: 'Show everybody',
  find: { label: 'Name or e-mail', kind: 'Kind', organization: 'Organization', anyKind: 'Any', act: 'Find' },
  kinds: {
    employee: 'Employee',
    contractor: 'Contractor',
    customer: 'Customer’s user',
    service: 'Service account',
  },
  states: { active: 'Active', coming: 'Begins', suspended: 'Suspended', left: 'Has left' },
  held: (count: number) => `Holds ${count} beyond the role, the next ends`,
  list: 'People',
  noRole: 'no role',
  person: {
    titleNone: (name: string, isMe: boolean) =>
      isMe ? 'You hold nothing beyond your role' : `${name} holds nothing beyond the role`,
    title: (name: string, isMe: boolean, count: number, left: string) =>
      `${isMe ? 'You hold' : `${name} holds`} ${counted(count, 'access', 'accesses')} beyond ${isMe ? 'your' : 'the'} role. ${count === 1 ? 'It' : 'The next'} ends in ${left}`,
    titleLate: (name: string, isMe: boolean, count: number) =>
      `${isMe ? 'You hold' : `${name} holds`} ${counted(count, 'access', 'accesses')} past its end`,
    titleLeft: (name: string) => `${name} has left and should hold nothing`,
    held: 'Held now',
    heldMore: (more: number) => `And ${more}\u00a0more, which end later.`,
    nothingHeld: 'Nothing beyond the role',
    nothingHeldMore: 'What is asked for and approved stands here until it ends.',
    unseen: 'What others hold is shown to who reads all records.',
    byRole: 'By role',
    byRoleCount: (count: number, isMore: boolean) => (isMore ? `more than ${count}` : String(count)),
    nothingByRole: 'No role gives standing access',
    nothingByRoleMore: 'Whatever is needed is asked for, and ends by itself.',
    requests: 'Requests',
    noRequests: 'Nothing is on its way',
    noRequestsMore: 'Requests that wait, and those that were answered within a day, stand here.',
    allRequests: 'All requests',
    asks: (thing: string, period: string) => `${thing}, for ${period}`,
    processes: 'Processes',
    records: 'What happened',
    allRecords: 'All records',
    noRecords: 'Nothing is recorded yet',
    noRecordsMore: 'What happens to this person and their access stands here.',
    about: 'About',
    facts: {
      email: 'E-mail',
      organization: 'Organization',
      kind: 'Kind',
      title: 'Title',
      department: 'Department',
      manager: 'Manager',
      project: 'Project',
      region: 'Region',
      contractRole: 'In the contract',
      roles: 'Roles',
      from: 'From',
      until: 'Until',
      state: 'Standing',
    },
    noEnd: 'no end is set',
    approvedBy: 'Approved by',
    granted: (ms: number) => `${spanWords(ms)} granted`,
    began: 'began',
    left: (span: string, isLate: boolean) => `${span} ${isLate ? 'late' : 'left'}`,
    pastItsEnd: 'It should be gone. The system doesn’t confirm it; we keep trying.',
    process: (kind: string) =>
      ({ onboarding: 'Onboarding', 'role-change': 'Role change', offboarding: 'Offboarding' })[kind] ?? kind,
    processStates: {
      waiting: 'waits',
      fenced: 'held by a fence',
      running: 'under way',
      confirming: 'waits for confirmation',
      undoing: 'is undone',
      done: 'done',
      residue: 'over, something is left',
      failed: 'failed, taken back',
      discarded: 'discarded',
    },
  },
  invite: {
    title: (name: string) => `${name} has no way to sign in`,
    more: 'A link goes to their own address. With it they confirm that it’s them and make a passkey; what they hold stays as it is. Where they manage access, everybody else who does is written to.',
    why: 'Why?',
    hint: 'It stays in the records.',
    act: 'Send a link',
    refused: 'No link was sent',
  },
  revoke: {
    title: (name: string) => `End ${name}’s access now`,
    lead: (thing: string) => `${thing}. Open sessions end with it.`,
    why: 'Why?',
    hint: (name: string) => `${name} reads it, and it stays in the records.`,
    byRole:
      'It comes with a role: as long as the role is held, it may be given again. Take the role to end it for good.',
    refused: 'That wasn’t done',
    back: 'Back',
  },
} as const;
