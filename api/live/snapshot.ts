/** What a transaction of PostgreSQL sees: all that committed before `xmin`, nothing from `xmax` on, and of those between what no longer ran. */
export interface Snapshot {
  xmin: number;
  xmax: number;
  running: ReadonlySet<number>;
}

/** Reads what `pg_snapshot` is written as, `xmin:xmax:xip,…`; null when it is none. */
export function readSnapshot(text: string): Snapshot | null {
  const [, xmin, xmax, running] = /^(\d{1,15}):(\d{1,15}):((?:\d{1,15},)*\d{1,15})?$/.exec(text) ?? [];
  if (xmin === undefined || xmax === undefined) return null;
  return { xmin: Number(xmin), xmax: Number(xmax), running: new Set((running ?? '').split(',').map(Number)) };
}

/** Whether what that transaction wrote is in the snapshot, given that it has committed since. */
export function isIn({ xmin, xmax, running }: Snapshot, xid: number): boolean {
  return xid < xmin || (xid < xmax && !running.has(xid));
}

/** Of two snapshots of one cluster: whether the first was taken no sooner than the other. */
export function isNoSooner(one: Snapshot, other: Snapshot): boolean {
  return one.xmin >= other.xmin && one.xmax >= other.xmax;
}
