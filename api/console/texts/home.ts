import { counted, oneOf } from '../words.ts';

/** The first page: what somebody holds, what waits for them, what they asked for. */
export const texts = {
  held: 'Held now',
  waits: 'Waits for you',
  allWaiting: (count: number) => `All ${count}\u00a0requests that wait`,
  requests: 'Your requests',
  nothingHeld: 'You hold nothing beyond your role',
  nothingHeldMore: 'That’s the normal state. When a ticket needs more, ask; it ends by itself.',
  nobodyWaits: 'Nobody waits for you',
  nobodyWaitsMore: 'A request that you may decide appears here, and tells you by mail.',
  noRequests: 'You have asked for nothing yet',
  noRequestsMore: 'What you ask for stays here with its answer.',
  byRole: (count: number) => `${count} more by your role`,
  title({ open, late, left }: { open: number; late: number; left: string | null }): string {
    const past = late === 1 ? 'One access is past its end.' : `${late} are past their end.`;
    if (left === null) return late > 0 ? past : `${texts.nothingHeld}.`;
    const next = open === 1 ? 'It' : 'The next';
    const held = `You have access to ${counted(open, 'system', 'systems')}. ${next} ends in ${left}.`;
    return late > 0 ? `${held} ${past}` : held;
  },
  says: ({ held, waiting, asked }: { held: number; waiting: number; asked: number }) =>
    `${held} held, ${waiting} waiting for you, ${asked} asked for.`,
  began: 'began',
  granted: (span: string) => `${span} granted`,
  getCredential: (resource: string) => `Get your credential for ${resource}`,
  openCredential: 'Open credential',
  runsSince: 'Your time runs since',
  shownOnce: 'The credential is shown once, so have a place to paste it.',
  lapsesIn: (span: string) => `lapses in ${span}`,
  asks: (person: string, thing: string, period: string) => `${person} asks: ${thing}, for ${period}`,
  wish: (thing: string, period: string) => `${thing}, for ${period}`,
  asked: 'asked',
} as const;

/** How a request stands, in words. */
export const states = {
  waits: (names: readonly string[]) => `Waits for ${oneOf(names, 'and')}`,
  approvedSoFar: (names: readonly string[]) => `${oneOf(names, 'and')} approved.`,
  settingUp: 'Approved; being set up',
  beginsSoon: 'Approved; begins soon',
  granted: 'Granted',
  deniedBy: (person: string) => `Denied by ${person}`,
  lapsed: 'Lapsed: nobody answered in time',
  cancelled: 'Withdrawn',
  refused: 'Refused by policy when it should begin',
  failed: 'It couldn’t be set up, and everything was undone',
} as const;
