import type { CatalogList, Duty } from '../../../domain/catalog.ts';
import { asBeginning, counted, oneOf } from '../words.ts';

interface PartWords {
  one: string;
  all: string;
  /** On the button that begins a new one. */
  add: string;
  none: string;
  noneMore: string;
  /** Of the columns after the name. */
  columns: readonly [string, string, string];
}

const parts: Readonly<Record<CatalogList, PartWords>> = {
  roles: {
    one: 'role',
    all: 'Roles',
    add: 'Add a role',
    none: 'There is no role yet',
    noneMore: 'A role is a named set of what its holders may do.',
    columns: ['Gives', 'Includes', 'In Tenure'],
  },
  tiers: {
    one: 'tier',
    all: 'Tiers',
    add: 'Add a tier',
    none: 'There is no tier yet',
    noneMore: 'A tier says which roles a customer’s users may hold, and how many they are.',
    columns: ['Roles', 'Seats', 'Features'],
  },
  resources: {
    one: 'resource',
    all: 'Resources',
    add: 'Add a resource',
    none: 'There is no resource yet',
    noneMore: 'A resource is what access is held on.',
    columns: ['Whose data', 'Data', 'What may be done'],
  },
  customer_types: {
    one: 'customer type',
    all: 'Customer types',
    add: 'Add a customer type',
    none: 'There is no customer type yet',
    noneMore: 'A customer type says what a new customer begins with.',
    columns: ['Tier', 'First users', 'Its approval'],
  },
  overrides: {
    one: 'override',
    all: 'Overrides',
    add: 'Add an override',
    none: 'No customer has an exception',
    noneMore: 'An override is an exception from the tier for one customer. It ends by itself.',
    columns: ['Instead of the tier', 'Ends', 'Why'],
  },
};

/** Names with how many more there are. */
function someOf(names: readonly string[], most: number, all = names.length): string {
  const shown = names.slice(0, most);
  const rest = all - shown.length;
  return rest > 0 ? `${shown.join(', ')} and ${rest} more` : oneOf(shown, 'and');
}

const people = (count: number) => counted(count, 'person', 'people');

