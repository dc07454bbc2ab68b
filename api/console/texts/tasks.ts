import type { TaskKind } from '../../../domain/task.ts';
import { counted } from '../words.ts';

/** What the pages about tasks say. */
export const taskTexts = {
  list: {
    title: (count: number, isMore: boolean) =>
      count === 0
        ? 'No task is open'
        : `${isMore ? 'More than ' : ''}${counted(count, 'task is', 'tasks are')} open`,
    titleMine: (count: number, isMore: boolean) =>
      count === 0
        ? 'No open task is yours'
        : `${isMore ? 'More than ' : ''}${counted(count, 'open task is', 'open tasks are')} yours`,
    titleClosed: 'Tasks that are closed',
    lead: 'What only a person can finish. Each has an owner; who manages access may close it, too.',
    heading: 'Tasks',
    mine: 'Mine',
    open: 'All open',
    closed: 'Closed',
    which: 'Which tasks',
    none: 'Nothing here',
    noneMore: 'What a process cannot do by itself is left here, with what to do about it.',
  },
  title: {
    rollback: (about: string) => `Setting up ${about} failed, and undoing it failed too`,
    overdue: (about: string) => `${about} isn’t confirmed gone`,
    residue: (about: string) => `Something of ${about} couldn’t be taken away`,
    handover: (about: string) => `${about} needs an owner`,
    onboarding: (about: string) => `Onboarding of ${about} failed and was taken back`,
    'role-change': (about: string) => `A change for ${about} failed and was taken back`,
    seats: (about: string) => `${about} has more users than seats`,
    contract: (about: string) => `The contract of ${about} has run out without a word`,
    users: (about: string) => `${about} has no users`,
    account: (about: string) => `An account of ${about} was found that no role explains`,
  } satisfies Record<TaskKind, (about: string) => string>,
  todo: {
    rollback:
      'Look into the system and take away what is left. Tenure goes on trying, and closes this by itself.',
    overdue: 'Look why the system doesn’t answer. Tenure goes on trying, and closes this by itself.',
    residue: 'Take away by hand what is left in the system, then close this and say how.',
    handover: 'Name a new owner, then close this and say who it is.',
    onboarding: 'Mend what went wrong, then try the process again. That closes this.',
    'role-change': 'Mend what went wrong, then try the process again. That closes this.',
    seats:
      'Ask the customer to remove users or to buy seats. What is too much ends by itself at the date that its administrators were told.',
    contract: 'Find out whether the contract goes on. What its users held has ended with it.',
    users: 'Its contract names nobody, so nobody can sign in. Add its administrator, then close this.',
    account:
      'Decide whether the account stays: give its holder a role, or take the account away in the system.',
  } satisfies Record<TaskKind, string>,
  people: (count: number) => counted(count, 'person', 'people'),
  owner: (name: string) => `Owner: ${name}.`,
  yours: 'Yours.',
  caption: 'left to do',
  closedCaption: 'closed',
  open: 'Open task',
  what: 'About it',
  facts: {
    owner: 'Owner',
    about: 'About',
    where: 'Where',
    resource: 'Resource',
    cause: 'What went wrong',
    opened: 'Since',
    closed: 'Closed',
    by: 'Closed by',
    how: 'How',
  },
  itself: 'it settled by itself',
  openProcess: 'Open the process',
  addUser: 'Add a person',
  openRequest: 'Open the request',
  close: {
    heading: 'Done?',
    comment: 'What was done about it?',
    hint: 'It stays in the records.',
    act: 'Close the task',
    refused: 'It wasn’t closed',
    itself: 'Closes by itself',
    itselfMore: 'Tenure goes on trying, and closes this task when it is done.',
    others: (name: string) => `Whose task it is closes it: ${name}, or who manages access.`,
    othersFact: 'Not yours to close',
  },
} as const;
