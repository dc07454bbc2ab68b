import type { FC } from 'hono/jsx';
import type { Page } from '../../../db/queries/instant.ts';
import type { ProcessSummary } from '../../../db/queries/process-view.ts';
import { openProcessStates, type ProcessState } from '../../../domain/process.ts';
import type { Outside } from '../../outside.ts';
import { ConsolePage, type Frame } from '../components/console-page.tsx';
import { LinkButton } from '../components/form.tsx';
import type { GlyphKind } from '../components/glyph.tsx';
import { ListWays } from '../components/list-ways.tsx';
import { State, type Tone } from '../components/note.tsx';
import { Onward } from '../components/onward.tsx';
import { Empty, Row, Section, Timetable } from '../components/row.tsx';
import { Time } from '../components/time.tsx';
import { nameOf } from '../request-words.ts';
import { causeWords } from '../texts/causes.ts';
import { operationsTexts } from '../texts/operations.ts';
import { processTexts as texts } from '../texts/processes.ts';
import { useWhen } from '../when.ts';

export type Process = Outside<ProcessSummary>;
export type WhichProcesses = 'open' | 'stuck' | 'failed' | 'all';

export const processesPath = '/operations/processes';

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
export const whom = ({ person, organization }: Process) => nameOf(person ?? organization);
/** What it does, in words. */
export const kindOf = ({ kind }: Process) => texts.kinds[kind];
/** Nothing of it is under way or to come. */
export const isOver = ({ state }: Pick<Process, 'state'>) =>
  !openProcessStates.some((open) => open === state);

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
  const href = (one: WhichProcesses) => (one === 'open' ? processesPath : `${processesPath}?which=${one}`);
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
            path={processesPath}
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
      title={<a href={`${processesPath}/${process.id}`}>{texts.of(kindOf(process), whom(process))}</a>}
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
          href={`${processesPath}/${process.id}`}
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
