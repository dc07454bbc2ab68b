import type { Child, FC, PropsWithChildren } from 'hono/jsx';
import { texts } from '../texts.ts';
import { type When, WhenProvider } from '../when.ts';
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
  const { way } = texts;
  const ways: Way[] = [
    { href: '/', label: way.home },
    { href: '/requests/new', label: way.request },
    { href: '/approvals', label: way.approvals, count: frame.waiting },
  ];
  return (
    <WhenProvider value={frame.when}>
      <Shell {...page} ways={ways} onlooker={frame}>
        {children}
      </Shell>
    </WhenProvider>
  );
};
