import type { ProcessKind, ProcessPersonState, ProcessState } from '../../../domain/process.ts';
import { counted } from '../words.ts';

/** What the pages about processes say. */
export const processTexts = {
  list: {
    title: (count: number, isMore: boolean) =>
      count === 0
        ? 'No process is under way'
        : `${isMore ? 'More than ' : ''}${counted(count, 'process is', 'processes are')} under way`,
    titles: {
      stuck: (count: number, isMore: boolean) =>
        count === 0
          ? 'No process is stuck'
          : `${isMore ? 'More than ' : ''}${counted(count, 'process doesn’t', 'processes don’t')} get on`,
      failed: (count: number, isMore: boolean) =>
        count === 0
          ? 'No process has failed'
          : `${isMore ? 'More than ' : ''}${counted(count, 'process has', 'processes have')} failed and was taken back`,
    },
    titleAll: 'Processes, under way and over',
    lead: 'Onboardings, role changes and offboardings: the standing access of people, brought to what it shall be.',
    heading: 'Processes',
    which: 'Which processes',
    open: 'Under way',
    stuck: 'Stuck',
    failed: 'Failed',
    all: 'All',
    none: 'Nothing here',
    noneMore: 'When a contract, a role or a person changes, what follows stands here until it is done.',
  },
  kinds: {
    onboarding: 'Onboarding',
    'role-change': 'Role change',
    offboarding: 'Offboarding',
  } satisfies Record<ProcessKind, string>,
  states: {
    waiting: 'Waits for its time',
    fenced: 'Held by a fence',
    running: 'Under way',
    confirming: 'Waits for people to confirm',
    undoing: 'Is being undone',
    done: 'Done',
    residue: 'Over, something is left',
    failed: 'Failed, taken back',
    discarded: 'Discarded',
  } satisfies Record<ProcessState, string>,
  personStates: {
    waiting: 'Waits',
    fenced: 'Held by a fence',
    applying: 'Under way',
    done: 'Done',
    failed: 'Failed',
    undone: 'Undone',
    skipped: 'Nothing to do',
  } satisfies Record<ProcessPersonState, string>,
  of: (kind: string, whom: string) => `${kind} of ${whom}`,
  progress: (done: number, total: number) => `${done} of ${counted(total, 'person', 'people')} done`,
  nobody: (isOver: boolean) => (isOver ? 'Nobody was affected' : 'Nobody is counted yet'),
  open: 'Open process',
  title: (kind: string, whom: string, state: string) => `${kind} of ${whom}: ${state.toLowerCase()}`,
  parts: {
    waiting: 'Waiting',
    fenced: 'At a fence',
    applying: 'Under way',
    done: 'Done',
    failed: 'Failed',
    undone: 'Undone',
  },
  howFar: 'How far it is',
  steps: 'What happened',
  moments: {
    created: 'It was asked for',
    by: (name: string) => `${name} asked for it`,
    due: 'Its time comes',
    started: 'It was taken up',
    settled: {
      done: 'It was done',
      residue: 'It was over, something is left',
      failed: 'It failed and was taken back',
      discarded: 'It was discarded',
    },
  },
  facts: {
    customer: 'Where',
    person: 'About',
    cause: 'Set off by',
    source: 'Source',
    error: 'What went wrong last',
    revision: 'Configuration',
    policy: 'Policy',
    replaced: 'Goes on in',
    tasks: 'Left to people',
  },
  revision: (number: number) => `revision ${number}`,
  task: 'Open task',
  people: 'People',
  noPeople: (isOver: boolean) => (isOver ? 'Nobody' : 'Nobody yet'),
  noPeopleMore: (isOver: boolean) =>
    isOver ? 'It was over before anybody was drawn up.' : 'Who it is about is drawn up when it is taken up.',
  tried: 'tried',
  retry: {
    heading: 'Try it again',
    more: 'A new process of the same kind about those for whom this one came to nothing. The tasks that told of it are closed.',
    reason: 'Why now?',
    hint: 'It stays in the records.',
    act: 'Try again',
    refused: 'It wasn’t tried again',
  },
  reviews: {
    title: (count: number, isMore: boolean) =>
      count === 0
        ? 'Nothing lapses in the next 30 days'
        : `${isMore ? 'More than ' : ''}${counted(count, 'role lapses', 'roles lapse')} in 30 days unless somebody keeps ${count === 1 ? 'it' : 'them'}`,
    lead: 'Standing access has an end. Keeping it is a decision with a reason; letting it end takes nothing.',
    heading: 'By what lapses first',
    none: 'Nothing is due',
    noneMore: 'What people hold by roles stands here 30 days before it lapses.',
    row: (name: string, role: string) => `${name}, ${role}`,
    given: 'given',
    reviewed: 'last kept',
    never: 'never reviewed',
    until: 'lapses',
    lapsed: 'lapsed',
    keep: 'Keep',
    own: 'Yours: somebody else keeps it or lets it end.',
    ends: 'What isn’t ticked ends by itself.',
    reason: 'Why do they still need it?',
    hint: 'It stays in the records of each of them.',
    act: 'Keep what is ticked',
    refused: 'Nothing was kept',
    pickOne: 'Tick at least one, or let them end.',
    readOnly: 'Who manages access keeps it or lets it end.',
  },
} as const;
