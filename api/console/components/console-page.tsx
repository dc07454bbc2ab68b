import type { Child, FC, PropsWithChildren } from 'hono/jsx';
import { type When, WhenProvider } from '../when.ts';
import type { Place } from '../ways.ts';
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
  /** Where else the person may go from here. */
  places: readonly Place[];
}

type ConsolePageProps = PropsWithChildren<{
  frame: Frame;
  title: string;
  heading?: Child;
  lead?: Child;
  crumb?: Child;
  current: string | null;
  scripts?: readonly string[];
  dock?: Child;
}>;

/** A page of the staff's console, with the ways that are open to whoever looks at it. */
export const ConsolePage: FC<ConsolePageProps> = ({ frame, children, ...page }) => {
  const ways: Way[] = frame.places.map((place) => ({
    ...place,
    count: place.href === '/approvals' ? frame.waiting : undefined,
  }));
  return (
    <WhenProvider value={frame.when}>
      <Shell {...page} ways={ways} onlooker={frame}>
        {children}
      </Shell>
    </WhenProvider>
  );
};
