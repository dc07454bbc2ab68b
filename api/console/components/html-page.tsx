import { raw } from 'hono/html';
import type { Child, FC, PropsWithChildren } from 'hono/jsx';
import { once } from './once.ts';

// Without it browsers lay a page out as they did in the last century, tables above all.
const doctype = raw('<!doctype html>');
const ofEveryPage = once(
  <>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <meta name="referrer" content="no-referrer" />
    <meta name="robots" content="noindex, nofollow" />
  </>,
);

/** What every page of ours is, with or without a session: its language, its title, and that nobody else shall keep it. */
export const HtmlPage: FC<PropsWithChildren<{ title: string; head: Child }>> = ({
  title,
  head,
  children,
}) => (
  <>
    {doctype}
    <html lang="en">
      <head>
        {ofEveryPage}
        <title>{title}</title>
        {head}
      </head>
      <body>{children}</body>
    </html>
  </>
);

/** Our name, with the line that says how a span of time stands. */
export const Mark: FC<{ href?: string }> = ({ href }) =>
  href ? (
    <a class="mark" href={href}>
      {mark}
    </a>
  ) : (
    <span class="mark">{mark}</span>
  );

const mark = once(
  <>
    Tenure
    <svg aria-hidden="true" width="66" height="8" viewBox="0 0 66 8">
      <rect x="0" y="3" width="30" height="2" />
      <rect x="30" y="2" width="34" height="4" />
      <rect x="63" y="0" width="3" height="8" />
    </svg>
  </>,
);

/** Found by no search engine, kept by no cache, in nobody's frame, and its address told to nobody. */
export const privateHeaders = {
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
  'x-robots-tag': 'noindex, nofollow, noarchive',
  'cross-origin-opener-policy': 'same-origin',
} as const;
