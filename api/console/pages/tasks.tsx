import type { FC } from 'hono/jsx';
import type { Page } from '../../../db/queries/instant.ts';
import type { TaskView } from '../../../db/queries/task.ts';
import { tasksClosedByPeople } from '../../../domain/task.ts';
import type { Outside } from '../../outside.ts';
import { ConsolePage, type Frame } from '../components/console-page.tsx';
import { Facts } from '../components/facts.tsx';
import { type Faults, Form, LinkButton, TextArea } from '../components/form.tsx';
import { ListWays } from '../components/list-ways.tsx';
import { Note, Refused } from '../components/note.tsx';
import { Onward } from '../components/onward.tsx';
import { Empty, Row, Section, Timetable } from '../components/row.tsx';
import { Time } from '../components/time.tsx';
import { personPage } from '../links.ts';
import { nameOf } from '../request-words.ts';
import { causeWords } from '../texts/causes.ts';
import { operationsTexts } from '../texts/operations.ts';
import { taskTexts as texts } from '../texts/tasks.ts';
import { useWhen } from '../when.ts';
import { newUserPath } from './customer-user.tsx';

export type Task = Outside<TaskView>;
export type WhichTasks = 'open' | 'mine' | 'closed';

const path = '/operations/tasks';

/** What a task is about: somebody, so many people, a thing, or a customer as a whole. */
function aboutWords({ kind, person, people, resource, organization }: Task): string {
  if (kind === 'handover' && resource) return nameOf(resource);
  if (person) return resource ? `${nameOf(person)}, ${nameOf(resource)}` : nameOf(person);
  if (people !== null) return `${texts.people(people)} at ${nameOf(organization)}`;
  return resource ? nameOf(resource) : nameOf(organization);
}

/** What there is to do, in a sentence. */
export function taskTitle(task: Task): string {
  return texts.title[task.kind](aboutWords(task));
}

const isPeoples = ({ kind }: Task) => tasksClosedByPeople.some((one) => one === kind);

