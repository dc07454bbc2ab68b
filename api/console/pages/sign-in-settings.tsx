import type { Child, FC } from 'hono/jsx';
import type { Faults } from '../components/form.tsx';
import { Refused } from '../components/note.tsx';
import { Section } from '../components/row.tsx';
import { signInTexts as texts } from '../texts/admin-sign-in.ts';
import { type Domain, Domains } from './sign-in-domain.tsx';
import { SignInFrame, type SignInPlace } from './sign-in-frame.tsx';
import { type Provider, Providers } from './sign-in-provider.tsx';

interface OverviewProps {
  place: SignInPlace;
  providers: readonly Provider[];
  domains: readonly Domain[];
  /** How many sessions are open, and whether there are more. */
  sessions: { count: number; isMore: boolean };
  /** What was typed as a domain. */
  typed: string;
  faults: Faults;
  refusal: string | null;
  /** What says its directory, of a customer. */
  directory: Child;
}

/** How an organization's people sign in: providers, domains, who is here, and the directory that says who they are. */
export const SignInSettingsPage: FC<OverviewProps> = ({
  place,
  providers,
  domains,
  sessions,
  typed,
  faults,
  refusal,
  directory,
}) => {
  const live = providers.find(({ state }) => state === 'live');
  const { organization } = place;
  return (
    <SignInFrame
      place={place}
      title={live ? texts.titleLive(organization, live.name) : texts.titleNone(organization)}
      lead={live ? (place.panel ? texts.lead : texts.leadStaff) : texts.leadNone}
    >
      <div class="stack">
        <Refused fact={texts.wasNotDone} refusal={refusal} />
        <Providers place={place} providers={providers} />
        <Domains place={place} domains={domains} typed={typed} faults={faults} />
        <Section id="here" title={texts.signedIn}>
          <p class="more">
            {texts.sessionsTitle(organization, sessions.count, sessions.isMore)}.{' '}
            {sessions.count > 0 && <a href={`${place.base}/sessions`}>{texts.sessions}</a>}
          </p>
        </Section>
        {directory}
      </div>
    </SignInFrame>
  );
};
