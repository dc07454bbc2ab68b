import type { Child, FC, PropsWithChildren } from 'hono/jsx';
import { asset } from '../assets.ts';
import { texts } from '../texts/common.ts';
import { timeOfDay, useWhen, zoneName } from '../when.ts';

type DocumentProps = PropsWithChildren<{ title: string; scripts?: readonly string[]; head?: Child }>;

/** The page around everything: what it looks like, what it may run, and that nobody else shall keep it. */
export const Document: FC<DocumentProps> = ({ title, scripts = [], head, children }) => (
  <html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <meta name="referrer" content="no-referrer" />
      <meta name="robots" content="noindex, nofollow" />
      <title>{`${title} · Tenure`}</title>
      <link
        rel="preload"
        href={asset('archivo-latin.woff2')}
        as="font"
        type="font/woff2"
        crossorigin="anonymous"
      />
      <link rel="stylesheet" href={asset('console.css')} />
      <link rel="icon" href={asset('mark.svg')} type="image/svg+xml" />
      {head}
      {scripts.map((script) => (
        <script src={asset(script)} type="module" />
      ))}
    </head>
    <body>
      <a class="skip" href="#content">
        {texts.skip}
      </a>
      {children}
    </body>
  </html>
);

export const Mark: FC<{ href?: string }> = ({ href }) => {
  const drawing = (
    <>
      Tenure
      <svg aria-hidden="true" width="66" height="8" viewBox="0 0 66 8">
        <rect x="0" y="3" width="30" height="2" />
        <rect x="30" y="2" width="34" height="4" />
        <rect x="63" y="0" width="3" height="8" />
      </svg>
    </>
  );
  return href ? (
    <a class="mark" href={href}>
      {drawing}
    </a>
  ) : (
    <span class="mark">{drawing}</span>
  );
};

/** The viewer's time, and whether what is shown follows what happens. A script fills it in when it loses touch. */
export const Clock: FC = () => {
  const { now, zone } = useWhen();
  return (
    <p class="clock" data-clock>
      <i aria-hidden="true" />
      <span data-liveness>{texts.live}</span>
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
  scripts?: readonly string[];
  /** On a phone, in place of the tabs: the page's one task. */
  dock?: Child;
}>;

/** A page of the staff's console. */
export const Shell: FC<ShellProps> = ({ ways, current, onlooker, dock, children, ...page }) => (
  <Document title={page.title} scripts={['console.js', ...(page.scripts ?? [])]}>
    <header class="bar">
      <Mark href="/" />
      <Clock />
    </header>
    <div class="shell">
      <nav class="side" aria-label={texts.ways}>
        <Mark href="/" />
        <Ways ways={ways} current={current} />
        <Who onlooker={onlooker} />
      </nav>
      <main class="main" id="content">
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
        <Ways ways={ways.filter(({ isTab }) => isTab)} current={current} />
      </nav>
    )}
  </Document>
);

/** Who is signed in, and how they leave. */
const Who: FC<{ onlooker: Onlooker }> = ({ onlooker }) => (
  <div class="who">
    <b>{onlooker.name}</b>
    <span>{onlooker.standing}</span>
    <form method="post" action="/sign-out">
      <input type="hidden" name="csrf" value={onlooker.csrf} />
      <button type="submit" class="link">
        {texts.signOut}
      </button>
    </form>
  </div>
);

const Ways: FC<{ ways: readonly Way[]; current: string | null }> = ({ ways, current }) => (
  <ul>
    {ways.map((way) => (
      <li>
        <WayLink way={way} current={current} />
      </li>
    ))}
  </ul>
);

const WayLink: FC<{ way: Way; current: string | null }> = ({ way: { href, label, count }, current }) => (
  <a href={href} aria-current={href === current ? 'page' : undefined}>
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
