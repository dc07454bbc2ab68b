import type { FC } from 'hono/jsx';
import type { Page } from '../../../db/queries/instant.ts';
import type { ProcessPersonView } from '../../../db/queries/process-people.ts';
import type { ProcessSummary } from '../../../db/queries/process-view.ts';
import type { DueReview } from '../../../db/queries/review.ts';
import { openProcessStates, type ProcessState } from '../../../domain/process.ts';
import type { Outside } from '../../outside.ts';
import { ConsolePage, type Frame } from '../components/console-page.tsx';
import { Facts } from '../components/facts.tsx';
import { type Faults, Form, LinkButton, TextArea } from '../components/form.tsx';
import type { GlyphKind } from '../components/glyph.tsx';
import { ListWays } from '../components/list-ways.tsx';
import { Refused, State, type Tone } from '../components/note.tsx';
import { Onward } from '../components/onward.tsx';
import { Empty, Row, Section, Timetable } from '../components/row.tsx';
import { type Moment, Story } from '../components/story.tsx';
import { Time } from '../components/time.tsx';
import { customerPage, personPage } from '../links.ts';
import { nameOf } from '../request-words.ts';
import { keyWords } from '../texts/access.ts';
import { causeWords } from '../texts/causes.ts';
import { fenceTexts } from '../texts/fences.ts';
import { operationsTexts } from '../texts/operations.ts';
import { processTexts as texts } from '../texts/processes.ts';
import { useWhen } from '../when.ts';

export type Process = Outside<ProcessSummary>;
export type WhichProcesses = 'open' | 'stuck' | 'failed' | 'all';

const path = '/operations/processes';

const signs: Readonly<Record<ProcessState, { glyph: GlyphKind; tone?: Tone }>> = {
  waiting: { glyph: 'waiting', tone: 'wait' },
  fenced: { glyph: 'fence', tone: 'soon' },
  running: { glyph: 'held', tone: 'live' },
  confirming: { glyph: 'waiting', tone: 'wait' },
  undoing: { glyph: 'late', tone: 'soon' },
  done: { glyph: 'ended' },
  residue: { glyph: 'late', tone: 'late' },
  failed: { glyph: 'denied', tone: 'late' },
  discarded: { glyph: 'denied' },
};

/** Whom a process is about: somebody, or all of a customer. */
const whom = ({ person, organization }: Process) => nameOf(person ?? organization);
const kindOf = ({ kind }: Process) => texts.kinds[kind];
const isOver = ({ state }: Pick<Process, 'state'>) => !openProcessStates.some((open) => open === state);

/** Onboardings, role changes and offboardings, and how far each is. */
export const ProcessesPage: FC<{
  frame: Frame;
  processes: Outside<Page<ProcessSummary>>;
  which: WhichProcesses;
}> = ({ frame, processes: { items, next }, which }) => {
  const isMore = next !== null;
  const titles = {
    open: texts.list.title(items.length, isMore),
    stuck: texts.list.titles.stuck(items.length, isMore),
    failed: texts.list.titles.failed(items.length, isMore),
    all: texts.list.titleAll,
  };
  const href = (one: WhichProcesses) => (one === 'open' ? path : `${path}?which=${one}`);
  const ways = (['open', 'stuck', 'failed', 'all'] as const).map(
    (one) => [href(one), texts.list[one]] as const,
  );
  return (
    <ConsolePage
      frame={frame}
      title={titles[which]}
      lead={texts.list.lead}
      crumb={<a href="/operations">{operationsTexts.way}</a>}
      current="/operations"
    >
      <div class="stack">
        <ListWays label={texts.list.which} ways={ways} current={href(which)} />
        <Section id="processes" title={texts.list.heading}>
          {items.length === 0 ? (
            <Empty fact={texts.list.none}>{texts.list.noneMore}</Empty>
          ) : (
            <Timetable>
              {items.map((process) => (
                <ProcessRow process={process} />
              ))}
            </Timetable>
          )}
          <Onward
            count={items.length}
            path={path}
            query={{ which: which === 'open' ? null : which }}
            next={next}
          />
        </Section>
      </div>
    </ConsolePage>
  );
};

