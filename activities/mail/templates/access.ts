import type { NoticeItem, NoticeItems } from '../../../db/queries/notice.ts';
import type { Letter, LetterRow } from '../letter.ts';
import { tenureLine } from '../line.ts';
import { asName, asPeriod, asTime, asWords } from '../plain.ts';

/** Whom a message about requests and access is for, and what it tells of. */
export interface AccessWords {
  /** Whose product it is, fit for a message. */
  vendor: string;
  about: NoticeItems;
  /** Where links lead, without a slash at the end. */
  publicUrl: string;
  /** The reader works for a customer: its panel has what waits there. */
  isCustomers: boolean;
}

const opensOnly = 'The link opens a page. Opening it decides nothing.';

/** To those who may decide: requests wait for them. `isReminder`: they were told of before. */
export function requestWaits(words: AccessWords, isReminder: boolean): Letter {
  const { about, isCustomers } = words;
  const [first, ...others] = about.items;
  const one = first && others.length === 0 && about.count === 1 ? first : null;
  const still = isReminder ? 'still ' : '';
  const headline = one
    ? `${whoOf(one)} ${still}waits for your decision`
    : `${about.count} requests ${still}wait for your decision`;
  return {
    subject: one ? `${headline}: ${what(one)}` : headline,
    headline,
    paragraphs: isReminder ? ['Half of the time is over. What nobody decides in time lapses by itself.'] : [],
    rows: [...about.items.map(waitingRow), ...rest(about)],
    action: {
      label: one ? 'Read and decide' : 'See what waits for you',
      url: linkTo(words, isCustomers ? '/admin/access' : '/approvals', one),
    },
    after: [opensOnly],
    footer: footOf(words, 'you may decide such requests', one),
  };
}

function waitingRow(item: NoticeItem): LetterRow {
  const isLonger = item.requestKind === 'extension';
  const ticket = item.ticket === null ? [] : [`Ticket: ${asName(item.ticket)}`];
  return {
    title: `${item.reference ?? ''}, ${whoOf(item)}: ${isLonger ? `keep ${what(item)} longer` : what(item)}`,
    lines: [
      `${isLonger ? 'For another' : 'For'} ${asPeriod(item.period ?? '')}${item.startsAt ? `, from ${asTime(item.startsAt)}` : ''}`,
      `Why: ${asWords(item.justification ?? '')}`,
      ...ticket,
      ...(item.lapsesAt ? [`Lapses ${asTime(item.lapsesAt)}`] : []),
    ],
  };
}

/** To whom a request is about, and who made it: what became of it. */
export function requestDecided(words: AccessWords): Letter {
  const { about } = words;
  const [one] = about.items;
  const alone = about.count === 1 ? (one ?? null) : null;
  const headline = asBeginning(alone ? outcomeOf(alone) : `${about.count} requests were decided`);
  return {
    subject: alone ? `${alone.reference ?? ''}: ${headline}` : headline,
    headline,
    paragraphs: [],
    rows: [...about.items.map((item) => decidedRow(item, alone !== null)), ...rest(about)],
    action: {
      label: alone ? 'See what happened' : 'See your requests',
      url: linkTo(words, alone ? '/requests' : '/', alone),
    },
    footer: footOf(words, 'the request is yours or about you', alone),
  };
}

/** What became of it, in a sentence without its end. */
function outcomeOf(item: NoticeItem): string {
  const request = item.requestKind === 'extension' ? 'The extension' : 'The request';
  const by = asName(item.decision?.by ?? '');
  switch (item.state ?? 'withdrawn') {
    case 'approved':
      return `${request} is approved`;
    case 'granted':
      return item.grant
        ? `${what(item)} now lasts until ${asTime(item.grant.until)}`
        : `${request} is carried out`;
    case 'denied':
      return item.decision ? `${by} denied ${request.toLowerCase()}` : `${request} is denied`;
    case 'lapsed':
      return `${request} has lapsed: nobody decided in time`;
    case 'refused':
      return `${request} was approved, and is no longer allowed`;
    case 'failed':
      return `${request} came to nothing: the system could not be set up`;
    default:
      return `${request} was withdrawn`;
  }
}

