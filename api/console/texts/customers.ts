import { counted } from '../words.ts';

/** What the pages about customers say. */
export const customerTexts = {
  title: (count: number, isMore: boolean, isFound: boolean) => {
    if (count === 0) return isFound ? 'No customer is found' : 'There is no customer yet';
    const many = isMore ? `The newest ${count} customers` : counted(count, 'customer', 'customers');
    return isFound ? `${many} ${count === 1 ? 'is' : 'are'} found` : many;
  },
  lead: 'Each with its plan, its people, and who of us reaches its data.',
  list: 'Customers',
  none: 'No customer is called so',
  noneMore: 'A customer appears with its first contract event, or with an import.',
  find: { label: 'Name', act: 'Find', state: 'Standing', any: 'Any' },
  all: 'Show all customers',
  columns: { name: 'Customer', tier: 'Tier', users: 'Users', region: 'Region', since: 'Since' },
  states: {
    active: 'Active',
    restricted: 'Restricted: payment is late',
    suspended: 'Suspended',
    ending: 'Leaving',
    ended: 'Has left',
  },
  noTier: 'none',
  customer: {
    titleNow: (people: number, vendor: string, customer: string) =>
      people === 0
        ? `Nobody from ${vendor} can reach ${customer}’s data now`
        : `${counted(people, 'person', 'people')} from ${vendor} can reach ${customer}’s data now`,
    lead: 'Who they are, why, until when, and who said yes.',
    leadUnseen: 'Who reached its data is shown to who reads all records.',
    today: 'Today',
    days: (count: number) => `${count} days`,
    nothingToday: 'Nobody reached it',
    nothingTodayMore: 'Whoever holds or held access in these days stands here, on one axis.',
    history: (from: string, to: string) => `${from} to ${to}`,
    historyLabel: 'Accesses of the period',
    count: (count: number, isMore: boolean) =>
      isMore ? `more than ${counted(count, 'access', 'accesses')}` : counted(count, 'access', 'accesses'),
    nothing: 'Nobody of us had access then',
    nothingMore: 'Try a longer period.',
    evidence: 'Evidence',
    evidenceMore: (vendor: string) =>
      `Every access by people from ${vendor} in the period, with reasons, decisions and ends, in UTC. It is made anew from the ledger.`,
    export: 'Export evidence',
    from: 'From',
    to: 'To, this day too',
    show: 'Show',
    backwards: 'The period ends before it begins.',
    noDay: 'There is no such day.',
    about: 'About',
    facts: {
      state: 'Standing',
      tier: 'Tier',
      seats: 'Seats',
      contract: 'Contract',
      until: 'Contract until',
      region: 'Region',
      type: 'Type',
      since: 'Customer since',
      approves: 'Vendor access',
      payment: 'Payment',
    },
    seats: (used: number, limit: number | null) =>
      limit === null ? `${used}, no limit` : `${used} of ${limit}`,
    seatsUntil: 'until',
    approves: (yes: boolean, vendor: string) =>
      yes ? 'its own administrators approve it, too' : `${vendor}’s people decide`,
    paymentLate: 'has failed since',
    noEnd: 'no end is set',
    users: 'Its users',
    resources: 'What it has',
    records: 'Records',
    features: 'Features',
    on: 'on',
    off: 'off',
    noFeatures: 'The tier names none.',
    overrides: 'Exceptions',
    noOverrides: 'None: the tier alone says it.',
    override: (what: {
      kind: string;
      seats?: number | null;
      feature?: string;
      enabled?: boolean;
      role?: string;
    }) => {
      if (what.kind === 'seats') return what.seats === null ? 'Seats without limit' : `${what.seats} seats`;
      if (what.kind === 'role') return `Role ${what.role} allowed`;
      if (what.kind === 'feature') return `${what.feature} ${what.enabled ? 'on' : 'off'}`;
      return 'Another approval of our access than was agreed on';
    },
    whetherItCounts: 'What it says, and whether it counts',
    overrideUntil: 'until',
    overrideBy: (approver: string, reason: string) => `${approver}: ${reason}`,
  },
  user: {
    title: (customer: string) => `Add a person to ${customer}`,
    add: 'Add a person',
  },
} as const;