const ProcessRow: FC<{ process: Process }> = ({ process }) => {
  const { progress } = process;
  return (
    <Row
      at={<Time at={process.created_at} as="time" />}
      caption={<Time at={process.created_at} as="day" />}
      title={<a href={`${path}/${process.id}`}>{texts.of(kindOf(process), whom(process))}</a>}
    >
      <State {...signs[process.state]}>{texts.states[process.state]}</State>
      <p class="meta">
        {progress.total === 0 ? texts.nobody(isOver(process)) : texts.progress(progress.done, progress.total)}
        {process.person && `, ${nameOf(process.organization)}`}. {causeWords(process.last_error)}
      </p>
    </Row>
  );
};

/** A process that doesn't get on, among what needs a hand. */
export const StuckRow: FC<{ process: Process; isMain?: boolean }> = ({ process, isMain = false }) => {
  const { now } = useWhen();
  const title = operationsTexts.stuckTitle(kindOf(process), whom(process));
  return (
    <Row
      at={operationsTexts.waits(Date.parse(now) - Date.parse(process.started_at ?? process.created_at))}
      caption={operationsTexts.caption.stuck}
      tone="late"
      title={title}
      actions={
        <LinkButton
          href={`${path}/${process.id}`}
          label={operationsTexts.act.process}
          isMain={isMain}
          about={title}
        />
      }
    >
      <p class="meta">
        {operationsTexts.stuckMore(process.progress.done, process.progress.total, process.last_error)}
      </p>
    </Row>
  );
};

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

type ReviewsProps = {
  frame: Frame;
  reviews: Outside<Page<DueReview>>;
  manages: boolean;
  me: string;
  picked: readonly string[];
  reason: string;
  faults: Faults;
  refusal: string | null;
};

/** Whose standing access lapses, to keep or to let end. */
export const ReviewsPage: FC<ReviewsProps> = ({ frame, reviews: { items, next }, manages, ...page }) => (
  <ConsolePage
    frame={frame}
    title={texts.reviews.title(items.length, next !== null)}
    lead={texts.reviews.lead}
    crumb={<a href="/operations">{operationsTexts.way}</a>}
    current="/operations"
  >
    <Section id="reviews" title={texts.reviews.heading}>
      {items.length === 0 ? (
        <Empty fact={texts.reviews.none}>{texts.reviews.noneMore}</Empty>
      ) : manages ? (
        <Form action="/operations/reviews" csrf={frame.csrf}>
          <ReviewRows items={items} me={page.me} picked={page.picked} />
          <div class="more stack narrow">
            <Refused fact={texts.reviews.refused} refusal={page.refusal} />
            <TextArea
              name="reason"
              label={texts.reviews.reason}
              hint={texts.reviews.hint}
              value={page.reason}
              isRequired
              maxLength={500}
              fault={page.faults.reason}
            />
            <p class="meta">{texts.reviews.ends}</p>
            <button type="submit" class="main-action tall">
              {texts.reviews.act}
            </button>
          </div>
        </Form>
      ) : (
        <>
          <ReviewRows items={items} me={null} picked={[]} />
          <p class="more meta">{texts.reviews.readOnly}</p>
        </>
      )}
      <Onward count={items.length} path="/operations/reviews" query={{}} next={next} />
    </Section>
  </ConsolePage>
);

/** `me`: who may not keep their own; null where nobody keeps anything here. */
const ReviewRows: FC<{
  items: readonly Outside<DueReview>[];
  me: string | null;
  picked: readonly string[];
}> = ({ items, me, picked }) => (
  <Timetable>
    {items.map((one) => {
      const [name, role] = [nameOf(one.person), keyWords(one.role)];
      const line = `${one.person.id} ${one.role}`;
      return (
        <Row
          at={<Time at={one.until} as="day" />}
          caption={one.is_lapsed ? texts.reviews.lapsed : texts.reviews.until}
          tone={one.is_lapsed ? 'late' : 'soon'}
          title={<a href={personPage(one.person.id)}>{texts.reviews.row(name, role)}</a>}
          actions={
            me !== null &&
            one.person.id !== me && (
              <label class="tick-line">
                <input type="checkbox" name="line" value={line} checked={picked.includes(line)} />
                {texts.reviews.keep}
                <span class="unseen"> {texts.reviews.row(name, role)}</span>
              </label>
            )
          }
        >
          <p class="meta">
            {nameOf(one.organization)}, {texts.reviews.given} <Time at={one.given_at} as="day" />,{' '}
            {one.reviewed_at === null ? (
              texts.reviews.never
            ) : (
              <>
                {texts.reviews.reviewed} <Time at={one.reviewed_at} as="day" />
              </>
            )}
            . {one.person.id === me && texts.reviews.own}
          </p>
        </Row>
      );
    })}
  </Timetable>
);
