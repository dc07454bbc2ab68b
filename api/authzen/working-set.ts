import type { Ledger } from '../../db/client.ts';
import { readActiveCatalog } from '../../db/queries/catalog-revision.ts';
import { peopleOf, readWorkingPerson } from '../../db/queries/evaluation.ts';
import { createFollower, latestNow, type Pace } from './follower.ts';
import { type Entry, entryOf } from './entry.ts';

/** A person that questions are answered of, and the instant for which they are: milliseconds since 1970, by the ledger's clock. */
export interface Known {
  entry: Entry;
  nowMs: number;
  /** Nothing that was committed before this instant is missing. ISO 8601 UTC. */
  asOf: string;
}

/** The people of whom was asked lately, with all they hold, kept up to date by following what changes. */
export interface WorkingSet {
  /**
   * Somebody by id or e-mail address as they are in memory; undefined when they are not there, or when nobody knows any more that this is
   * what the ledger said a second ago.
   */
  recall(name: string): Known | undefined;
  /**
   * The same as the ledger says it now; null for nobody. `exact`: by a reading of its own, else by one that somebody else began just now.
   * @throws what the ledger throws
   */
  read(name: string, exact: boolean): Promise<Known | null>;
  close(): void;
}

/** So many people are kept; whoever was read longest ago goes first. */
const peopleAtMost = 50_000;
/** A reading that is under way answers those who ask for the same person so soon after, in milliseconds. */
const sharedMs = 250;

/** Whose rows these tables' changes name; of the others a change means that anything may be another. */
const byPerson = ['person', 'person_role'];
const byAnything = [
  'organization',
  'organization_consent',
  'consent_override',
  'resource',
  'entitlement',
  'role',
  'catalog_revision',
];

/** One reading under way. What changes meanwhile may or may not be in it, so that it is kept for nobody. */
interface Reading {
  begun: number;
  known: Promise<Known | null>;
  touched: Set<string>;
  isOvertaken: boolean;
}

export function createWorkingSet(ledger: Ledger, pace: Pace): WorkingSet {
  const people = new Map<string, Entry>();
  const idsByEmail = new Map<string, string>();
  const readings = new Set<Reading>();
  const newest = new Map<string, Reading>();

  function forget(id: string): void {
    const entry = people.get(id);
    people.delete(id);
    if (entry?.facts.email) idsByEmail.delete(entry.facts.email.toLowerCase());
    for (const reading of readings) reading.touched.add(id);
  }

  function forgetAll(): void {
    people.clear();
    idsByEmail.clear();
    for (const reading of readings) reading.isOvertaken = true;
  }

  const follower = createFollower(ledger, pace, {
    tables: ['access_grant', 'signal', ...byPerson, ...byAnything],
    forgetAll,
    async take(changes) {
      if (changes.some(({ table }) => byAnything.includes(table))) return forgetAll();
      const of = (...tables: string[]) =>
        changes.filter(({ table }) => tables.includes(table)).map(({ rowId }) => rowId);
      const [grants, signals] = [of('access_grant'), of('signal')];
      const touched = grants.length + signals.length > 0 ? await peopleOf(ledger, { grants, signals }) : [];
      for (const id of [...of(...byPerson), ...touched]) forget(id);
    },
  });

  function keep(entry: Entry, reading: Reading): void {
    const { facts } = entry;
    if (!follower.isFresh() || reading.isOvertaken || reading.touched.has(facts.id)) return;
    people.set(facts.id, entry);
    if (facts.email) idsByEmail.set(facts.email.toLowerCase(), facts.id);
    const oldest = people.size > peopleAtMost ? people.keys().next().value : undefined;
    if (oldest !== undefined) forget(oldest);
  }

  async function readNow(name: string, reading: Reading): Promise<Known | null> {
    const [facts, { catalog }] = await Promise.all([
      readWorkingPerson(ledger, name),
      readActiveCatalog(ledger.db),
    ]);
    if (!facts) return null;
    const entry = entryOf(facts, catalog);
    keep(entry, reading);
    const nowMs = latestNow(facts.nowMs, performance.now() - reading.begun);
    return { entry, nowMs, asOf: new Date(facts.nowMs).toISOString() };
  }

  return {
    recall(name) {
      const nowMs = follower.wanted();
      const entry = people.get(idsByEmail.get(name) ?? name);
      // What changes by itself is not noted by anybody.
      if (!entry || nowMs === undefined || nowMs >= entry.changesAtMs) return undefined;
      return { entry, nowMs, asOf: follower.asOf() };
    },
    read(name, exact) {
      const begun = performance.now();
      const underWay = newest.get(name);
      if (!exact && underWay && begun - underWay.begun < sharedMs) return underWay.known;
      const reading: Reading = {
        begun,
        known: Promise.resolve(null),
        touched: new Set(),
        isOvertaken: false,
      };
      readings.add(reading);
      newest.set(name, reading);
      reading.known = readNow(name, reading).finally(() => {
        readings.delete(reading);
        if (newest.get(name) === reading) newest.delete(name);
      });
      return reading.known;
    },
    close: () => follower.close(),
  };
}
