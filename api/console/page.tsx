import { createHash } from 'node:crypto';
import { raw } from 'hono/html';
import type { FC, PropsWithChildren } from 'hono/jsx';
import { styles } from './styles.ts';

const styleHash = createHash('sha256').update(styles).digest('base64');

/**
 * What a page may do: show itself with this one style sheet, and post its forms back to us. No script, nothing from
 * elsewhere, in nobody's frame; found by no search engine, kept by no cache, and its address told to nobody.
 */
export const pageHeaders = {
  'content-security-policy': `default-src 'none'; style-src 'sha256-${styleHash}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
  'x-robots-tag': 'noindex, nofollow, noarchive',
  'cross-origin-opener-policy': 'same-origin',
} as const;

/** The same for a page with a script of our own, in a file of its own. */
export const scriptedPageHeaders = {
  ...pageHeaders,
  'content-security-policy': `${pageHeaders['content-security-policy']}; script-src 'self'`,
} as const;

interface PageParts {
  title: string;
  /** Where the browser goes on by itself, at once. */
  refresh?: string;
  /** A script of ours, which the page does without where it must. */
  script?: string;
}

/** A page for somebody who is not signed in: the mark, one column, one thing to do. */
export const Page: FC<PropsWithChildren<PageParts>> = ({ title, refresh, script, children }) => (
  <html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <meta name="referrer" content="no-referrer" />
      <meta name="robots" content="noindex, nofollow" />
      {refresh !== undefined && <meta http-equiv="refresh" content={`0;url=${refresh}`} />}
      <title>{title}</title>
      <style>{raw(styles)}</style>
    </head>
    <body>
      <header>
        <span class="mark">
          Tenure
          <svg aria-hidden="true" width="66" height="8" viewBox="0 0 66 8">
            <rect x="0" y="3" width="30" height="2" />
            <rect x="30" y="2" width="34" height="4" />
            <rect x="63" y="0" width="3" height="8" />
          </svg>
        </span>
      </header>
      <main>{children}</main>
      {script !== undefined && <script src={script} defer></script>}
    </body>
  </html>
);
