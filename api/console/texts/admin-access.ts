import type { Classification } from '../../../domain/catalog.ts';
import type { Ending } from '../../../domain/grant.ts';
import { asBeginning, counted, oneOf } from '../words.ts';

const endings: Record<Ending, string> = {
  time: 'in time',
  return: 'given back early',
  revocation: 'ended early',
  cancellation: 'withdrawn',
  offboarding: 'its holder left',
  rollback: 'undone',
  engine: 'stopped',
  'role-change': 'with a change of roles',
  suspension: 'with a suspension',
};

const data: Record<Classification, string> = {
  public: 'public',
  internal: 'internal',
  confidential: 'confidential',
  restricted: 'restricted',
};

/** What a customer's administrators read about who of the vendor reaches their data. */
export const vendorAccessTexts = {
  title: (people: number, vendor: string) =>
    people === 0
      ? `Nobody from ${vendor} can reach your data now`
      : `${counted(people, 'person', 'people')} from ${vendor} can reach your data now`,
  titleLate: (count: number, vendor: string) =>
    count === 1
      ? `1\u00a0access from ${vendor} should be gone, and isn’t confirmed gone`
      : `${count}\u00a0accesses from ${vendor} should be gone, and aren’t confirmed gone`,
  lead: 'Who they are, why, until when, and who said yes.',
  asks: (person: string, entitlement: string, resource: string, period: string) =>
    `${person} asks for ${resource}, ${entitlement}, for ${period}`,
  asksMore: (person: string, entitlement: string, resource: string, period: string) =>
    `${person} asks for another ${period} on ${resource}, ${entitlement}`,
  quote: (words: string) => `“${words}”`,
  agreed: (names: readonly string[]) => `${oneOf(names, 'and')} agreed.`,
  lapses: 'Lapses',
  andReads: 'Read and decide',
  elsewhere: 'Waits for others',
  waitsFor: (names: readonly string[]) => `Waits for ${oneOf(names, 'and')}.`,
  read: 'Read it',
  now: 'Now',
  nobodyNow: 'Nobody reaches your data',
  nobodyNowMore: (vendor: string) =>
    `That’s the normal state. When a ticket needs more, somebody at ${vendor} asks; it ends by itself.`,
  nowMore: (more: number) => `And ${more}\u00a0more, which end later. They stand in the list below.`,
  until: 'until',
  late: 'past its end',
  left: (span: string) => `${span} left`,
  isLate: (person: string) => `${person}’s access has ended but isn’t confirmed gone. We keep trying.`,
  end: 'End it now',
  endOf: (person: string, resource: string) => `${person}, ${resource}`,
  notEnded: 'That didn’t end it',
  emergency: 'Emergency, reported',
  emergencyMore: 'Whoever is on call went in at once. You were told when it began.',
  emergencyAsked: 'An emergency; you are asked even so.',
  day: 'Today',
  days: (count: number) => counted(count, 'day', 'days'),
  nothingDrawn: 'Nobody has reached your data',
  nothingDrawnMore: 'Whoever does stands here from the first minute on.',
  history: (from: string, to: string) => `${from} to ${to}`,
  historyLabel: 'What was held',
  count: (items: number, isMore: boolean) =>
    isMore ? `the newest ${counted(items, 'access', 'accesses')}` : counted(items, 'access', 'accesses'),
  nothing: 'Nobody had access in that time',
  nothingMore: 'Choose another period beside.',
  more: 'Show older',
  newest: 'Back to the newest',
  columns: { when: 'When', what: 'Who and what', why: 'Why', by: 'Approved by', end: 'What ended it' },
  ended: (by: Ending | null, who: string | null) => {
    if (who !== null && by === 'revocation') return `${who} ended it`;
    if (who !== null && by === 'return') return `${who} gave it back`;
    return by === null ? 'still open' : asBeginning(endings[by]);
  },
  at: (person: string, organization: string) => `${person} at ${organization}`,
  approvedBy: (names: string) => `Approved by ${names}.`,
  byNobody: 'nobody; it was reported to you',
  byPolicy: 'nobody; your rules allow it',
  byRole: 'nobody; it comes with a role',
  evidence: 'Evidence',
  from: 'From',
  to: 'To',
  show: 'Show',
  export: 'Export as CSV',
  exportMore: (vendor: string) =>
    `Every access of ${vendor}’s people in that time: who, when, why, who said yes and what ended it. Times are in UTC.`,
  rules: 'Your rules',
  change: 'Change rules',
  rule: {
    approval: 'Approval',
    emergency: 'Emergency',
    nothing: (vendor: string) => `${vendor}’s people need none of you.`,
    needed: (data: string, within: string) => `You approve access to ${data} data, within ${within}.`,
    all: (within: string) => `You approve each access, within ${within}.`,
    refuse: 'Not without you either.',
    report: 'Whoever is on call may enter at once. You are told, always.',
    both: (data: string) => `For ${data} data not without you either; else at once. You are told, always.`,
  },
  data: (classification: Classification) => data[classification],

  // One request or access.
  crumb: 'Vendor access',
  canReach: (person: string, resource: string) => `${person} can reach ${resource}`,
  cannot: (person: string, resource: string) => `${person} no longer reaches ${resource}`,
  shouldNot: (person: string, resource: string) => `${person} should no longer reach ${resource}`,
  wasDenied: (person: string) => `${person} was denied`,
  hasLapsed: (person: string) => `Nobody answered ${person} in time`,
  wasWithdrawn: (person: string) => `${person}’s request was withdrawn`,
  cameToNothing: (person: string) => `${person}’s access didn’t begin`,
  begins: (person: string) => `${person} may begin`,
  reference: 'Reference',
  notSaved: 'Your decision wasn’t saved',
  changed: 'It has changed since you read it. Read it again and decide.',
  notYours: 'This isn’t yours to decide now',
  othersMust: (names: readonly string[]) => asBeginning(`${oneOf(names, 'and')} must agree, too.`),
  facts: {
    who: 'Who',
    may: 'May',
    data: 'Data',
    ticket: 'Ticket',
    usual: 'Usual?',
    differs: 'Differs',
    agreed: 'Agreed',
    missing: 'Missing',
    answer: 'Answer by',
    emergency: 'Emergency',
  },
  dataOf: (classification: string, region: string) => `${classification}, ${region}`,
  noTicket: 'none',
  nobodyYet: 'nobody yet',
  begin: 'begins',
  periodAsked: (period: string) => `${period} asked`,
  periodAllowed: (period: string) => `${period} allowed`,
  whatHappened: 'What happened',
  story: {
    asked: (person: string, period: string) => `${person} asked for ${period}`,
    approved: (person: string) => `${person} approved`,
    denied: (person: string) => `${person} denied`,
    lapses: 'Lapses, if nobody answers',
    began: 'Access began',
    reported: 'Access began, in an emergency',
    reportedMore: 'You were told at once.',
    extended: 'It was extended',
    ended: 'Access ended',
    ends: 'Access ends',
    endsMore: 'It is taken back by itself.',
    late: 'Access should have ended',
    lateMore: 'It isn’t confirmed gone. We keep trying.',
    now: 'Now',
  },
  endIt: 'End it now',
  endMore: 'It ends at once, and open connections are cut.',
  why: 'Why?',
  whyAside: 'may be empty; stays in the records',

  // The rules.
  rulesTitle: (isAsked: boolean, vendor: string) =>
    isAsked
      ? `You approve what ${vendor}’s people reach`
      : `${vendor}’s people reach your data without asking you`,
  rulesLead: (vendor: string) =>
    `What you agreed on with ${vendor} stays. You can ask for more, at once, and take that back.`,
  inForce: 'In force',
  inForceColumns: { data: 'Data', approval: 'Needs your approval', emergency: 'In an emergency' },
  notNeeded: 'No',
  needed: (within: string) => `Yes, within ${within}`,
  inEmergency: { report: 'At once, and you are told', refuse: 'Not without you' },
  overrideConfirmed: (name: string) => `${name} confirmed it.`,
  overrideWaits: (vendor: string) =>
    `A second person at ${vendor} hasn’t confirmed it: until then it can only ask you about more.`,
  overrideBy: (vendor: string, reason: string) => `${vendor} changed what was agreed on: “${reason}”, until`,
  yours: 'What you ask for beyond that',
  isAsked: 'You approve each access',
  isAgreed: 'agreed on already',
  within: 'How long an answer may take',
  withinHint: 'A request that nobody answers in time lapses by itself.',
  emergencyField: 'In an emergency',
  emergencies: [
    [
      'report',
      'At once, and told',
      'Whoever is on call enters for at most 3 h. You are told when it begins.',
    ],
    ['refuse', 'Not without you', 'Nobody enters before one of you has approved.'],
  ],
  save: 'Save',
  saveMore: 'It counts for what is asked for from now on, and for what has not begun.',
  heldMore: 'Saving ends nothing: whoever has access now, also by an emergency, keeps it until its end.',
  heldSee: 'See who that is, and end it now',
  notChanged: 'That wasn’t saved',
  back: 'Back',
  lastChanged: (person: string) => `${person} changed it`,
} as const;
