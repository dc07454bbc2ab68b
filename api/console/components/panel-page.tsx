import type { Child, FC, PropsWithChildren } from 'hono/jsx';
import type { CustomerWithSeats } from '../../operations/list-customers.ts';
import type { Outside } from '../../outside.ts';
import { brandSheet } from '../assets.ts';
import { texts } from '../texts/common.ts';
import { WhenProvider } from '../when.ts';
import type { Frame } from './console-page.tsx';
import { Announcements, type Live, liveData } from './live.tsx';
import { Clock, Document } from './shell.tsx';

/** What every page of the panel is given. */
export interface PanelFrame {
  frame: Frame;
  customer: Outside<CustomerWithSeats>;
  vendor: string;
  /** The viewer's own id. */
  me: string;
}

type Props = PropsWithChildren<{
  frame: Frame;
  /** The customer whose panel it is. */
  customer: string;
  vendor: string;
  title: string;
  lead?: Child;
  crumb?: Child;
  current: string | null;
  /** What the page follows by itself; nothing unless given. */
  live?: Live;
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
  live,
  scripts = [],
  dock,
  children,
}) => (
  <WhenProvider value={frame.when}>
    <Document
      title={title}
      scripts={['console.js', ...(live ? ['live.js'] : []), ...scripts]}
      head={frame.look.color && <link rel="stylesheet" href={brandSheet(frame.look.color)} />}
    >
      <header class="brandbar">
        <div>
          <b>{frame.look.name ?? customer}</b>
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
      <main class="panel-main" id="content" {...liveData(frame.watch, live)}>
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
          {texts.panel.space(customer, vendor)} <a href="/account">{frame.name}</a>.{' '}
          <a href="/admin/settings">{texts.panel.settings}</a>{' '}
          <button type="submit" class="link">
            {texts.signOut}
          </button>
        </form>
      </footer>
      {dock && (
        <aside class="dock" aria-label={texts.panel.dock}>
          {dock}
        </aside>
      )}
      <Announcements watch={frame.watch} />
    </Document>
  </WhenProvider>
);
