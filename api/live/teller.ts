import type { Ledger } from '../../db/client.ts';
import { type Change, readConnected } from '../../db/queries/change.ts';
import type { Audience, Viewer } from './audience.ts';
import { itemsFor } from './changed-items.ts';

/** How many people are looked after at once: the ledger has others to answer. */
const tellsAtOnce = 4;

/** What telling goes by; in milliseconds. */
interface Pace {
  checkMs: number;
  pauseMs: number;
}

/**
 * Makes what tells everybody of what is due for them. Before anybody is told, and every `checkMs`, it is looked up anew who they are
 * and what they may see. `position`: what has been seen so far.
 */
export function createTeller(
  ledger: Ledger,
  audience: Audience,
  { checkMs, pauseMs }: Pace,
  position: () => string | null,
): () => Promise<void> {
  let checkedAt = 0;

  async function tell(personId: string, what: Change[] | 'all'): Promise<void> {
    const [first] = audience.ofPerson(personId);
    if (!first) return;
    const items = what === 'all' ? null : await itemsFor(ledger, first.person, what);
    for (const { line } of audience.ofPerson(personId)) {
      if (items === null) line.say('resync', {}, position());
      else if (items.length > 0) line.say('changed', { items }, position());
    }
    audience.told(personId, what);
  }

  return async () => {
    const due = audience.due(pauseMs);
    if (due.length > 0 || performance.now() - checkedAt >= checkMs) {
      await check(ledger, audience.all());
      checkedAt = performance.now();
    }
    for (let begin = 0; begin < due.length; begin += tellsAtOnce) {
      const some = due.slice(begin, begin + tellsAtOnce);
      await Promise.all(some.map(({ personId, what }) => tell(personId, what)));
    }
  };
}

/** Whoever was suspended, has left or signed out is told that it is over; of the others it is known anew what they may see. */
async function check(ledger: Ledger, connected: readonly Viewer[]): Promise<void> {
  const wish = connected.map(({ person: { personId, session } }) => ({
    personId,
    sessionId: session?.id ?? null,
  }));
  const found = await readConnected(ledger, wish);
  const known = new Map(found.map((one) => [`${one.personId} ${one.sessionId ?? ''}`, one]));
  for (const viewer of connected) {
    const { personId, session, expiresAt } = viewer.person;
    const now = known.get(`${personId} ${session?.id ?? ''}`);
    if (now && expiresAt * 1_000 > Date.now()) {
      const { email, name, organization, roles, duties } = now;
      viewer.person = { ...viewer.person, email, name, organization, roles, duties };
    } else viewer.line.end();
  }
}
