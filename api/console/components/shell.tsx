import type { Child, FC, PropsWithChildren } from 'hono/jsx';
import { asset } from '../assets.ts';
import { texts } from '../texts/common.ts';
import { texts as liveTexts } from '../texts/live.ts';
import { timeOfDay, useWhen, zoneName } from '../when.ts';
import { HtmlPage, Mark } from './html-page.tsx';
import { Announcements, type Live, liveData, type Watch } from './live.tsx';
import { once } from './once.ts';

type DocumentProps = PropsWithChildren<{ title: string; scripts?: readonly string[]; head?: Child }>;

// A `link` that is drawn with a page is also looked for in the whole of it, to be put into the head where it already is.
const looks = once(
  <>
    <link
      rel="preload"
      href={asset('archivo-latin.woff2')}
      as="font"
      type="font/woff2"
      crossorigin="anonymous"
    />
    <link rel="stylesheet" href={asset('console.css')} />
    <link rel="icon" href={asset('mark.svg')} type="image/svg+xml" />
  </>,
);

/** The page around everything: what it looks like, and what it may run. */
export const Document: FC<DocumentProps> = ({ title, scripts = [], head, children }) => (
  <HtmlPage
    title={`${title} · Tenure`}
    head={
      <>
        {looks}
        {head}
        {scripts.map((script) => (
          <script src={asset(script)} type="module" />
        ))}
      </>
    }
  >
    <a class="skip" href="#content">
      {texts.skip}
    </a>
    {children}
  </HtmlPage>
);

/** When the page was what it shows. A script says so where it follows what happens, and when it loses touch. */
export const Clock: FC = () => {
  const { now, zone } = useWhen();
  return (
    <p class="clock" data-clock>
      <i aria-hidden="true" />
      <span data-live={liveTexts.live} data-paused={liveTexts.paused}>
        {liveTexts.asOf}
      </span>
      <span>
        <time datetime={now}>{timeOfDay(now, zone)}</time> {zoneName(now, zone)}
      </span>
    </p>
  );
};

export interface Way {
  href: string;
  label: string;
  /** How much waits there. */
  count?: number | undefined;
  /** It is a tab on a phone, too. */
  isTab: boolean;
  /** It stands on a phone alone. */
  isOnPhone?: true;
}

/** Who looks at the page, for its frame. */
export interface Onlooker {
  name: string;
  /** What they are here: `support engineer, Northwind Cloud`. */
  standing: string;
  csrf: string;
}

type ShellProps = PropsWithChildren<{
  title: string;
  /** The title as it stands on the page, where it is more than text. */
  heading?: Child;
  lead?: Child;
  crumb?: Child;
  ways: readonly Way[];
  /** The address of the way this page belongs to. */
  current: string | null;
  onlooker: Onlooker;
  watch: Watch;
  /** What it follows; nothing unless given. */
  live?: Live;
  scripts?: readonly string[];
  /** On a phone, in place of the tabs: the page's one task. */
  dock?: Child;
}>;

/** A page of the staff's console. */
export const Shell: FC<ShellProps> = ({ ways, current, onlooker, watch, live, dock, children, ...page }) => (
  <Document
    title={page.title}
    scripts={['console.js', ...(live ? ['live.js'] : []), ...(page.scripts ?? [])]}
  >
    <header class="bar">
      <Mark href="/" />
      <Clock />
    </header>
    <div class="shell">
      <nav class="side" aria-label={texts.ways}>
        <Mark href="/" />
        <Ways ways={ways.filter(({ isTab, isOnPhone }) => isTab && !isOnPhone)} current={current} />
        <Ways ways={ways.filter(({ isTab }) => !isTab)} current={current} />
        <Who onlooker={onlooker} />
      </nav>
      <main class="main" id="content" {...liveData(watch, live)}>
        {page.crumb && <p class="crumb">{page.crumb}</p>}
        <div class="head">
          <div>
            <h1>{page.heading ?? page.title}</h1>
            {page.lead && <p class="lead">{page.lead}</p>}
          </div>
          <Clock />
        </div>
        {children}
        <footer class="phone-only">
          <Who onlooker={onlooker} />
        </footer>
      </main>
    </div>
    {dock ? (
      <div class="dock">{dock}</div>
    ) : (
      <nav class="tabs" aria-label={texts.ways}>
        <Ways ways={ways.filter(({ isTab }) => isTab)} current={tabOf(ways, current)} />
      </nav>
    )}
    <Announcements watch={watch} />
  </Document>
);

/** Who is signed in, and how they leave. */
const Who: FC<{ onlooker: Onlooker }> = ({ onlooker }) => (
  <div class="who">
    <a href="/account">
      <b>{onlooker.name}</b>
      <span class="unseen">, {texts.account}</span>
    </a>
    <span>{onlooker.standing}</span>
    <form method="post" action="/sign-out">
      <input type="hidden" name="csrf" value={onlooker.csrf} />
      <button type="submit" class="link">
        {texts.signOut}
      </button>
    </form>
  </div>
);

/** On a phone what is no tab stands behind the last one. */
function tabOf(ways: readonly Way[], current: string | null): string | null {
  const isBehind = ways.some(({ href, isTab }) => href === current && !isTab);
  return isBehind ? (ways.find(({ isOnPhone }) => isOnPhone)?.href ?? null) : current;
}

const Ways: FC<{ ways: readonly Way[]; current: string | null }> = ({ ways, current }) =>
  ways.length === 0 ? <></> : <ul>{ways.map((way) => entryOf(way, way.href === current))}</ul>;

/** Every page has some twenty of these, and there are few different ones. */
const entriesKept = 500;
const entries = new Map<string, Child>();

function entryOf(way: Way, isCurrent: boolean): Child {
  const key = `${way.href} ${isCurrent} ${way.count ?? 0} ${way.label}`;
  const known = entries.get(key);
  if (known !== undefined) return known;
  const made = once(
    <li>
      <WayLink way={way} isCurrent={isCurrent} />
    </li>,
  );
  if (entries.size < entriesKept) entries.set(key, made);
  return made;
}

const WayLink: FC<{ way: Way; isCurrent: boolean }> = ({ way: { href, label, count }, isCurrent }) => (
  <a href={href} aria-current={isCurrent ? 'page' : undefined}>
    <span>{label}</span>
    {count !== undefined && count > 0 && (
      <b>
        {count}
        <span class="unseen"> {texts.waiting}</span>
      </b>
    )}
  </a>
);

/** A page for somebody who is not signed in: the mark, one column, one thing to do. */
export const Alone: FC<PropsWithChildren<{ title: string; lead?: Child; scripts?: readonly string[] }>> = ({
  title,
  lead,
  scripts = [],
  children,
}) => (
  <Document title={title} scripts={scripts}>
    <div class="alone">
      <header>
        <Mark />
      </header>
      <main id="content">
        <h1>{title}</h1>
        {lead && <p class="lead">{lead}</p>}
        {children}
      </main>
    </div>
  </Document>
);
