import { setTimeout as delay } from 'node:timers/promises';
import { type Ledger, within } from '../../db/client.ts';
import {
  type Change,
  type ChangedIds,
  followed,
  type LiveKind,
  readConnected,
  visibleChanges,
} from '../../db/queries/change.ts';
import type { PrincipalView } from '../../db/queries/person.ts';
import { TenureError } from '../../domain/errors.ts';
import { rules } from '../guards/rule.ts';
import { seesOthers } from '../operations/list-processes.ts';
import { type PersonPrincipal, scopeOf, viewerOf } from '../principal.ts';
import { createFeed, type WhatChanged } from './feed.ts';
import { createLine, type Line } from './line.ts';

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

interface Viewer {
  line: Line;
  person: PersonPrincipal;
}

/** What one person has not been told yet, however often they are connected. */
interface Untold {
  what: Change[] | 'all';
  toldAt: number;
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
  const viewers = new Set<Viewer>();
  const untold = new Map<string, Untold>();
  let isFollowing = false;
  let isAway = false;
  let isClosed = false;
  let checkedAt = 0;
  let beatAt = 0;

  const ofPerson = (personId: string) => [...viewers].filter(({ person }) => person.personId === personId);

  function leave(viewer: Viewer): void {
    viewers.delete(viewer);
    if (ofPerson(viewer.person.personId).length === 0) untold.delete(viewer.person.personId);
    watch(viewers.size);
  }

  function note(personId: string, what: WhatChanged): void {
    if (what.length === 0) return;
    const known = untold.get(personId) ?? { what: [], toldAt: 0 };
    if (known.what === 'all') return;
    const isMuch = what === 'all' || known.what.length + what.length > untoldAtMost;
    untold.set(personId, { ...known, what: isMuch ? 'all' : [...known.what, ...what] });
  }

  function sayToAll(event: 'live' | 'paused' | 'beat'): void {
    for (const { line } of viewers) line.say(event, {}, feed.position());
  }

  /** Whoever was suspended, has left or signed out is told that it is over; of the others it is known anew what they may see. */
  async function check(): Promise<void> {
    const connected = [...viewers];
    const wish = connected.map(({ person: { personId, session } }) => ({
      personId,
      sessionId: session?.id ?? null,
    }));
    const found = await readConnected(ledger, wish);
    const known = new Map(found.map((one) => [`${one.personId} ${one.sessionId ?? ''}`, one]));
    for (const viewer of connected) {
      const { personId, session, expiresAt } = viewer.person;
      const now: PrincipalView | undefined = known.get(`${personId} ${session?.id ?? ''}`);
      if (now && expiresAt * 1_000 > Date.now()) {
        const { email, name, organization, roles, duties } = now;
        viewer.person = { ...viewer.person, email, name, organization, roles, duties };
      } else viewer.line.end();
    }
    checkedAt = performance.now();
  }

  async function tell(personId: string, what: Change[] | 'all'): Promise<void> {
    const [first] = ofPerson(personId);
    if (!first) return;
    const items = what === 'all' ? null : await itemsFor(ledger, first.person, what);
    for (const { line } of ofPerson(personId)) {
      if (items === null) line.say('resync', {}, feed.position());
      else if (items.length > 0) line.say('changed', { items }, feed.position());
    }
  }

  async function tellAll(): Promise<void> {
    const now = performance.now();
    const due = [...untold].filter(
      ([, { what, toldAt }]) => what.length > 0 && now - toldAt >= settings.pauseMs,
    );
    if (due.length > 0 || now - checkedAt >= settings.checkMs) await check();
    for (let begin = 0; begin < due.length; begin += tellsAtOnce) {
      await Promise.all(
        due.slice(begin, begin + tellsAtOnce).map(async ([personId, { what }]) => {
          await tell(personId, what);
          const known = untold.get(personId);
          if (!known) return;
          // What was noted meanwhile stands behind what was told.
          const rest = known.what === 'all' || what === 'all' ? [] : known.what.slice(what.length);
          untold.set(personId, { what: rest, toldAt: performance.now() });
        }),
      );
    }
  }

  async function look(): Promise<void> {
    const what = await feed.next();
    if (what.length > 0)
      for (const id of new Set([...viewers].map(({ person }) => person.personId))) note(id, what);
    await tellAll();
  }

  function turn(away: boolean): void {
    if (away !== isAway) sayToAll(away ? 'paused' : 'live');
    isAway = away;
  }

  async function follow(): Promise<void> {
    let goneAt = performance.now();
    while (!isClosed && performance.now() - goneAt < settings.lingerMs) {
      const slow = setTimeout(() => turn(true), settings.patienceMs);
      try {
        // A question that was sent into nothing has no answer ever; the next one is sent another way.
        await Promise.race([look(), delay(settings.giveUpMs, null, { ref: false }).then(refuseToWait)]);
        turn(false);
      } catch {
        turn(true);
      } finally {
        clearTimeout(slow);
      }
      if (performance.now() - beatAt >= settings.beatMs) {
        beatAt = performance.now();
        sayToAll('beat');
      }
      await delay(settings.everyMs, undefined, { ref: viewers.size > 0 });
      if (viewers.size > 0) goneAt = performance.now();
    }
    isFollowing = false;
    feed.forget();
  }

  return {
    position: () => feed.position(),
    join(person, since) {
      if (viewers.size >= settings.perProcess || ofPerson(person.personId).length >= settings.perPerson)
        throw new TenureError(
          'too-many-requests',
          'You are connected too often. Close a page and try again.',
        );
      const line = createLine(() => leave(viewer));
      const viewer: Viewer = { line, person };
      viewers.add(viewer);
      watch(viewers.size);
      const position = feed.position();
      const missed = since === null || position === null ? 'all' : feed.since(since);
      line.say(isAway ? 'paused' : 'live', {}, position);
      if (missed === 'all') line.say('resync', {}, position);
      else note(person.personId, missed);
      if (!isFollowing) {
        isFollowing = true;
        void follow();
      }
      return line.stream;
    },
    close() {
      isClosed = true;
      for (const { line } of viewers) line.close();
    },
  };
}

/** More is not told one by one. */
const untoldAtMost = 5_000;
/** How many people are looked after at once: the ledger has others to answer. */
const tellsAtOnce = 4;

function refuseToWait(): never {
  throw new Error('The ledger says nothing.');
}

async function itemsFor(
  ledger: Ledger,
  person: PersonPrincipal,
  changes: readonly Change[],
): Promise<{ kind: LiveKind; id: string }[]> {
  const ids = idsOf(changes);
  const rights = {
    processes: seesOthers(person),
    fences: rules['fence-reader'].admits(person),
    people: rules['user-reader'].admits(person),
  };
  return within(ledger, scopeOf(person), (tx) => visibleChanges(tx, viewerOf(person), rights, ids));
}

function idsOf(changes: readonly Change[]): ChangedIds {
  const ids = (kind: keyof ChangedIds) => [
    ...new Set(changes.filter(({ table }) => followed[table] === kind).map(({ rowId }) => rowId)),
  ];
  return {
    access_request: ids('access_request'),
    grant: ids('grant'),
    task: ids('task'),
    process: ids('process'),
    fence_item: ids('fence_item'),
    person: ids('person'),
  };
}
