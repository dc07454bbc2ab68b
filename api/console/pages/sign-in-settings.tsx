import type { Child, FC, PropsWithChildren } from 'hono/jsx';
import type { ProviderView } from '../../../db/queries/sign-in-provider.ts';
import type { SessionView } from '../../../db/queries/session.ts';
import type { DomainAnswer } from '../../operations/change-sign-in-domain.ts';
import type { Outside } from '../../outside.ts';
import { ActionButton, type Faults, Form, TextArea, TextField } from '../components/form.tsx';
import { Facts } from '../components/facts.tsx';
import { Note, Refused, State } from '../components/note.tsx';
import { type PlaceFrame, PlacePage } from '../components/place-page.tsx';
import { Empty, Section } from '../components/row.tsx';
import { Time } from '../components/time.tsx';
import { nameOf } from '../request-words.ts';
import { signInTexts as texts } from '../texts/admin-sign-in.ts';

export type Provider = Outside<ProviderView>;
export type Domain = Outside<DomainAnswer>;
export type OpenSessionRow = Outside<SessionView>;

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

const Providers: FC<{ place: SignInPlace; providers: readonly Provider[] }> = ({ place, providers }) => {
  const current = providers.filter(({ state }) => state !== 'retired');
  const former = providers.length - current.length;
  const add = (
    <a class="button main-action" href={`${place.base}/new`}>
      {current.some(({ state }) => state === 'live') ? texts.replace : texts.setUp}
    </a>
  );
  return (
    <Section id="providers" title={texts.providers} aside={current.length > 0 && add}>
      {current.length === 0 ? (
        <Empty fact={texts.noProviders} action={add}>
          {texts.noProvidersMore}
        </Empty>
      ) : (
        <ul class="people">
          {current.map((provider) => (
            <li>
              <div>
                <h3>
                  <a href={`${place.base}/providers/${provider.id}`}>{provider.name}</a>
                </h3>
                <p class="meta">{provider.issuer}</p>
              </div>
              <div>
                <ProviderState provider={provider} />
              </div>
              <div class="acts">
                <a class="button" href={`${place.base}/providers/${provider.id}`}>
                  {texts.open}
                  <span class="unseen"> {provider.name}</span>
                </a>
              </div>
            </li>
          ))}
        </ul>
      )}
      {former > 0 && <p class="more meta">{texts.former(former)}.</p>}
    </Section>
  );
};

export const ProviderState: FC<{ provider: Provider }> = ({ provider: { state, live_at: liveAt } }) => {
  const words = texts.state[state];
  if (state === 'live')
    return (
      <State glyph="held" tone="live">
        {words} {liveAt && <>{texts.since} </>}
        {liveAt && <Time at={liveAt} />}
      </State>
    );
  if (state === 'retired') return <State glyph="ended">{words}</State>;
  return (
    <State glyph="waiting" tone="wait">
      {words}
    </State>
  );
};

type DomainsProps = { place: SignInPlace; domains: readonly Domain[]; typed: string; faults: Faults };

const Domains: FC<DomainsProps> = ({ place, domains, typed, faults }) => (
  <Section id="domains" title={texts.domains}>
    <p class="more meta">{texts.domainsMore}</p>
    {domains.length > 0 && (
      <ul class="people">
        {domains.map((domain) => (
          <DomainRow place={place} domain={domain} />
        ))}
      </ul>
    )}
    <Form action={`${place.base}/domains`} csrf={place.frame.csrf} class="narrow stack more">
      <TextField
        name="domain"
        label={texts.domain}
        hint={texts.domainHint}
        value={typed}
        isRequired
        fault={faults['domain']}
      />
      <div>
        <button type="submit">{texts.claim}</button>
      </div>
    </Form>
  </Section>
);

