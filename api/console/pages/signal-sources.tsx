import type { FC } from 'hono/jsx';
import { type SignalSourceKind, signalSourceKinds } from '../../../domain/signal.ts';
import type { SecretSignalSource, SignalSourceShown } from '../../operations/change-signal-source.ts';
import type { Outside } from '../../outside.ts';
import { Facts } from '../components/facts.tsx';
import { ActionButton, type Faults, Form, TextArea, TextField } from '../components/form.tsx';
import { ListWays } from '../components/list-ways.tsx';
import { Refused, State } from '../components/note.tsx';
import { PlacePage } from '../components/place-page.tsx';
import { Empty, Section } from '../components/row.tsx';
import { Time } from '../components/time.tsx';
import { nameOf } from '../request-words.ts';
import { signalSourceTexts as texts, signalTexts } from '../texts/signals.ts';
import { type SignalPlace, wayOf, WayUp } from './signals.tsx';

type Source = Outside<SignalSourceShown>;

const listOf = ({ base }: SignalPlace) => `${base}/sources`;

/** Who speaks of risks about people, how they do, and what may be done with each. */
export const SignalSourcesPage: FC<{
  place: SignalPlace;
  sources: readonly Source[];
  refusal: string | null;
}> = ({ place, sources, refusal }) => {
  const speaking = sources.filter((one) => one.ended_at === null);
  const ended = sources.filter((one) => one.ended_at !== null);
  const connect = (
    <a class="button main-action" href={`${place.base}/new`}>
      {texts.connect}
    </a>
  );
  return (
    <PlacePage
      frame={place.frame}
      panel={place.panel}
      title={texts.title(speaking.length)}
      lead={texts.lead}
      crumb={place.readsSignals ? <a href={place.base}>{signalTexts.way}</a> : <WayUp place={place} />}
      current={wayOf(place)}
    >
      <div class="stack">
        <Refused fact={texts.refused} refusal={refusal} />
        <Section id="sources" title={texts.heading} aside={sources.length > 0 && connect}>
          {sources.length === 0 ? (
            <Empty fact={texts.none} action={<div>{connect}</div>}>
              {texts.noneMore}
            </Empty>
          ) : (
            <ul class="people">
              {[...speaking, ...ended].map((source) => (
                <SourceRow place={place} source={source} />
              ))}
            </ul>
          )}
        </Section>
      </div>
    </PlacePage>
  );
};

const SourceRow: FC<{ place: SignalPlace; source: Source }> = ({ place, source }) => (
  <li>
    <div>
      <h3>{source.name}</h3>
      <p class="meta">
        {place.panel
          ? `${texts.kinds[source.kind]}.`
          : texts.whose(nameOf(source.organization), texts.kinds[source.kind])}
      </p>
      {source.issuer && <p class="meta breaks">{source.issuer}</p>}
    </div>
    <div>
      <SourceState source={source} />
      {source.ended_at === null && <SourceAddress source={source} />}
    </div>
    <div class="acts">
      {source.ended_at === null && (
        <>
          {source.kind === 'alert' && (
            <ActionButton
              action={`${listOf(place)}/${source.id}/secret`}
              csrf={place.frame.csrf}
              label={texts.rotate}
              about={source.name}
            />
          )}
          <ActionButton
            action={`${listOf(place)}/${source.id}/ending`}
            csrf={place.frame.csrf}
            label={texts.end}
            about={source.name}
          />
        </>
      )}
    </div>
  </li>
);

/** Whether it is listened to; of one that is asked, when it answered last, and why it doesn't. */
const SourceState: FC<{ source: Source }> = ({ source: { poll, ended_at: endedAt } }) => {
  if (endedAt)
    return (
      <State glyph="ended">
        {texts.ended} <Time at={endedAt} />
      </State>
    );
  if (!poll)
    return (
      <State glyph="held" tone="live">
        {texts.listens}
      </State>
    );
  const { polled_at: at, last_error: error } = poll;
  if (error !== null) return <Trouble at={at} error={error} />;
  if (at === null)
    return (
      <State glyph="waiting" tone="wait">
        {texts.notAsked}
      </State>
    );
  return (
    <State glyph="held" tone="live">
      {texts.answered} <Time at={at} />
    </State>
  );
};

const Trouble: FC<{ at: string | null; error: string }> = ({ at, error }) => (
  <>
    <State glyph="late" tone="late">
      {texts.troubled}
    </State>
    <p class="meta">
      {texts.cause(error)}{' '}
      {at === null ? (
        texts.noAnswer
      ) : (
        <>
          {texts.lastAnswer} <Time at={at} />.
        </>
      )}
    </p>
  </>
);

