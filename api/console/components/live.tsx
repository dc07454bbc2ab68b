import type { FC } from 'hono/jsx';
import type { LiveKind } from '../../../db/queries/change.ts';
import { texts } from '../texts/live.ts';
import { Time } from './time.tsx';

/** What a page follows, so that it shows by itself what has become of it. */
export interface Live {
  /** What it shows all of that somebody may see. */
  kinds?: readonly LiveKind[];
  /** Or exactly these. */
  ids?: readonly string[];
  /** How it stands, in a sentence, which is said once whenever it has become another one. */
  says: string;
}

/** How far a page may follow what happens, and for how long whoever looks at it is signed in. */
export interface Watch {
  personId: string;
  /** When the session ends unless it is used, ISO 8601 UTC; null without one. */
  sessionEnds: string | null;
  /** What had been seen when the page was made; null while nobody follows. */
  since: string | null;
  /** False for the answer to a form: its address shows something else. */
  isOn: boolean;
}

/** What the scripts find on `main`. */
export function liveData(watch: Watch, live: Live | undefined): Record<string, string> {
  const whose = { 'data-person': watch.personId };
  if (!live || !watch.isOn) return whose;
  const since: Record<string, string> = watch.since === null ? {} : { 'data-since': watch.since };
  return {
    ...whose,
    ...since,
    'data-live': [...(live.kinds ?? []), ...(live.ids ?? [])].join(' '),
    'data-says': live.says,
  };
}

/** What a page says beside itself, each by a script: that something has changed, and that a session ends. */
export const Announcements: FC<{ watch: Watch }> = ({ watch: { sessionEnds } }) => (
  <>
    <p class="unseen" role="status" data-announce data-paused={texts.pausedMeans}></p>
    <div class="notice" role="status" data-stale hidden>
      <span>{texts.stale}</span> <a href="">{texts.anew}</a>
    </div>
    {sessionEnds !== null && (
      <div class="notice" role="alert" data-session-ends={sessionEnds} hidden>
        <span>
          {texts.sessionEnds} <Time at={sessionEnds} />. {texts.isKept}
        </span>{' '}
        <a href="/sign-in">{texts.stay}</a>
      </div>
    )}
  </>
);
