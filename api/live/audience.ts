import type { Change } from '../../db/queries/change.ts';
import type { PersonPrincipal } from '../principal.ts';
import type { WhatChanged } from './feed.ts';
import type { Line, LiveEvent } from './line.ts';

/** Somebody's one connection. A person may have several. */
export interface Viewer {
  line: Line;
  person: PersonPrincipal;
}

/** What one person has not been told yet, however often they are connected. */
interface Untold {
  what: Change[] | 'all';
  toldAt: number;
}

/** Who is connected, and what they have not been told yet. */
export interface Audience {
  readonly size: number;
  all(): Viewer[];
  ofPerson(personId: string): Viewer[];
  add(viewer: Viewer): void;
  leave(viewer: Viewer): void;
  /** Says the same to everybody. */
  say(event: Extract<LiveEvent, 'live' | 'paused' | 'beat'>, position: string | null): void;
  /** Keeps what has changed until it is told: for one person, or for everybody who is connected. */
  note(personId: string, what: WhatChanged): void;
  noteForAll(what: WhatChanged): void;
  /** What is to be told now: nobody is told sooner than `pauseMs` after the last time. */
  due(pauseMs: number): { personId: string; what: Change[] | 'all' }[];
  /** Takes note that a person was told that. */
  told(personId: string, what: Change[] | 'all'): void;
}

/** More is not told one by one. */
const untoldAtMost = 5_000;

/** Begins without anybody; `watch` is told how many connections there are whenever that changes. */
export function createAudience(watch: (connections: number) => void): Audience {
  const viewers = new Set<Viewer>();
  const untold = new Map<string, Untold>();
  const ofPerson = (personId: string) => [...viewers].filter(({ person }) => person.personId === personId);

  function note(personId: string, what: WhatChanged): void {
    const known = untold.get(personId) ?? { what: [], toldAt: 0 };
    if (what.length > 0) untold.set(personId, { ...known, what: together(known.what, what) });
  }

  return {
    get size() {
      return viewers.size;
    },
    all: () => [...viewers],
    ofPerson,
    add(viewer) {
      viewers.add(viewer);
      watch(viewers.size);
    },
    leave(viewer) {
      viewers.delete(viewer);
      if (ofPerson(viewer.person.personId).length === 0) untold.delete(viewer.person.personId);
      watch(viewers.size);
    },
    say(event, position) {
      for (const { line } of viewers) line.say(event, {}, position);
    },
    note,
    noteForAll(what) {
      if (what.length === 0) return;
      for (const id of new Set([...viewers].map(({ person }) => person.personId))) note(id, what);
    },
    due(pauseMs) {
      const now = performance.now();
      return [...untold].flatMap(([personId, { what, toldAt }]) =>
        what.length > 0 && now - toldAt >= pauseMs ? [{ personId, what }] : [],
      );
    },
    told(personId, what) {
      const known = untold.get(personId);
      if (known) untold.set(personId, { what: restOf(known.what, what), toldAt: performance.now() });
    },
  };
}

function together(known: Change[] | 'all', what: WhatChanged): Change[] | 'all' {
  if (known === 'all' || what === 'all' || known.length + what.length > untoldAtMost) return 'all';
  return [...known, ...what];
}

/** What was noted meanwhile stands behind what was told. */
function restOf(known: Change[] | 'all', told: Change[] | 'all'): Change[] {
  return known === 'all' || told === 'all' ? [] : known.slice(told.length);
}
