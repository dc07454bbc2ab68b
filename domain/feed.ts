import { isId } from './ids.ts';

/** Where an event stands in the feed: the database cluster and the transaction that wrote it, and its id. */
export interface FeedPlace {
  cluster: string;
  xid: string;
  id: string;
}

const form = /^(\d{1,20})\.(\d{1,20})\.(aud_[0-9a-z]{26})$/;

/** A place as the outside keeps it; it means something to us alone. */
export function placeText({ cluster, xid, id }: FeedPlace): string {
  return `${cluster}.${xid}.${id}`;
}

/** Reads it back; null for what is none. */
export function readPlace(text: string): FeedPlace | null {
  const [, cluster = '', xid = '', id = ''] = form.exec(text) ?? [];
  // A 64-bit number is what the ledger compares it with.
  return isId('aud', id) && BigInt(xid) < 2n ** 64n ? { cluster, xid, id } : null;
}