const SourceAddress: FC<{ source: Source }> = ({
  source: { endpoint, poll, former_secret_until: former },
}) => (
  <>
    <p class="meta">
      {poll ? texts.isAskedAt : texts.sendsTo} <code class="breaks">{poll?.url ?? endpoint}</code>
    </p>
    {former && (
      <p class="meta">
        {texts.former} <Time at={former} />
      </p>
    )}
  </>
);

/** What was typed, by the names of the fields. */
export type SourceFields = Readonly<Record<string, string>>;

interface FormProps {
  place: SignalPlace;
  kind: SignalSourceKind;
  fields: SourceFields;
  faults: Faults;
  refusal: string | null;
}

/** The form to connect a source; each kind has its own fields. */
export const SignalSourceFormPage: FC<FormProps> = ({ place, kind, fields, faults, refusal }) => {
  const { form } = texts;
  const address = (one: SignalSourceKind) => `${place.base}/new?kind=${one}`;
  return (
    <PlacePage
      frame={place.frame}
      panel={place.panel}
      title={form.title}
      lead={form.lead[kind]}
      crumb={<a href={listOf(place)}>{texts.way}</a>}
      current={wayOf(place)}
    >
      <div class="stack narrow">
        <ListWays
          label={form.which}
          ways={signalSourceKinds.map((one) => [address(one), form.ways[one]])}
          current={address(kind)}
        />
        <Refused fact={form.refused} refusal={refusal} />
        <Form action={listOf(place)} csrf={place.frame.csrf} class="stack">
          <input type="hidden" name="kind" value={kind} />
          <TextField
            name="name"
            label={form.name}
            hint={form.nameHint}
            value={fields['name']}
            isRequired
            fault={faults['name']}
          />
          {!place.panel && (
            <TextField
              name="organization"
              label={form.organization}
              hint={form.organizationHint}
              value={fields['organization']}
              isRequired
              fault={faults['organization']}
            />
          )}
          {kind !== 'alert' && <TransmitterFields fields={fields} faults={faults} />}
          {kind === 'poll' && <PollFields fields={fields} faults={faults} />}
          <div class="acts">
            <button type="submit" class="main-action tall">
              {form.act}
            </button>
            <a class="button tall" href={listOf(place)}>
              {form.back}
            </a>
          </div>
        </Form>
      </div>
    </PlacePage>
  );
};

const TransmitterFields: FC<Pick<FormProps, 'fields' | 'faults'>> = ({ fields, faults }) => (
  <>
    <TextField
      name="issuer"
      label={texts.form.issuer}
      hint={texts.form.issuerHint}
      value={fields['issuer']}
      isRequired
      fault={faults['issuer']}
    />
    <TextField
      name="audience"
      label={texts.form.audience}
      hint={texts.form.audienceHint}
      value={fields['audience']}
      isRequired
      fault={faults['audience']}
    />
    <TextArea
      name="jwks"
      label={texts.form.jwks}
      aside={texts.form.optional}
      hint={texts.form.jwksHint}
      value={fields['jwks']}
      fault={faults['jwks']}
    />
  </>
);

/** What it is asked with is not shown again, not even to whoever typed it. */
const PollFields: FC<Pick<FormProps, 'fields' | 'faults'>> = ({ fields, faults }) => (
  <>
    <TextField
      name="poll.url"
      type="url"
      label={texts.form.url}
      hint={texts.form.urlHint}
      value={fields['poll.url']}
      isRequired
      fault={faults['poll.url']}
    />
    <TextField
      name="poll.authorization"
      type="password"
      label={texts.form.authorization}
      aside={texts.form.optional}
      hint={texts.form.authorizationHint}
      fault={faults['poll.authorization']}
    />
  </>
);

/** A source that was connected, or has a new secret, with what is shown this once. */
export const MadeSourcePage: FC<{ place: SignalPlace; made: Outside<SecretSignalSource> }> = ({
  place,
  made,
}) => {
  const { made: words } = texts;
  const { endpoint, secret, issuer, audience, former_secret_until: former } = made;
  return (
    <PlacePage
      frame={place.frame}
      panel={place.panel}
      title={words.title(made.name, secret !== null)}
      lead={secret === null ? words.leadPush : words.lead}
      crumb={<a href={listOf(place)}>{texts.way}</a>}
      current={wayOf(place)}
    >
      <div class="narrow stack">
        <Facts
          facts={[
            [words.endpoint, <code class="breaks">{endpoint}</code>],
            secret === null ? null : [words.secret, <code class="breaks">{secret}</code>],
            former === null ? null : [words.former, <Time at={former} />],
            issuer === null ? null : [words.issuer, <span class="breaks">{issuer}</span>],
            audience === null ? null : [words.audience, <span class="breaks">{audience}</span>],
          ]}
        />
        <div>
          <a class="button main-action tall" href={listOf(place)}>
            {secret === null ? words.backPush : words.back}
          </a>
        </div>
      </div>
    </PlacePage>
  );
};
