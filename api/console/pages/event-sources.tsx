import type { FC } from 'hono/jsx';
import type { EventSourceView } from '../../../db/queries/event-source.ts';
import type { NewSecretView } from '../../operations/change-event-source.ts';
import type { Outside } from '../../outside.ts';
import { ConsolePage, type Frame } from '../components/console-page.tsx';
import { Facts } from '../components/facts.tsx';
import { ActionButton, type Faults, Form, TextArea } from '../components/form.tsx';
import { Refused, State } from '../components/note.tsx';
import { Empty, Section } from '../components/row.tsx';
import { Time } from '../components/time.tsx';
import { eventTexts as texts } from '../texts/events.ts';
import { operationsTexts } from '../texts/operations.ts';
import { eventsPath } from './events.tsx';

export type Source = Outside<EventSourceView>;

export const sourcePath = (key: string) => `/operations/sources/${encodeURIComponent(key)}`;

/** With line ends where it is JSON; else as it came. */
export function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

type MappingProps = {
  csrf: string;
  source: Source;
  fields: Readonly<Record<string, string>>;
  faults: Faults;
  /** The event to go back to. */
  event?: string;
};

/** What a source's words mean here, to be changed. */
export const MappingForm: FC<MappingProps> = ({ csrf, source, fields, faults, event }) => (
  <Form action={sourcePath(source.key)} csrf={csrf} class="stack">
    {event !== undefined && <input type="hidden" name="event" value={event} />}
    <div class="code-field">
      <TextArea
        name="mapping"
        label={texts.source.mappingLabel}
        hint={texts.mendMore(source.name)}
        value={fields.mapping ?? pretty(source.mapping_json)}
        isRequired
        fault={faults.mapping}
      />
    </div>
    <button type="submit" class={event === undefined ? 'main-action' : undefined}>
      {texts.source.save}
    </button>
  </Form>
);

/** The systems that may send events. */
export const SourcesPage: FC<{ frame: Frame; sources: readonly Source[] }> = ({ frame, sources }) => (
  <ConsolePage
    frame={frame}
    title={texts.sources.title(sources.length)}
    lead={texts.sources.lead}
    crumb={<a href="/operations">{operationsTexts.way}</a>}
    current="/operations"
  >
    <Section
      id="sources"
      title={texts.sources.heading}
      aside={<a href={eventsPath}>{operationsTexts.lists.events}</a>}
    >
      {sources.length === 0 ? (
        <Empty fact={texts.sources.none}>{texts.sources.noneMore}</Empty>
      ) : (
        <ul class="people">
          {sources.map((source) => (
            <li>
              <div>
                <h3>{source.name}</h3>
                <p class="meta">{texts.sources.schemes[source.scheme]}</p>
              </div>
              <div>
                <p>{texts.sources.secrets(source.secrets.length)}</p>
                <p class="meta">
                  {texts.sources.changed} <Time at={source.changed_at} />
                </p>
              </div>
              <div class="acts">
                <a class="button" href={sourcePath(source.key)}>
                  {texts.sources.open}
                  <span class="unseen"> {source.name}</span>
                </a>
              </div>
            </li>
          ))}
        </ul>
      )}
    </Section>
  </ConsolePage>
);

type SourceProps = {
  frame: Frame;
  source: Source;
  url: string;
  fields: Readonly<Record<string, string>>;
  faults: Faults;
  refusal: string | null;
};

/** What a source's words mean here, and with what it signs. */
export const SourcePage: FC<SourceProps> = ({ frame, source, url, fields, faults, refusal }) => (
  <ConsolePage
    frame={frame}
    title={texts.source.title(source.name)}
    lead={texts.source.lead(texts.sources.schemes[source.scheme])}
    crumb={<a href="/operations/sources">{operationsTexts.lists.sources}</a>}
    current="/operations"
  >
    <div class="stack">
      <Refused fact={texts.source.refused} refusal={refusal} />
      <div class="beside">
        <div class="panel stack">
          <h2>{texts.source.mapping}</h2>
          <p class="meta">{texts.source.mappingHint}</p>
          <MappingForm
            csrf={frame.csrf}
            source={source}
            fields={fields}
            faults={faults}
            {...(fields.event ? { event: fields.event } : {})}
          />
          <ActionButton
            action={`${sourcePath(source.key)}/replay`}
            csrf={frame.csrf}
            label={texts.source.replayAll}
          />
        </div>
        <div>
          <Section id="where" title={texts.source.where}>
            <Facts
              facts={[
                [texts.source.url, <span class="mono">{url}</span>],
                [texts.source.key, <span class="mono">{source.key}</span>],
                [texts.source.changed, <Time at={source.changed_at} />],
                [texts.source.apiKey, source.has_api_key ? texts.source.apiKeySet : texts.source.apiKeyNone],
              ]}
            />
          </Section>
          <Section id="secrets" title={texts.source.secrets}>
            <Facts
              facts={source.secrets.map((secret) => [
                <>
                  {texts.source.since} <Time at={secret.created_at} />
                </>,
                secret.expires_at === null ? (
                  texts.source.current
                ) : (
                  <>
                    {texts.source.ends} <Time at={secret.expires_at} />
                  </>
                ),
              ])}
            />
            <div class="more stack">
              <p class="meta">{texts.source.secretsMore}</p>
              <ActionButton
                action={`${sourcePath(source.key)}/secrets`}
                csrf={frame.csrf}
                label={texts.source.rotate}
              />
            </div>
          </Section>
        </div>
      </div>
    </div>
  </ConsolePage>
);

/** A new secret, this once. */
export const NewSecretPage: FC<{ frame: Frame; source: Source; secret: Outside<NewSecretView> }> = ({
  frame,
  source,
  secret,
}) => (
  <ConsolePage
    frame={frame}
    title={texts.source.shown(source.name)}
    lead={texts.source.shownLead}
    crumb={<a href="/operations/sources">{operationsTexts.lists.sources}</a>}
    current="/operations"
  >
    <div class="stack narrow">
      <div class="envelope">
        <Facts facts={[[texts.source.secret, <code class="raw">{secret.secret}</code>]]} />
      </div>
      {secret.former_expires_at !== null && (
        <State glyph="waiting" tone="wait">
          {texts.source.shownFormer} <Time at={secret.former_expires_at} />
        </State>
      )}
      <a class="button main-action tall" href={sourcePath(source.key)}>
        {texts.source.back}
      </a>
    </div>
  </ConsolePage>
);
