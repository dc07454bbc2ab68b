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
  /** How much is stuck, for whoever may look after it. */
  stuck: number;
  /** The addresses that they may go to. */
  ways: ReadonlySet<string>;
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
  const first: Way[] = [
    { href: '/', label: way.home },
    { href: '/requests/new', label: way.request },
    { href: '/approvals', label: way.approvals, count: frame.waiting },
  ];
  const second: Way[] = [
    { href: '/customers', label: way.customers },
    { href: '/people', label: way.people },
    { href: '/catalog', label: way.catalog },
    { href: '/operations', label: way.operations, count: frame.stuck },
    { href: '/audit', label: way.audit },
  ].filter(({ href }) => frame.ways.has(href));
  const tabs: Way[] = [
    { href: '/', label: way.home },
    { href: '/requests/new', label: way.requestShort },
    { href: '/approvals', label: way.approvals, count: frame.waiting },
    { href: '/more', label: way.more },
  ];
  return (
    <WhenProvider value={frame.when}>
      <Shell {...page} ways={second.length > 0 ? [first, second] : [first]} tabs={tabs} onlooker={frame}>
        {children}
      </Shell>
    </WhenProvider>
  );
};