const DomainRow: FC<{ place: SignInPlace; domain: Domain }> = ({ place, domain }) => {
  const address = `${place.base}/domains/${domain.id}`;
  const { csrf } = place.frame;
  const isProven = domain.proof !== null;
  const [accepter] = domain.accepted_by;
  return (
    <li>
      <div>
        <h3>{domain.domain}</h3>
        {!isProven && accepter && <p class="meta">{texts.acceptedSoFar(nameOf(accepter))}</p>}
      </div>
      <div>
        <DomainState domain={domain} />
        {!isProven && (
          <>
            <p class="meta">{texts.record}</p>
            <p>
              <code class="breaks">{domain.txt_record}</code>
            </p>
            {place.panel && <p class="meta">{texts.accepts(place.vendor)}</p>}
          </>
        )}
      </div>
      <div class="acts">
        {!isProven && (
          <ActionButton
            action={`${address}/verification`}
            csrf={csrf}
            label={texts.verify}
            about={domain.domain}
          />
        )}
        {!isProven && !place.panel && domain.asked_by?.id !== place.me && (
          <ActionButton
            action={`/sign-in-settings/domains/${domain.id}/acceptance`}
            csrf={csrf}
            label={texts.accept}
            about={domain.domain}
          />
        )}
        <ActionButton action={`${address}/removal`} csrf={csrf} label={texts.giveUp} about={domain.domain} />
      </div>
    </li>
  );
};

const DomainState: FC<{ domain: Domain }> = ({ domain: { proof, accepted_by: acceptedBy } }) => {
  if (proof === null)
    return (
      <State glyph="waiting" tone="wait">
        {texts.notProven}
      </State>
    );
  const words = {
    dns: texts.provenDns,
    accepted: texts.provenAccepted(acceptedBy.map(nameOf)),
    local: texts.provenLocal,
  }[proof];
  return <p>{words}</p>;
};

interface ProviderProps {
  place: SignInPlace;
  provider: Provider;
  /** The name of the one that is live, if it is another. */
  live: string | null;
  refusal: string | null;
}

/** One provider, and what may be done with it now. */
export const ProviderPage: FC<ProviderProps> = ({ place, provider, live, refusal }) => {
  const address = `${place.base}/providers/${provider.id}`;
  const { state } = provider;
  const isOpen = state === 'draft' || state === 'tried';
  return (
    <SignInFrame place={place} title={provider.name} lead={texts.state[state]} isBelow>
      <div class="narrow stack">
        <Refused fact={texts.wasNotDone} refusal={refusal} />
        {isOpen && <NextStep place={place} provider={provider} live={live} />}
        <ProviderFacts provider={provider} />
        <div class="acts">
          {isOpen && (
            <a class="button" href={`${address}/change`}>
              {texts.change}
            </a>
          )}
          {state === 'live' && (
            <>
              <ActionButton action={`${address}/trial`} csrf={place.frame.csrf} label={texts.tryIt} />
              <a class="button" href={`${place.base}/new`}>
                {texts.replace}
              </a>
              <a class="button" href={`${address}/sign-out`}>
                {texts.signOutAll}
              </a>
            </>
          )}
          {state !== 'retired' && (
            <a class="button" href={`${address}/retirement`}>
              {texts.retire}
            </a>
          )}
        </div>
      </div>
    </SignInFrame>
  );
};

/** A draft is tried, then somebody else lets it live. */
const NextStep: FC<Omit<ProviderProps, 'refusal'>> = ({ place, provider, live }) => {
  const address = `${place.base}/providers/${provider.id}`;
  const { csrf } = place.frame;
  const isTried = provider.state === 'tried';
  const writer = provider.changed_by;
  const isWriter = writer?.id === place.me;
  return (
    <section class="panel stack" aria-label={texts.state[provider.state]}>
      {isTried && isWriter && (
        <Note tone="wait" glyph="waiting" fact={texts.state.tried}>
          {texts.youWroteIt}
        </Note>
      )}
      {isTried && !isWriter && (
        <>
          <p>{texts.goLiveMore(live)}</p>
          {writer && <p class="meta">{texts.waitsForSecond(nameOf(writer))}</p>}
          <ActionButton action={`${address}/go-live`} csrf={csrf} label={texts.goLive} isMain />
        </>
      )}
      <p class={isTried ? 'meta' : undefined}>{texts.tryMore}</p>
      <ActionButton action={`${address}/trial`} csrf={csrf} label={texts.tryIt} isMain={!isTried} />
    </section>
  );
};

