import type { Child, FC } from 'hono/jsx';
import type { DueReview } from '../../../db/queries/review.ts';
import type { Readiness } from '../../operations/check-readiness.ts';
import type { OperationsScene } from '../../operations/read-operations.ts';
import type { Outside } from '../../outside.ts';
import { ConsolePage, type Frame } from '../components/console-page.tsx';
import { LinkButton } from '../components/form.tsx';
import { State } from '../components/note.tsx';
import { Empty, Row, Section, Timetable } from '../components/row.tsx';
import { Time } from '../components/time.tsx';
import { nameOf } from '../request-words.ts';
import { keyWords } from '../texts/access.ts';
import { operationsTexts as texts } from '../texts/operations.ts';
import { signalTexts } from '../texts/signals.ts';
import { useWhen } from '../when.ts';
import { EventRow, eventsPath } from './events.tsx';
import { FenceRow, fencesPath } from './fences.tsx';
import { processesPath, StuckRow } from './processes.tsx';
import { TaskRow } from './tasks.tsx';
import { WebhookRow, webhooksPath } from './webhooks.tsx';
import { MailRow, mailsPath } from './mails.tsx';
import { overduePath, OverdueRow } from './overdue.tsx';

type Scene = Outside<OperationsScene>;
type Figures = Scene['figures'];

type OperationsProps = {
  frame: Frame;
  scene: Scene;
  readiness: Readiness;
  me: string;
  /** Whether they manage access: events and mails are theirs to see. */
  manages: boolean;
};

/** Where the whole lists are. */
const lists = {
  overdue: overduePath,
  fences: fencesPath,
  tasks: '/operations/tasks',
  stuck: '/operations/processes?which=stuck',
  processes: processesPath,
  events: eventsPath,
  sources: '/operations/sources',
  mails: mailsPath,
  webhooks: webhooksPath,
  signals: '/operations/signals',
  signalSources: '/operations/signals/sources',
  reviews: '/operations/reviews',
} as const;

/** What needs a hand, worst first, each with its action; then how it goes in figures, and what answers. */
export const OperationsPage: FC<OperationsProps> = ({ frame, scene, readiness, me, manages }) => {
  const { figures } = scene;
  const count = countOf(scene);
  return (
    <ConsolePage
      frame={frame}
      title={texts.title(count, figures.overdue, texts.waits(oldestWait(scene)))}
      lead={texts.lead(figures.ended, figures.provisioned)}
      current="/operations"
      live={{ kinds: ['grant', 'task', 'process', 'fence', 'event', 'signal'], says: texts.says(count) }}
    >
      <Section id="stuck" title={texts.stuck} aside={count > 1 && texts.worst}>
        {count === 0 && scene.reviews.length === 0 ? (
          <Empty fact={texts.nothing}>{texts.nothingMore}</Empty>
        ) : (
          <Timetable>{rowsOf(scene, me, frame.csrf)}</Timetable>
        )}
        <More scene={scene} />
      </Section>
      <Section id="figures" title={texts.figures.title}>
        <FigureGrid figures={figures} />
        {scene.signals && (
          <p class="more">
            {signalTexts.figures(scene.signals.open, scene.signals.unmatched)}{' '}
            <a href={lists.signals}>{texts.lists.signals}</a>
          </p>
        )}
      </Section>
      <Section id="fresh" title={texts.fresh.title} aside={texts.fresh.aside}>
        <Answers readiness={readiness} />
      </Section>
      <Section id="lists" title={texts.all}>
        <ul class="more lists">
          {(['overdue', 'fences', 'tasks', 'processes', 'reviews'] as const).map((one) => (
            <li>
              <a href={lists[one]}>{texts.lists[one]}</a>
            </li>
          ))}
          {scene.signals && (
            <li>
              <a href={lists.signals}>{texts.lists.signals}</a>
            </li>
          )}
          {manages &&
            (['signalSources', 'events', 'sources', 'mails', 'webhooks'] as const).map((one) => (
              <li>
                <a href={lists[one]}>{texts.lists[one]}</a>
              </li>
            ))}
        </ul>
      </Section>
    </ConsolePage>
  );
};

/** What is due a review has its own end, and is no trouble. */
function countOf({ figures, events, mails, webhooks }: Scene): number {
  const managed =
    (events ? figures.events : 0) + (mails ? figures.mails : 0) + (webhooks ? figures.webhooks : 0);
  return figures.overdue + figures.tasks + figures.fences + figures.stuck + managed;
}

function oldestWait({ figures, tasks, fences, events, stuck, mails, webhooks }: Scene): number {
  const since = [
    ...(figures.overdue_since === null ? [] : [figures.overdue_since]),
    ...tasks.map((one) => one.opened_at),
    ...fences.map((one) => one.opened_at),
    ...(events ?? []).map((one) => one.received_at),
    ...stuck.map((one) => one.started_at ?? one.created_at),
    ...(mails ?? []).map((one) => one.created_at),
    ...(webhooks ?? []).map((one) => one.failing_since ?? figures.now),
  ];
  const oldest = since.reduce((one, other) => (one < other ? one : other), figures.now);
  return Date.parse(figures.now) - Date.parse(oldest);
}

