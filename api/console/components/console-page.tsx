import type { Child, FC, PropsWithChildren } from 'hono/jsx';
import { type When, WhenProvider } from '../when.ts';
import type { Place } from '../ways.ts';
import type { Live, Watch } from './live.tsx';
import { Shell, type Way } from './shell.tsx';

/** What every page of the console knows about whoever looks at it. */
export interface Frame {
  when: When;
  csrf: string;
  name: string;
  /** `support engineer, Northwind Cloud`. */
  standing: string;
  /** How many requests wait for their decision. */
  waiting: number;
  /** How much needs a hand, for whoever sees that. */
  stuck: number | undefined;
  /** Where else the person may go from here. */
  places: readonly Place[];
  /** What a customer has chosen for its own panel. */
  look: { color: string | null; name: string | null };
  watch: Watch;
}

type ConsolePageProps = PropsWithChildren<{
  frame: Frame;
  title: string;
  heading?: Child;
  lead?: Child;
  crumb?: Child;
  current: string | null;
  /** What the page follows by itself; nothing unless given. */
  live?: Live;
  scripts?: readonly string[];
  dock?: Child;
}>;

/** A page of the staff's console, with the ways that are open to whoever looks at it. */
export const ConsolePage: FC<ConsolePageProps> = ({ frame, children, ...page }) => {
  const ways: Way[] = frame.places.map((place) => ({
    ...place,
    count: { '/approvals': frame.waiting, '/operations': frame.stuck }[place.href],
  }));
  return (
    <WhenProvider value={frame.when}>
      <Shell {...page} ways={ways} onlooker={frame} watch={frame.watch}>
        {children}
      </Shell>
    </WhenProvider>
  );
};
