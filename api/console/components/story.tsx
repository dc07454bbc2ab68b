import type { Child, FC } from 'hono/jsx';
import { Time } from './time.tsx';

/** One thing that happened, or will. */
export interface Moment {
  at: string;
  fact: Child;
  detail?: Child;
  /** The line from here to the next: access is used, is still to come, or is over. */
  next?: 'used' | 'to-come' | 'after' | undefined;
}

/** What happened, in its order. */
export const Story: FC<{ moments: readonly Moment[]; as?: 'moment' | 'time' }> = ({
  moments,
  as = 'moment',
}) => (
  <ol class="story">
    {moments.map(({ at, fact, detail, next }) => (
      <li class={next}>
        <Time at={at} as={as} class="time" />
        <div>
          <h3>{fact}</h3>
          {detail && <p class="meta">{detail}</p>}
        </div>
      </li>
    ))}
  </ol>
);
