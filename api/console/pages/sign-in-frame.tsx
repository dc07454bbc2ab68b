import type { FC, PropsWithChildren } from 'hono/jsx';
import { type PlaceFrame, PlacePage } from '../components/place-page.tsx';
import { signInTexts as texts } from '../texts/admin-sign-in.ts';

/** What every page about an organization's sign-in is given. */
export interface SignInPlace extends PlaceFrame {
  /** The organization's name. */
  organization: string;
  vendor: string;
  /** The address of its sign-in settings. */
  base: string;
  /** The viewer's own id. */
  me: string;
}

const way = (place: SignInPlace) => (place.panel ? '/admin/sign-in' : '/sign-in-settings');

type FrameProps = PropsWithChildren<{
  place: SignInPlace;
  title: string;
  lead?: string | undefined;
  /** A page below the overview. */
  isBelow?: boolean;
}>;

/** The frame of every page about an organization’s sign-in. */
export const SignInFrame: FC<FrameProps> = ({ place, title, lead, isBelow = false, children }) => (
  <PlacePage
    frame={place.frame}
    panel={place.panel}
    title={title}
    lead={lead}
    current={way(place)}
    crumb={isBelow ? <a href={place.base}>{crumbOf(place)}</a> : crumbUp(place)}
  >
    {children}
  </PlacePage>
);

function crumbOf({ panel, organization }: SignInPlace): string {
  return panel ? texts.way : texts.settingsOf(organization);
}

function crumbUp({ panel }: SignInPlace) {
  return panel ? undefined : <a href="/sign-in-settings">{texts.way}</a>;
}
