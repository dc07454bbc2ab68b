import { readFeed } from '../../db/queries/feed.ts';
import { type CloudEvent, cloudEventOf } from '../../domain/cloud-event.ts';
import { TenureError } from '../../domain/errors.ts';
import { placeText, readPlace } from '../../domain/feed.ts';
import type { ApiDeps } from '../deps.ts';
import type { PersonPrincipal } from '../principal.ts';
import { reading } from '../transact.ts';

/** A stretch of the feed. */
export interface FeedPage {
  events: CloudEvent[];
  /** What to ask for next, also where nothing new was there; null only while nothing ever happened. */
  after: string | null;
}

/**
 * What has happened since a place in the feed, oldest first: all of it for who reads every record, else what concerns the
 * caller's organization.
 * @throws TenureError `unknown-reference` for a place that is none of this feed
 */
export async function followFeed(
  deps: ApiDeps,
  caller: PersonPrincipal,
  wish: { after: string | undefined; limit: number },
): Promise<FeedPage> {
  const place = wish.after === undefined ? null : readPlace(wish.after);
  if (wish.after !== undefined && !place) throw unknownPlace();
  return reading(deps, caller, async (tx): Promise<FeedPage> => {
    const events = await readFeed(tx, place, wish.limit);
    if (!events) throw unknownPlace();
    const last = events.at(-1);
    return {
      events: events.map((event) => cloudEventOf(deps.publicUrl, event)),
      after: last ? placeText(last.place) : (wish.after ?? null),
    };
  });
}

function unknownPlace(): TenureError {
  const detail = 'This is no place in this feed. Use what an answer gave as `after`, or leave it out.';
  return new TenureError('unknown-reference', 'Something named is not known.', [
    { pointer: 'after', detail },
  ]);
}