/** What only people can finish. */
export const TasksPage: FC<{
  frame: Frame;
  tasks: Outside<Page<TaskView>>;
  which: WhichTasks;
  me: string;
}> = ({ frame, tasks: { items, next }, which, me }) => {
  const titles = {
    open: texts.list.title(items.length, next !== null),
    mine: texts.list.titleMine(items.length, next !== null),
    closed: texts.list.titleClosed,
  };
  const href = (one: WhichTasks) => (one === 'open' ? path : `${path}?which=${one}`);
  return (
    <ConsolePage
      frame={frame}
      title={titles[which]}
      lead={texts.list.lead}
      crumb={<a href="/operations">{operationsTexts.way}</a>}
      current="/operations"
    >
      <div class="stack">
        <ListWays
          label={texts.list.which}
          ways={[
            [href('open'), texts.list.open],
            [href('mine'), texts.list.mine],
            [href('closed'), texts.list.closed],
          ]}
          current={href(which)}
        />
        <Section id="tasks" title={texts.list.heading}>
          {items.length === 0 ? (
            <Empty fact={texts.list.none}>{texts.list.noneMore}</Empty>
          ) : (
            <Timetable>
              {items.map((task) => (
                <TaskRow task={task} me={me} />
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

/** One of them, among others or among all that needs a hand. */
export const TaskRow: FC<{ task: Task; me: string; isMain?: boolean }> = ({ task, me, isMain = false }) => {
  const { now } = useWhen();
  const isOpen = task.state === 'open';
  const title = taskTitle(task);
  const tone =
    task.kind === 'rollback' || task.kind === 'overdue' || task.kind === 'residue' ? 'late' : 'soon';
  return (
    <Row
      at={
        isOpen ? (
          operationsTexts.waits(Date.parse(now) - Date.parse(task.opened_at))
        ) : (
          <Time at={task.closed_at ?? task.opened_at} as="day" />
        )
      }
      caption={isOpen ? texts.caption : texts.closedCaption}
      tone={isOpen ? tone : undefined}
      title={title}
      actions={<LinkButton href={`${path}/${task.id}`} label={texts.open} isMain={isMain} about={title} />}
    >
      <p class="meta">
        {causeWords(task.cause)} {task.owner.id === me ? texts.yours : texts.owner(nameOf(task.owner))}
      </p>
    </Row>
  );
};

type TaskProps = {
  frame: Frame;
  task: Task;
  mayClose: boolean;
  mayAddUsers: boolean;
  fields: Readonly<Record<string, string>>;
  faults: Faults;
  refusal: string | null;
};

/** What to do, and saying that it is done. */
export const TaskPage: FC<TaskProps> = ({ frame, task, mayClose, mayAddUsers, ...said }) => (
  <ConsolePage
    frame={frame}
    title={taskTitle(task)}
    lead={texts.todo[task.kind]}
    crumb={<a href={path}>{operationsTexts.lists.tasks}</a>}
    current="/operations"
  >
    <div class="beside">
      <div>
        <Section id="about" title={texts.what}>
          <TaskFacts task={task} />
          <p class="more acts">
            {task.process_id !== null && (
              <a class="button" href={`/operations/processes/${task.process_id}`}>
                {texts.openProcess}
              </a>
            )}
            {task.kind === 'users' && task.state === 'open' && mayAddUsers && (
              <a class="button" href={newUserPath(task.organization.key ?? task.organization.id)}>
                {texts.addUser}
              </a>
            )}
            {task.request_id !== null && (
              <a class="button" href={`/requests/${task.request_id}`}>
                {texts.openRequest}
              </a>
            )}
          </p>
        </Section>
      </div>
      {task.state === 'open' && <Closing csrf={frame.csrf} task={task} mayClose={mayClose} {...said} />}
    </div>
  </ConsolePage>
);

const TaskFacts: FC<{ task: Task }> = ({ task }) => (
  <Facts
    facts={[
      [texts.facts.owner, <a href={personPage(task.owner.id)}>{nameOf(task.owner)}</a>],
      task.person && [texts.facts.about, <a href={personPage(task.person.id)}>{nameOf(task.person)}</a>],
      [texts.facts.where, nameOf(task.organization)],
      task.resource && [texts.facts.resource, nameOf(task.resource)],
      task.cause === null ? null : [texts.facts.cause, causeWords(task.cause)],
      [texts.facts.opened, <Time at={task.opened_at} />],
      task.closed_at === null ? null : [texts.facts.closed, <Time at={task.closed_at} />],
      task.closed_at === null
        ? null
        : [texts.facts.by, task.closed_by ? nameOf(task.closed_by) : texts.itself],
      task.comment === null ? null : [texts.facts.how, task.comment],
    ]}
  />
);

type ClosingProps = Omit<TaskProps, 'frame' | 'mayAddUsers'> & { csrf: string };

const Closing: FC<ClosingProps> = ({ csrf, task, mayClose, fields, faults, refusal }) => {
  if (!isPeoples(task))
    return (
      <Note tone="wait" glyph="waiting" fact={texts.close.itself}>
        {texts.close.itselfMore}
      </Note>
    );
  if (!mayClose)
    return (
      <Note tone="wait" glyph="waiting" fact={texts.close.othersFact}>
        {texts.close.others(nameOf(task.owner))}
      </Note>
    );
  return (
    <div class="panel stack">
      <h2>{texts.close.heading}</h2>
      <Refused fact={texts.close.refused} refusal={refusal} />
      <Form action={`${path}/${task.id}`} csrf={csrf} class="stack">
        <TextArea
          name="comment"
          label={texts.close.comment}
          hint={texts.close.hint}
          value={fields.comment}
          isRequired
          maxLength={2_000}
          fault={faults.comment}
        />
        <button type="submit" class="main-action tall">
          {texts.close.act}
        </button>
      </Form>
    </div>
  );
};