/** What the catalog's pages say. */
export const catalogTexts = {
  way: 'Catalog',
  parts,
  settings: 'Settings',
  unknownAuthor: 'the system',
  title: (revision: number) =>
    revision === 0 ? 'The catalog is empty' : `The catalog is at revision ${revision}`,
  changedBy: (who: string) => `${asBeginning(who)} changed it`,
  because: (reason: string) => `“${reason}”`,
  much: (counts: readonly (readonly [number, CatalogList])[]) =>
    `It has ${oneOf(
      counts.map(([count, part]) => counted(count, parts[part].one, parts[part].all.toLowerCase())),
      'and',
    )}.`,
  emptyLead: 'Add roles, then tiers; or load files with tenure config apply.',
  revisions: 'Revisions',
  allRevisions: 'See all revisions',
  seeAll: (count: number) => `See all ${count}`,
  list: {
    title: (part: CatalogList, count: number, isFound: boolean) => {
      const many = counted(count, parts[part].one, parts[part].all.toLowerCase());
      if (isFound) return count === 0 ? `No ${parts[part].one} is found` : `${many} found`;
      return count === 0 ? parts[part].none : `The catalog has ${many}`;
    },
    find: 'Name or key',
    act: 'Find',
    nothing: 'Nothing is called so',
    nothingMore: 'Try less of the name.',
  },
  name: 'Name',
  cell: {
    nothing: 'nothing by itself',
    many: (names: readonly string[]) =>
      names.length > 4 ? `${names.slice(0, 4).join(', ')} and ${names.length - 4} more` : names.join(', '),
    duties: (names: readonly string[]) => names.join('; '),
    seats: (seats: string) => (seats === 'unlimited' ? 'Seats: unlimited' : `${seats}\u00a0seats`),
    feature: (feature: string, isOn: boolean) => `${feature} ${isOn ? 'on' : 'off'}`,
    role: (role: string) => `may hold ${role}`,
    consent: 'other rules of approval',
    consents: 'approves access to its data',
    noConsent: 'not asked',
    allowedBy: (who: string) => `allowed by ${who}`,
    none: '–',
  },
  duty: {
    'read-records': 'Reads all records',
    'end-any-access': 'Ends any access',
    'administer-customer': 'Administers its own customer',
    'manage-access': 'Manages access and this catalog',
    'release-fences': 'Decides on fences',
  } satisfies Record<Duty, string>,
  setting: {
    churn_grace: 'After a contract ends, access stays',
    downgrade_grace: 'After a downgrade, more users than seats stay',
    standing_period: 'Access by role lasts, until a review renews it',
    'welcome.expires': 'A welcome link works for',
    'welcome.reminders': 'Reminders of it after',
    dunning: 'When a payment fails',
    restricted_roles: 'Roles that stay while a customer is restricted',
    'fence.people': 'Fence for people',
    'fence.source': 'Fence for customers of one source',
    handover: 'What leavers without a manager owned goes to',
  },
  settingWords: {
    dunning: (steps: readonly (readonly [state: string, after: string])[]) =>
      steps.length === 0
        ? 'nothing by itself'
        : steps.map(([state, after]) => (after ? `${state} after ${after}` : `${state} at once`)).join(', '),
    fence: (share: number, least: string, within: string) =>
      `${Math.round(share * 10_000) / 100}\u00a0% or ${least}, whichever is more, in ${within}`,
    nobody: 'nobody',
    notAtAll: 'not at all',
    change: 'Change the settings',
  },
  entry: {
    /** Under the name of a thing. */
    lead: (part: CatalogList, key: string, revision: number) =>
      `${/^[aeiou]/.test(parts[part].one) ? 'An' : 'A'} ${parts[part].one}, ${key}, as revision ${revision} has it.`,
    editing: (revision: number) => `Saving makes revision ${revision + 1}.`,
    newTitle: (part: CatalogList) => `A new ${parts[part].one}`,
    overrideTitle: (customer: string, what: string) => `${customer}: ${what}`,
    readOnly: 'Operations and administrators change it.',
    settingsTitle: 'Settings of the whole installation',
    remove: (part: CatalogList) => `Remove this ${parts[part].one}`,
    removeTitle: (name: string) => `Remove ${name}?`,
    removeLead: 'Nobody who uses it loses it by that: what is in use stays until nobody uses it.',
  },
  field: {
    key: 'Key',
    keyHint:
      'Small letters, digits and hyphens, such as acme-env. Files and policies name it by this; it stays as it is.',
    name: 'Name',
    reason: 'Reason for this change',
    reasonHint: 'It stays with the revision.',
    reasonFault: 'Say why. It stays with the revision.',
    duties: 'What it allows in Tenure itself',
    dutiesHint: 'Leave it empty for a customer’s roles, but for its administrators’.',
    includes: 'Includes',
    includesHint: 'It gives what these give, too.',
    conflicts: 'Nobody has it beside',
    entitlements: 'What it gives',
    seats: 'Seats',
    seatsHint: 'A number, or “unlimited”.',
    allowed: 'Roles its users may hold',
    added: '+ added',
    removed: '− removed',
    defaults: 'What new users start with',
    contractRole: (at: number) => `In a contract as (${at})`,
    contractRoleHint: 'For example member.',
    startsWith: (at: number) => `Starts with (${at})`,
    features: 'Features',
    feature: (at: number) => `Feature ${at}`,
    featureState: (at: number) => `Feature ${at} is`,
    on: 'on',
    off: 'off',
    kind: 'Kind',
    kindHint: 'Such as database or application; policies know it.',
    organization: 'Whose data it holds',
    organizationHint: 'A customer’s key; ours where customers share it.',
    owner: 'Owner',
    ownerHint: 'The e-mail address of the person who answers for it.',
    region: 'Region',
    regionOptional: 'optional; else the contract says it',
    classification: 'Data',
    connector: 'Connector',
    target: 'Target system',
    shared: 'Several customers’ data lie in it: access is held for one customer at a time',
    connection: 'Connection settings',
    connectionHint: 'A JSON object, as the connector wants it. Never a secret.',
    what: 'What may be done on it',
    entitlementKey: (at: number) => `Key ${at}`,
    entitlementName: (at: number) => `Name ${at}`,
    usual: 'Who usually holds it',
    usualHint: 'What is unlike this is pointed out to whoever decides.',
    usualEntitlement: (at: number) => `What (${at})`,
    usualRoles: (at: number) => `Roles (${at})`,
    usualPeriod: (at: number) => `At a time (${at})`,
    periodHint: 'An ISO 8601 period: PT2H is two hours, P90D ninety days.',
    tier: 'Tier',
    firstRoles: 'What its first users get',
    granted: 'Access is granted for, where the contract has no end',
    consent: 'Its own people approve our access',
    consentHint: 'To data of which classification, within what time. No tick: they are not asked.',
    consentAbout: (at: number) => `Data (rule ${at})`,
    consentWithin: (at: number) => `They answer within (rule ${at})`,
    consentEmergency: (at: number) => `In an emergency (rule ${at})`,
    report: 'access is given and reported to them',
    refuse: 'they are asked all the same',
    customer: 'Customer',
    customerHint: 'Its key.',
    exception: 'What is different',
    exceptions: [
      ['seats', 'Seats', 'another number of users'],
      ['feature', 'A feature', 'on or off'],
      ['role', 'A role', 'one more that its users may hold'],
      ['consent', 'Approval of our access', 'other rules than agreed'],
    ] as const,
    exceptionFeature: 'Feature',
    exceptionEnabled: 'The feature is',
    exceptionRole: 'Role',
    why: 'Why this customer',
    approver: 'Allowed by',
    approverHint: 'The e-mail address of one of our people: somebody else than you.',
    until: 'Ends',
    untilHint: (zone: string) => `After that the tier alone counts. In your time, ${zone}.`,
    choose: 'Choose one',
    more: 'Add another',
    unlimitedRoles: 'There is no role to choose yet.',
    dunningState: {
      notice: 'The customer is told after',
      restricted: 'Restricted after',
      suspended: 'Suspended after',
      offboarded: 'Offboarded after',
    },
    dunningHint: 'Periods since the first payment that failed; PT0S is at once, empty is never.',
    reminders: 'Reminders after',
    remindersHint: 'Periods with commas between, such as P2D, P5D.',
    fence: { people: 'Fence: people of one organization', source: 'Fence: customers of one source' },
    fenceHint:
      'More than this at once waits for a second person. The greater of both counts; a looser one only after a day.',
    share: 'Share of all',
    shareHint: '0.02 is two in a hundred.',
    least: 'At least',
    window: 'Within',
    handover: 'What leavers without a manager owned goes to',
    handoverHint: 'An e-mail address.',
  },
  groups: { times: 'How long things wait', welcome: 'Welcome', dunning: 'When a payment fails' },
  fault: {
    nameIt: 'Name it, or take the ticks away.',
    again: (key: string) => `${key} stands here a second time.`,
    noObject: 'This must be a JSON object, such as {"database": "acme_env"}.',
  },
  elsewhere: (noun: string, name: string, detail: string) => `${asBeginning(noun)} ${name}: ${detail}`,
  effect: {
    heading: 'What saving does',
    headingRemove: 'What removing does',
    headingReturn: 'What going back does',
    unseen: 'Change something, and see here who gains and loses what before you save.',
    nothing: 'Nothing is changed yet.',
    moves: (kind: 'gain' | 'lose', count: number, what: string, where: string) =>
      `${people(count)} ${kind}${count === 1 ? 's' : ''} “${what}” on ${where}`,
    who: (names: readonly string[], all: number) => `${someOf(names, names.length, all)}.`,
    whoAt: (name: string, organization: string) => `${name} at ${organization}`,
    keep: (count: number) => `${people(count)} ${count === 1 ? 'keeps' : 'keep'} what they hold`,
    nobody: 'Nobody gains or loses anything',
    more: (count: number) => `${counted(count, 'more change', 'more changes')} of the same kind`,
    wrong: (count: number) => `${counted(count, 'thing is', 'things are')} wrong; it can’t be saved so`,
    wrongAtFields: 'Each stands at its field.',
    fence: 'This reaches the fence',
    fenceMore: (all: number, waiting: number, organizations: readonly string[]) =>
      `${people(waiting)} of ${all} at ${someOf(organizations, 3)} would wait: more than the fence lets through at once. A second person must confirm. You can’t confirm your own change.`,
    computed: 'Computed from',
    computedFrom: (count: number) => `${people(count)} at`,
    again: 'If it would do something else when you save, you see it again first.',
    look: 'See the effect',
    lookAgain: 'See it again',
    save: 'Save',
    saveAnd: (count: number) => `Save and change ${people(count)}`,
    remove: 'Remove',
    removeAnd: (count: number) => `Remove and change ${people(count)}`,
    return: (revision: number) => `Go back to revision ${revision}`,
    returnAnd: (revision: number, count: number) => `Go back to ${revision} and change ${people(count)}`,
    confirm: 'Send for confirmation',
    lost: 'This isn’t saved',
    otherNow: 'It would do something else now than you saw. Look at the effect again.',
  },
  stale: {
    fact: (newest: number) => `Somebody else saved revision ${newest} meanwhile`,
    more: 'Yours isn’t saved. What you typed is kept below. See what changed, mend it, and look at the effect again.',
    changed: (base: number) => `Since revision ${base}`,
    nothing: 'What they changed has been taken back since.',
  },
  revision: {
    listTitle: (count: number, isMore: boolean) =>
      isMore ? 'The newest revisions' : `The catalog has ${counted(count, 'revision', 'revisions')}`,
    listLead: 'Each with who made it, why, and what it changed. Any of them can be gone back to.',
    none: 'Nobody has written the catalog yet',
    noneMore: 'The first save makes revision 1.',
    number: (revision: number) => `Revision ${revision}`,
    title: (revision: number, who: string) => `Revision ${revision}, by ${who}`,
    current: 'In force',
    see: 'See what changed',
    goBack: 'Go back to it',
    changes: 'What it changed',
    noChanges: 'It says the same as the one before.',
    moreChanges: (count: number) => counted(count, 'more change', 'more changes'),
    why: 'Why',
    when: 'When',
    by: 'By',
    older: 'Older revisions',
    returnTitle: (revision: number) => `Go back to revision ${revision}`,
    returnLead: (next: number) =>
      `The catalog becomes what it was then, as revision ${next}. Nothing of the history is lost.`,
    returnReason: (revision: number) => `Back to revision ${revision}`,
    saved: (revision: number) => `Revision ${revision} is in force`,
    savedMore: 'What follows for people is under way. What a fence holds waits for a second person.',
    processes: 'See how far it is',
    whole: 'removed as a whole',
    from: 'was',
    to: 'is',
    nothing: 'nothing',
  },
  noun: {
    resource: 'Resource',
    role: 'Role',
    tier: 'Tier',
    'customer type': 'Customer type',
    override: 'Override',
    settings: 'Settings',
  },
  change: { added: 'added', changed: 'changed', removed: 'removed' },
} as const;