const afterwards: Record<string, string> = {
  approved: 'Access begins when it is set up or its time has come. You are told then.',
  lapsed: 'Ask again if it is still needed.',
  refused: 'What policy asks for has changed meanwhile. Its page names the rule.',
  failed: 'What had been done was taken back. Nothing is left open; ask again, or ask operations.',
};

function decidedRow(item: NoticeItem, isAlone: boolean): LetterRow {
  const said = item.state === 'denied' && item.decision?.comment ? [asWords(item.decision.comment)] : [];
  const then = afterwards[item.state ?? ''];
  return {
    title: `${item.reference ?? ''}, ${what(item)}${item.isTheirs ? '' : `, for ${whoOf(item)}`}`,
    lines: [...(isAlone ? [] : [outcomeOf(item)]), ...said, ...(then && isAlone ? [then] : [])],
  };
}

/** To who holds access, and who asked for it: it has begun. */
export function accessBegun(words: AccessWords): Letter {
  return aboutAccess(words, {
    one: (item) => `${holds(item)} ${what(item)} until ${asTime(item.grant?.until ?? words.about.now)}`,
    many: (count) => `${count} accesses have begun`,
    lines: (item) => [`Ends by itself ${asTime(item.grant?.until ?? words.about.now)}`],
    after: ['Return it when you are done: that is one press on its page.'],
  });
}

/** To who holds access: it ends soon. */
export function endsSoon(words: AccessWords): Letter {
  return aboutAccess(words, {
    one: (item) => `${what(item)} ends ${asTime(item.grant?.dueAt ?? words.about.now)}`,
    many: (count) => `${count} of your accesses end soon`,
    lines: (item) => [`Ends ${asTime(item.grant?.dueAt ?? words.about.now)}`],
    after: [
      'Nothing is needed for it to end. If the work takes longer, ask for more time on its page before then.',
    ],
  });
}

/** To who held access, and who asked for it: it has ended, and by what. */
export function accessEnded(words: AccessWords): Letter {
  return aboutAccess(words, {
    one: (item) => `${item.isTheirs ? 'Your' : `${whoOf(item)}’s`} access has ended: ${what(item)}`,
    many: (count) => `${count} accesses have ended`,
    lines: endingOf,
    after: [],
  });
}

/** To the holder, who shall not use it, and to security: access is past its end and not confirmed gone. */
export function accessOverdue(words: AccessWords): Letter {
  const isHolders = words.about.items.every(({ isTheirs }) => isTheirs);
  const letter = aboutAccess(words, {
    one: (item) =>
      `${item.isTheirs ? 'Your' : `${whoOf(item)}’s`} access is past its end and not confirmed gone: ${what(item)}`,
    many: (count) => `${count} accesses are past their end and not confirmed gone`,
    lines: (item) => [`Should be gone since ${asTime(item.grant?.dueAt ?? words.about.now)}`],
    list: isHolders ? undefined : { label: 'See what is overdue', path: '/operations' },
    after: [
      isHolders
        ? 'The system doesn’t confirm that it is gone. We keep trying. Don’t use it.'
        : 'The system doesn’t confirm that it is gone. It is tried again and again, and stays listed until it is.',
    ],
  });
  return { ...letter, footer: [...letter.footer, 'It is about security, and always sent.'] };
}

interface AccessSentences {
  one: (item: NoticeItem) => string;
  many: (count: number) => string;
  lines: (item: NoticeItem) => string[];
  after: string[];
  /** Where several are seen, if not on the reader's own page. */
  list?: { label: string; path: string } | undefined;
}

const ownList = { label: 'See what you hold', path: '/' };

function aboutAccess(
  words: AccessWords,
  { one, many, lines, after, list = ownList }: AccessSentences,
): Letter {
  const { about } = words;
  const alone = about.count === 1 ? (about.items[0] ?? null) : null;
  const headline = asBeginning(alone ? one(alone) : many(about.count));
  return {
    subject: headline,
    headline,
    paragraphs: [],
    rows: [...about.items.map((item) => accessRow(item, about.now, lines(item))), ...rest(about)],
    action: {
      label: alone?.reference ? 'Open its page' : list.label,
      url: linkTo(words, alone?.reference ? '/requests' : list.path, alone),
    },
    after,
    footer: footOf(words, 'you hold this access or asked for it', alone),
  };
}

