import type { FC } from 'hono/jsx';
import type { Page } from '../../../db/queries/instant.ts';
import type { ProcessPersonView } from '../../../db/queries/process-people.ts';
import type { Outside } from '../../outside.ts';
import { ConsolePage, type Frame } from '../components/console-page.tsx';
import { Facts } from '../components/facts.tsx';
import { type Faults, Form, TextArea } from '../components/form.tsx';
import { Refused, State } from '../components/note.tsx';
import { Onward } from '../components/onward.tsx';
import { Empty, Section } from '../components/row.tsx';
import { type Moment, Story } from '../components/story.tsx';
import { Time } from '../components/time.tsx';
import { customerPage, personPage } from '../links.ts';
import { nameOf } from '../request-words.ts';
import { causeWords } from '../texts/causes.ts';
import { fenceTexts } from '../texts/fences.ts';
import { operationsTexts } from '../texts/operations.ts';
import { processTexts as texts } from '../texts/processes.ts';
import { isOver, kindOf, type Process, processesPath as path, whom } from './processes.tsx';

type ProcessProps = {
  frame: Frame;
  process: Process;
  people: Outside<Page<ProcessPersonView>>;
  /** Whether they may have it tried again, which only what failed can be. */
  mayRetry: boolean;
  fields: Readonly<Record<string, string>>;
  faults: Faults;
  refusal: string | null;
};

/** How far a process is, with each of its people, and what went wrong. */
export const ProcessPage: FC<ProcessProps> = ({ frame, process, people, mayRetry, ...said }) => {
  const { progress } = process;
  const parts = (['waiting', 'fenced', 'applying', 'done', 'failed', 'undone'] as const).filter(
    (part) => progress[part] > 0,
  );
  const isRetryable =
    mayRetry &&
    process.replaced_by === null &&
    process.kind !== 'offboarding' &&
    (process.state === 'failed' || process.state === 'residue');
  return (
    <ConsolePage
      frame={frame}
      title={texts.title(kindOf(process), whom(process), texts.states[process.state])}
      lead={
        progress.total === 0 ? texts.nobody(isOver(process)) : texts.progress(progress.done, progress.total)
      }
      crumb={<a href={path}>{operationsTexts.lists.processes}</a>}
      current="/operations"
    >
      <div class="beside">
        <div>
          {parts.length > 0 && (
            <Section id="how-far" title={texts.howFar}>
              <Facts facts={parts.map((part) => [texts.parts[part], progress[part]])} />
            </Section>
          )}
          <Section id="people" title={texts.people}>
            {people.items.length === 0 ? (
              <Empty fact={texts.noPeople(isOver(process))}>{texts.noPeopleMore(isOver(process))}</Empty>
            ) : (
              <ul class="people">
                {people.items.map((one) => (
                  <PersonLine one={one} />
                ))}
              </ul>
            )}
            <Onward
              count={people.items.length}
              path={`${path}/${process.id}`}
              query={{}}
              next={people.next}
            />
          </Section>
        </div>
        <div>
          {isRetryable && <Retry csrf={frame.csrf} process={process} {...said} />}
          <Section id="facts" title={texts.steps}>
            <Story moments={momentsOf(process)} />
            <ProcessFacts process={process} />
          </Section>
        </div>
      </div>
    </ConsolePage>
  );
};

const personSigns = {
  waiting: { glyph: 'waiting', tone: 'wait' },
  fenced: { glyph: 'fence', tone: 'soon' },
  applying: { glyph: 'held', tone: 'live' },
  done: { glyph: 'ended' },
  failed: { glyph: 'denied', tone: 'late' },
  undone: { glyph: 'denied' },
  skipped: { glyph: 'ended' },
} as const;

const PersonLine: FC<{ one: Outside<ProcessPersonView> }> = ({ one }) => (
  <li>
    <div>
      <h3>
        <a href={personPage(one.person.id)}>{nameOf(one.person)}</a>
      </h3>
      <p class="meta">{one.person.email}</p>
    </div>
    <div>
      <State {...personSigns[one.state]}>{texts.personStates[one.state]}</State>
      <p class="meta">
        {causeWords(one.last_error)}{' '}
        {one.tried_at !== null && (
          <>
            {texts.tried} <Time at={one.tried_at} />
          </>
        )}
      </p>
    </div>
    <div class="acts"></div>
  </li>
);

function momentsOf(process: Process): Moment[] {
  const { created_at: created, due_at: due, started_at: started, settled_at: settled, state } = process;
  const by = process.requested_by;
  const hasSettled = state === 'done' || state === 'residue' || state === 'failed' || state === 'discarded';
  return [
    {
      at: created,
      fact: by ? texts.moments.by(nameOf(by)) : texts.moments.created,
      detail: process.reason ?? undefined,
    },
    ...(due > created && started === null ? [{ at: due, fact: texts.moments.due }] : []),
    ...(started === null ? [] : [{ at: started, fact: texts.moments.started }]),
    ...(settled !== null && hasSettled ? [{ at: settled, fact: texts.moments.settled[state] }] : []),
  ];
}

const ProcessFacts: FC<{ process: Process }> = ({ process }) => {
  const { organization, person, tasks } = process;
  return (
    <Facts
      facts={[
        [
          texts.facts.customer,
          <a href={customerPage(organization.key ?? organization.id)}>{nameOf(organization)}</a>,
        ],
        person && [texts.facts.person, <a href={personPage(person.id)}>{nameOf(person)}</a>],
        [texts.facts.cause, fenceTexts.causes[process.cause]],
        process.source === null ? null : [texts.facts.source, process.source],
        process.last_error === null ? null : [texts.facts.error, causeWords(process.last_error), 'differs'],
        process.catalog_revision === null
          ? null
          : [texts.facts.revision, texts.revision(process.catalog_revision)],
        process.policy_version === null
          ? null
          : [texts.facts.policy, <span class="mono">{process.policy_version.slice(0, 12)}</span>],
        process.replaced_by === null
          ? null
          : [texts.facts.replaced, <a href={`${path}/${process.replaced_by}`}>{texts.open}</a>],
        tasks.length === 0
          ? null
          : [
              texts.facts.tasks,
              tasks.slice(0, 5).map((id) => (
                <>
                  <a href={`/operations/tasks/${id}`}>{texts.task}</a>{' '}
                </>
              )),
            ],
      ]}
    />
  );
};

type RetryProps = Pick<ProcessProps, 'process' | 'fields' | 'faults' | 'refusal'> & { csrf: string };

const Retry: FC<RetryProps> = ({ csrf, process, fields, faults, refusal }) => (
  <div class="panel stack">
    <h2>{texts.retry.heading}</h2>
    <Refused fact={texts.retry.refused} refusal={refusal} />
    <p>{texts.retry.more}</p>
    <Form action={`${path}/${process.id}/retry`} csrf={csrf} class="stack">
      <TextArea
        name="reason"
        label={texts.retry.reason}
        hint={texts.retry.hint}
        value={fields.reason}
        isRequired
        maxLength={2_000}
        fault={faults.reason}
      />
      <button type="submit" class="main-action tall">
        {texts.retry.act}
      </button>
    </Form>
  </div>
);
