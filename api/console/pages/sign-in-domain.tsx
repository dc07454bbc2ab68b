import type { FC } from 'hono/jsx';
import type { DomainAnswer } from '../../operations/change-sign-in-domain.ts';
import type { Outside } from '../../outside.ts';
import { ActionButton, type Faults, Form, TextField } from '../components/form.tsx';
import { Refused, State } from '../components/note.tsx';
import { type PlaceFrame, PlacePage } from '../components/place-page.tsx';
import { Empty, Section } from '../components/row.tsx';
import { Time } from '../components/time.tsx';
import { nameOf } from '../request-words.ts';
import { signInTexts as texts } from '../texts/admin-sign-in.ts';
import type { SignInPlace } from './sign-in-frame.tsx';

export type Domain = Outside<DomainAnswer>;

type DomainsProps = { place: SignInPlace; domains: readonly Domain[]; typed: string; faults: Faults };

export const Domains: FC<DomainsProps> = ({ place, domains, typed, faults }) => (
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