function accessRow(item: NoticeItem, now: string, lines: string[]): LetterRow {
  const { grant } = item;
  const whose = item.isTheirs ? '' : `, ${whoOf(item)}`;
  const isOver = grant?.endedAt != null;
  return {
    title: `${item.reference ? `${item.reference}, ` : ''}${what(item)}${whose}`,
    line: grant && tenureLine({ from: grant.from, until: grant.dueAt, now, isOver }),
    lines,
  };
}

function endingOf({ grant, isTheirs, person }: NoticeItem): string[] {
  if (!grant?.endedAt) return [];
  const at = asTime(grant.endedAt);
  const by = grant.endedByPerson === null ? null : asName(grant.endedByPerson);
  const reason = grant.reason === null ? [] : [asWords(grant.reason)];
  switch (grant.endedBy ?? 'unknown') {
    case 'time':
      return [`It ended in time, ${at}`];
    case 'return':
      return [`${isTheirs ? 'You' : asName(person ?? '')} returned it, ${at}`];
    case 'revocation':
      return [by === null ? `It was ended early, ${at}` : `${by} ended it early, ${at}`, ...reason];
    case 'cancellation':
      return [`It was withdrawn, ${at}`, ...reason];
    case 'engine':
      return [`It ended early because the process that carried it was stopped, ${at}`];
    default:
      return [`It ended, ${at}`];
  }
}

/** To who manages people: what these hold by their roles lapses unless somebody keeps it. */
export function reviewsDue(words: AccessWords): Letter {
  const { about, isCustomers } = words;
  const said = about.items.map(dueOf);
  const people = said.reduce((sum, one) => sum + one.people, 0);
  const headline =
    people === 1
      ? 'One person’s access waits for a review'
      : `The access of ${people} people waits for a review`;
  return {
    subject: headline,
    headline,
    paragraphs: [
      'What people hold by their roles lapses unless somebody says, with a reason, that it is kept.',
    ],
    rows: said.map(({ organization, people: count, first }) => ({
      title: `${asName(organization)}: ${count === 1 ? '1 person' : `${count} people`}`,
      lines: [`The first lapses ${asTime(first)}`],
    })),
    action: {
      label: 'See who it is about',
      url: `${words.publicUrl}${isCustomers ? '/admin' : '/operations/reviews'}`,
    },
    footer: footOf(words, 'you manage the access of these people', null),
  };
}

/** What a notice about reviews carries: a count and an instant, because no row says later how it stood. */
function dueOf({ data, organization }: NoticeItem): { organization: string; people: number; first: string } {
  const { people, first } = data;
  return {
    organization: organization ?? '',
    people: typeof people === 'number' ? people : 0,
    first: typeof first === 'string' ? first : '',
  };
}

/** The first letter large, for a sentence that begins with what is written small elsewhere. */
function asBeginning(words: string): string {
  return words.slice(0, 1).toUpperCase() + words.slice(1);
}

function whoOf({ person }: NoticeItem): string {
  return asName(person ?? 'Somebody');
}

function holds(item: NoticeItem): string {
  return item.isTheirs ? 'You have' : `${whoOf(item)} has`;
}

/** `operate on Acme’s environment`; of a shared resource, with whose data it is. */
function what({ entitlement, resource, customer }: NoticeItem): string {
  const whose = customer === null ? '' : `, ${asName(customer)}`;
  return `${asName(entitlement ?? 'access')} on ${asName(resource ?? 'a resource')}${whose}`;
}

/** How many more there are than are named. */
function rest({ count, items }: NoticeItems): LetterRow[] {
  const more = count - items.length;
  return more > 0 ? [{ title: `And ${more} more`, lines: [] }] : [];
}

function linkTo({ publicUrl }: AccessWords, list: string, one: NoticeItem | null): string {
  return one?.reference ? `${publicUrl}${list.replace(/\/$/, '')}/${one.reference}` : `${publicUrl}${list}`;
}

/** Why somebody gets it. */
function footOf({ vendor }: AccessWords, because: string, one: NoticeItem | null): string[] {
  const reference = one?.reference ? ` Reference: ${one.reference}.` : '';
  return [`Sent by Tenure at ${vendor}, because ${because}.${reference}`];
}