const ProviderFacts: FC<{ provider: Provider }> = ({ provider }) => {
  const { facts } = texts;
  const { claims } = provider;
  const at = (instant: string | null) => instant && <Time at={instant} />;
  return (
    <Facts
      facts={[
        [facts.issuer, <span class="breaks">{provider.issuer}</span>],
        [facts.client, <span class="breaks">{provider.client_id}</span>],
        [facts.secret, provider.has_client_secret ? facts.hasSecret : facts.noSecret],
        [facts.names, [claims.email, claims.email_verified, claims.name, claims.groups].join(', ')],
        [facts.groups, <Mapping provider={provider} />],
        [
          facts.newPeople,
          provider.new_people === 'add' ? facts.added(provider.default_role ?? '') : facts.refused,
        ],
        [
          facts.written,
          <>
            {at(provider.changed_at)} {provider.changed_by && texts.by(nameOf(provider.changed_by))}
          </>,
        ],
        provider.tried_at ? [facts.tried, at(provider.tried_at)] : null,
        provider.live_at ? [facts.live, at(provider.live_at)] : null,
        provider.retired_at ? [facts.retired, at(provider.retired_at)] : null,
      ]}
    />
  );
};

const Mapping: FC<{ provider: Provider }> = ({ provider: { group_roles: lines } }) =>
  lines.length === 0 ? (
    <>{texts.facts.noGroups}</>
  ) : (
    <ul>
      {lines.map(({ group, role }) => (
        <li>{texts.gives(group, role)}</li>
      ))}
    </ul>
  );

interface ReasonProps {
  place: SignInPlace;
  title: string;
  lead: string;
  label: string;
  action: string;
  back: string;
  reason: string | undefined;
  fault: string | undefined;
  refusal: string | null;
}

/** What needs a reason: retiring a provider, and signing everybody out. */
export const SignInReasonPage: FC<ReasonProps> = ({
  place,
  title,
  lead,
  label,
  action,
  back,
  reason,
  fault,
  refusal,
}) => (
  <SignInFrame place={place} title={title} lead={lead} isBelow>
    <div class="narrow stack">
      <Refused fact={texts.wasNotDone} refusal={refusal} />
      <Form action={action} csrf={place.frame.csrf} class="stack">
        <TextArea
          name="reason"
          label={texts.why}
          aside={texts.whyAside}
          value={reason}
          isRequired
          maxLength={2_000}
          fault={fault}
        />
        <div class="acts">
          <button type="submit" class="main-action tall">
            {label}
          </button>
          <a class="button tall" href={back}>
            {texts.back}
          </a>
        </div>
      </Form>
    </div>
  </SignInFrame>
);

interface SessionsProps {
  place: SignInPlace;
  sessions: readonly OpenSessionRow[];
  next: string | null;
  refusal: string | null;
}

/** Who of an organization is signed in now. */
export const SignedInNowPage: FC<SessionsProps> = ({ place, sessions, next, refusal }) => (
  <SignInFrame
    place={place}
    title={texts.sessionsTitle(place.organization, sessions.length, next !== null)}
    lead={texts.sessionsLead}
    isBelow
  >
    <div class="stack">
      <Refused fact={texts.wasNotDone} refusal={refusal} />
      <Section id="sessions" title={texts.signedIn}>
        <ul class="people">
          {sessions.map((session) => (
            <SessionRow place={place} session={session} />
          ))}
        </ul>
        {next && (
          <p class="more">
            <a href={`${place.base}/sessions?after=${encodeURIComponent(next)}`}>{texts.sessionsMore}</a>
          </p>
        )}
      </Section>
    </div>
  </SignInFrame>
);

