import type { Ledger } from '../../db/client.ts';
import { TenureError } from '../../domain/errors.ts';
import type { PersonPrincipal } from '../principal.ts';
import { createAudience, type Viewer } from './audience.ts';
import { createFeed } from './feed.ts';
import { createLine } from './line.ts';
import { createRound } from './round.ts';
import { createTeller } from './teller.ts';

/** How the room is run; in milliseconds. */
export interface LiveSettings {
  /** Between two looks at the change table. */
  everyMs: number;
  /** Whoever is connected is looked up again at least so often. */
  checkMs: number;
  /** One person is told at most so often. */
  pauseMs: number;
  /** So often something is said, so that both sides know the other is there. */
  beatMs: number;
  /** A ledger that says nothing for so long is away. */
  patienceMs: number;
  /** It is gone on for so long when nobody is connected: whoever goes to another page comes back. */
  lingerMs: number;
  /** A look that takes so long is given up. */
  giveUpMs: number;
  perPerson: number;
  perProcess: number;
}

export const defaultLive: LiveSettings = {
  everyMs: 250,
  checkMs: 2_000,
  pauseMs: 750,
  beatMs: 10_000,
  patienceMs: 2_000,
  giveUpMs: 10_000,
  lingerMs: 30_000,
  perPerson: 12,
  perProcess: 2_000,
};

/** Where those who look at a page are told that something of theirs has changed. */
export interface LiveRoom {
  /** What has been seen so far; a page brings it back when it connects. Null while nobody follows anything. */
  position(): string | null;
  /**
   * Connects somebody, who is told what has changed since that position and from now on.
   * @throws TenureError `too-many-requests`
   */
  join(person: PersonPrincipal, since: string | null): ReadableStream<Uint8Array>;
  /** Ends every connection: this process stops. */
  close(): void;
}

/**
 * Makes the room; `watch` is told how many connections there are whenever that changes. The ledger is read only while somebody is
 * there, and for a moment after.
 */
export function createLiveRoom(
  ledger: Ledger,
  settings: LiveSettings,
  watch: (connections: number) => void,
): LiveRoom {
  const feed = createFeed(ledger);
  const audience = createAudience(watch);
  const tell = createTeller(ledger, audience, settings, feed.position);
  const look = async (): Promise<void> => {
    audience.noteForAll(await feed.next());
    await tell();
  };
  const round = createRound(audience, settings, { look, position: feed.position, over: feed.forget });
  const isFull = (personId: string) =>
    audience.size >= settings.perProcess || audience.ofPerson(personId).length >= settings.perPerson;

  return {
    position: feed.position,
    join(person, since) {
      if (isFull(person.personId)) throw tooOften();
      const line = createLine(() => audience.leave(viewer));
      const viewer: Viewer = { line, person };
      audience.add(viewer);
      const position = feed.position();
      const missed = since === null || position === null ? 'all' : feed.since(since);
      line.say(round.isAway ? 'paused' : 'live', {}, position);
      if (missed === 'all') line.say('resync', {}, position);
      else audience.note(person.personId, missed);
      round.begin();
      return line.stream;
    },
    close() {
      round.close();
      for (const { line } of audience.all()) line.close();
    },
  };
}

function tooOften(): TenureError {
  return new TenureError('too-many-requests', 'You are connected too often. Close a page and try again.');
}
