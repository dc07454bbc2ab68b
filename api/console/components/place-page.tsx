import type { Child, FC, PropsWithChildren } from 'hono/jsx';
import { ConsolePage, type Frame } from './console-page.tsx';
import type { Live } from './live.tsx';
import { PanelPage } from './panel-page.tsx';

/** The names that the panel's frame says: whose it is, and whose space. */
export interface PanelNames {
  customer: string;
  vendor: string;
}

/** Where a page stands that both a customer's administrators and the vendor's people have. */
export interface PlaceFrame {
  frame: Frame;
  /** Null for whoever has the staff's console. */
  panel: PanelNames | null;
}

type Props = PropsWithChildren<
  PlaceFrame & {
    title: string;
    lead?: Child;
    crumb?: Child;
    /** The address of the way that it belongs to; null for a page of one's own. */
    current: string | null;
    /** What the page follows by itself; nothing unless given. */
    live?: Live;
    scripts?: readonly string[];
  }
>;

/** The same page in either frame. */
export const PlacePage: FC<Props> = ({ frame, panel, children, ...page }) =>
  panel ? (
    <PanelPage frame={frame} {...panel} {...page}>
      {children}
    </PanelPage>
  ) : (
    <ConsolePage frame={frame} {...page}>
      {children}
    </ConsolePage>
  );
