import type { Child, FC, PropsWithChildren } from 'hono/jsx';
import { texts } from '../texts/common.ts';
import { WhenProvider } from '../when.ts';
import type { Frame } from './console-page.tsx';
import { Clock, Document } from './shell.tsx';

type Props = PropsWithChildren<{
  frame: Frame;
  /** The customer whose panel it is. */
  customer: string;
  vendor: string;
  title: string;
  lead?: Child;
  crumb?: Child;
  current: string | null;
  scripts?: readonly string[];
  dock?: Child;
}>;

/** A page of a customer's own panel, in its name. The vendor's inner workings have no place here. */
export const PanelPage: FC<Props> = ({
  frame,
  customer,
  vendor,
  current,
  title,
  lead,
  crumb,
  scripts = [],
  dock,
  children,
}) => (
  <WhenProvider value={frame.when}>
    <Document title={title} scripts={['console.js', ...scripts]}>
      <header class="brandbar">
        <div>
          <b>{customer}</b>
          <nav aria-label={texts.ways}>
            <ul>
              {texts.panel.ways.map(([href, label]) => (
                <li>
                  <a href={href} aria-current={href === current ? 'page' : undefined}>
                    {label}
                  </a>
                </li>
              ))}
            </ul>
          </nav>
        </div>
      </header>
      <main class="panel-main" id="content">
        {crumb && <p class="crumb">{crumb}</p>}
        <div class="head">
          <div>
            <h1>{title}</h1>
            {lead && <p class="lead">{lead}</p>}
          </div>
          <Clock />
        </div>
        {children}
      </main>
      <footer class="panel-main foot">
        <form method="post" action="/sign-out" class="meta">
          <input type="hidden" name="csrf" value={frame.csrf} />
          {customer}’s space at {vendor}. Signed in as {frame.name}.{' '}
          <button type="submit" class="link">
            {texts.signOut}
          </button>
        </form>
      </footer>
      {dock && <div class="dock">{dock}</div>}
    </Document>
  </WhenProvider>
);
