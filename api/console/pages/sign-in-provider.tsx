import type { FC } from 'hono/jsx';
import type { ProviderView } from '../../../db/queries/sign-in-provider.ts';
import type { Outside } from '../../outside.ts';
import { Facts } from '../components/facts.tsx';
import { ActionButton, Form, TextArea } from '../components/form.tsx';
import { Note, Refused, State } from '../components/note.tsx';
import { Empty, Section } from '../components/row.tsx';
import { Time } from '../components/time.tsx';
import { nameOf } from '../request-words.ts';
import { signInTexts as texts } from '../texts/admin-sign-in.ts';
import { SignInFrame, type SignInPlace } from './sign-in-frame.tsx';

export type Provider = Outside<ProviderView>;

export const Providers: FC<{ place: SignInPlace; providers: readonly Provider[] }> = ({
  place,
  providers,
}) => {
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

const ProviderState: FC<{ provider: Provider }> = ({ provider: { state, live_at: liveAt } }) => {
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
