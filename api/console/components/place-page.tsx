import type { Child, FC, PropsWithChildren } from 'hono/jsx';
import { ConsolePage, type Frame } from './console-page.tsx';
import { PanelPage } from './panel-page.tsx';

/** Where a page stands that both a customer's administrators and the vendor's people have. */
export interface PlaceFrame {
  frame: Frame;
  /** In a customer's own panel: whose, and whose space it is. Null: in the staff's console. */
  panel: { customer: string; vendor: string } | null;
}

type Props = PropsWithChildren<
  PlaceFrame & {
    title: string;
    lead?: Child;
    crumb?: Child;
    current: string;
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
