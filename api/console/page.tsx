import { createHash } from 'node:crypto';
import { raw } from 'hono/html';
import type { FC, PropsWithChildren } from 'hono/jsx';
import { HtmlPage, Mark, privateHeaders } from './components/html-page.tsx';
import { styles } from './styles.ts';

const styleHash = createHash('sha256').update(styles).digest('base64');

/**
 * What a page may do: show itself with this one style sheet, and post its forms back to us. No script, nothing from
 * elsewhere, in nobody's frame; found by no search engine, kept by no cache, and its address told to nobody.
 */
export const pageHeaders = {
  'content-security-policy': `default-src 'none'; style-src 'sha256-${styleHash}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
  ...privateHeaders,
} as const;

/** The same for a page with a script of our own, in a file of its own. */
export const scriptedPageHeaders = {
  ...pageHeaders,
  'content-security-policy': `${pageHeaders['content-security-policy']}; script-src 'self'`,
} as const;

/** The same for one whose script also asks us something. */
export const passkeyPageHeaders = {
  ...scriptedPageHeaders,
  'content-security-policy': `${scriptedPageHeaders['content-security-policy']}; connect-src 'self'`,
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
  <HtmlPage
    title={title}
    head={
      <>
        {refresh !== undefined && <meta http-equiv="refresh" content={`0;url=${refresh}`} />}
        <style>{raw(styles)}</style>
      </>
    }
  >
    <header>
      <Mark />
    </header>
    <main>{children}</main>
    {script !== undefined && <script src={script} defer></script>}
  </HtmlPage>
);
