import type { FC } from 'hono/jsx';
import { dayOf, exactly, momentWords, timeOfDay, useWhen } from '../when.ts';

/** How an instant is written: as short as is clear, the time of day alone, or the day alone. */
type Form = 'moment' | 'time' | 'day';

/** An instant in the viewer's zone; whoever points at it reads the full date in UTC. */
export const Time: FC<{ at: string; as?: Form; class?: string }> = ({ at, as = 'moment', class: name }) => {
  const when = useWhen();
  const words = { moment: momentWords, time: (one: string) => timeOfDay(one, when.zone), day: dayOf }[as](
    at,
    when,
  );
  return (
    <time datetime={at} title={exactly(at)} class={name ? `keep ${name}` : 'keep'}>
      {words}
    </time>
  );
};