const SessionRow: FC<{ place: SignInPlace; session: OpenSessionRow }> = ({ place, session }) => (
  <li>
    <div>
      <h3>{nameOf(session.person)}</h3>
      <p class="meta">
        {session.browser}
        {session.is_current && ` · ${texts.thisOne}`}
      </p>
    </div>
    <div>
      <p>
        {texts.signedInAt} <Time at={session.created_at} />, {session.provider?.name ?? texts.byPasskey}
      </p>
      <p class="meta">
        {texts.endsAt} <Time at={session.ends_at} />
      </p>
    </div>
    <div class="acts">
      <ActionButton
        action={`${place.base}/sessions/${session.id}/revocation`}
        csrf={place.frame.csrf}
        label={texts.end}
        about={`${nameOf(session.person)}, ${session.browser}`}
      />
    </div>
  </li>
);

interface ClaimsProps {
  frame: PlaceFrame['frame'];
  me: string;
  /** The address of the vendor's own settings; null for who may not see them. */
  own: string | null;
  claims: readonly Domain[];
  next: string | null;
  refusal: string | null;
}

/** Domains that the vendor's people may accept for whoever claims them. */
export const DomainClaimsPage: FC<ClaimsProps> = ({ frame, me, own, claims, next, refusal }) => (
  <PlacePage
    frame={frame}
    panel={null}
    title={texts.settingsTitle(claims.length, next !== null)}
    lead={texts.settingsLead}
    current="/sign-in-settings"
  >
    <div class="stack">
      <Refused fact={texts.wasNotDone} refusal={refusal} />
      <Section
        id="claims"
        title={texts.claims}
        aside={
          own && (
            <a class="button" href={own}>
              {texts.ownSettings}
            </a>
          )
        }
      >
        {claims.length === 0 ? (
          <Empty fact={texts.noClaims}>{texts.noClaimsMore}</Empty>
        ) : (
          <ul class="people">
            {claims.map((claim) => (
              <ClaimRow claim={claim} me={me} csrf={frame.csrf} hasSettings={own !== null} />
            ))}
          </ul>
        )}
        {next && (
          <p class="more">
            <a href={`/sign-in-settings?after=${encodeURIComponent(next)}`}>{texts.sessionsMore}</a>
          </p>
        )}
      </Section>
    </div>
  </PlacePage>
);

const ClaimRow: FC<{ claim: Domain; me: string; csrf: string; hasSettings: boolean }> = ({
  claim,
  me,
  csrf,
  hasSettings,
}) => {
  const whose = claim.organization.name ?? claim.organization.id;
  const [accepter] = claim.accepted_by;
  const isOwn = claim.asked_by?.id === me || claim.accepted_by.some(({ id }) => id === me);
  return (
    <li>
      <div>
        <h3>{claim.domain}</h3>
        <p class="meta">
          {claim.asked_by ? texts.claimedBy(nameOf(claim.asked_by), whose) : texts.claimedFor(whose)}
        </p>
      </div>
      <div>
        <State glyph="waiting" tone="wait">
          {texts.claimed} <Time at={claim.asked_at} />
        </State>
        {accepter && <p class="meta">{texts.acceptedSoFar(nameOf(accepter))}</p>}
      </div>
      <div class="acts">
        {hasSettings && (
          <a class="button" href={`/sign-in-settings/${claim.organization.key ?? claim.organization.id}`}>
            {texts.open}
            <span class="unseen"> {texts.settingsOf(whose)}</span>
          </a>
        )}
        {!isOwn && (
          <ActionButton
            action={`/sign-in-settings/domains/${claim.id}/acceptance`}
            csrf={csrf}
            label={texts.accept}
            about={claim.domain}
          />
        )}
      </div>
    </li>
  );
};