/** The action of the first row is the page's main one. */
function rowsOf(scene: Scene, me: string, csrf: string): Child[] {
  const { overdue, stuck, tasks, fences, events, mails, webhooks, reviews } = scene;
  const rows: ((isMain: boolean) => Child)[] = [
    ...overdue.map((grant) => (isMain: boolean) => <OverdueRow grant={grant} isMain={isMain} />),
    ...stuck.map((process) => (isMain: boolean) => <StuckRow process={process} isMain={isMain} />),
    ...tasks.map((task) => (isMain: boolean) => <TaskRow task={task} me={me} isMain={isMain} />),
    ...fences.map((fence) => (isMain: boolean) => <FenceRow fence={fence} isMain={isMain} />),
    ...(events ?? []).map((event) => (isMain: boolean) => <EventRow event={event} isMain={isMain} />),
    ...(mails ?? []).map((mail) => (isMain: boolean) => <MailRow mail={mail} csrf={csrf} isMain={isMain} />),
    ...(webhooks ?? []).map((webhook) => (isMain: boolean) => (
      <WebhookRow webhook={webhook} csrf={csrf} isMain={isMain} />
    )),
    ...reviews.map((review) => (isMain: boolean) => <ReviewRow review={review} isMain={isMain} />),
  ];
  return rows.map((row, at) => row(at === 0));
}

const ReviewRow: FC<{ review: Outside<DueReview>; isMain?: boolean }> = ({ review, isMain = false }) => {
  const { now } = useWhen();
  const [name, role] = [nameOf(review.person), keyWords(review.role)];
  return (
    <Row
      at={texts.waits(Date.parse(review.until) - Date.parse(now))}
      caption={review.is_lapsed ? texts.caption.lapsed : texts.caption.due}
      tone={review.is_lapsed ? 'late' : 'wait'}
      title={review.is_lapsed ? texts.reviewLapsed(name, role) : texts.review(name, role)}
      actions={<LinkButton href={lists.reviews} label={texts.act.review} isMain={isMain} about={name} />}
    >
      <p class="meta">{texts.reviewMore(nameOf(review.organization))}</p>
    </Row>
  );
};

/** What there is beyond the rows, and where it stands. */
const More: FC<{ scene: Scene }> = ({ scene }) => {
  const { figures } = scene;
  const beyond = [
    ['overdue', figures.overdue - scene.overdue.length],
    ['stuck', figures.stuck - scene.stuck.length],
    ['tasks', figures.tasks - scene.tasks.length],
    ['fences', figures.fences - scene.fences.length],
    ['events', scene.events ? figures.events - scene.events.length : 0],
    ['mails', scene.mails ? figures.mails - scene.mails.length : 0],
    ['webhooks', scene.webhooks ? figures.webhooks - scene.webhooks.length : 0],
  ] as const;
  const rest = beyond.filter(([, count]) => count > 0);
  return rest.length === 0 ? (
    <></>
  ) : (
    <ul class="more lists meta">
      {rest.map(([kind, count]) => (
        <li>
          <a href={lists[kind]}>{texts.more(count, texts.what[kind])}</a>
        </li>
      ))}
    </ul>
  );
};

/** Six figures, each of which somebody would act on. */
const FigureGrid: FC<{ figures: Figures }> = ({ figures }) => {
  const { figures: words } = texts;
  const longest =
    figures.overdue_since === null ? null : Date.parse(figures.now) - Date.parse(figures.overdue_since);
  const isLate = figures.overdue > 0 ? 'late' : undefined;
  return (
    <div class="numbers">
      <Figure about={words.overdue} value={figures.overdue} tone={isLate}>
        {words.overdueMore(longest)}
      </Figure>
      <Figure about={words.lateness} value={texts.ms(figures.lateness_ms)}>
        {words.latenessMore(figures.ended, figures.worst_lateness_ms)}
      </Figure>
      <Figure about={words.provision} value={texts.ms(figures.provision_ms)}>
        {words.provisionMore(figures.provisioned)}
      </Figure>
      <Figure about={words.fenced} value={figures.fenced}>
        {words.fencedMore(figures.fences)}
      </Figure>
      <Figure about={words.tasks} value={figures.tasks}>
        {words.tasksMore(figures.own_tasks)}
      </Figure>
      <Figure about={words.events} value={figures.events}>
        {figures.last_event_at === null ? (
          words.noEvent
        ) : (
          <>
            {words.lastEvent} <Time at={figures.last_event_at} />
          </>
        )}
      </Figure>
    </div>
  );
};

const Figure: FC<{ about: string; value: Child; tone?: 'late' | undefined; children?: Child }> = ({
  about,
  value,
  tone,
  children,
}) => (
  <div>
    <p class="meta">{about}</p>
    <b class={tone}>{value}</b>
    <p class="meta">{children}</p>
  </div>
);

const Answers: FC<{ readiness: Readiness }> = ({ readiness }) => (
  <ul class="people">
    {(['ledger', 'engine', 'worker', 'reaper'] as const).map((part) => {
      const isUp = readiness[part] === 'up';
      return (
        <li>
          <div>
            <h3>{texts.fresh.parts[part]}</h3>
          </div>
          <div>
            <State glyph={isUp ? 'held' : 'late'} tone={isUp ? 'live' : 'late'}>
              {isUp ? texts.fresh.up : texts.fresh.down[part]}
            </State>
          </div>
          <div class="acts"></div>
        </li>
      );
    })}
  </ul>
);
