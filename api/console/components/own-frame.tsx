import type { Child, FC, PropsWithChildren } from 'hono/jsx';
import { ConsolePage, type Frame } from './console-page.tsx';
import { PanelPage } from './panel-page.tsx';

/** The names that the panel's frame says. */
export interface PanelNames {
  customer: string;
  vendor: string;
}

type Props = PropsWithChildren<{
  frame: Frame;
  /** Null for whoever has the staff's console. */
  panel: PanelNames | null;
  title: string;
  lead: string;
  crumb?: Child;
  scripts?: readonly string[];
}>;

/** The frame that somebody has everywhere else: a customer's administrators their panel, all others the console. */
export const OwnFrame: FC<Props> = ({ frame, panel, children, ...page }) =>
  panel ? (
    <PanelPage {...page} {...panel} frame={frame} current={null}>
      {children}
    </PanelPage>
  ) : (
    <ConsolePage {...page} frame={frame} current={null}>
      {children}
    </ConsolePage>
  );
