import { z } from '@hono/zod-openapi';
import { answer, checked, formOf, frameOf, goOn, html, type PageContext } from '../../console/answer.tsx';
import type { Faults } from '../../console/components/form.tsx';
import { orSay, type RefusedStatus } from '../../console/or-say.ts';
import { TaskPage, TasksPage, type WhichTasks } from '../../console/pages/tasks.tsx';
import { closeTask } from '../../operations/close-task.ts';
import { findTasks, getTask } from '../../operations/list-tasks.ts';
import { hasDuty } from '../../principal.ts';
import { type Api, declare, problemsOf } from '../../route.ts';
import { closingBody } from '../../schemas/task.ts';
import { idAfter, pageToRead, pageToSend } from './common.ts';

const params = z.object({ id: z.string().max(128) });

const list = declare({
  ...pageToRead,
  path: '/operations/tasks',
  operationId: 'tasksPage',
  summary: 'What only a person can finish',
  rule: 'catalog-reader',
  request: {
    query: z.object({ which: z.string().max(20).optional(), after: z.string().max(60).optional() }),
  },
});

const show = declare({
  ...pageToRead,
  path: '/operations/tasks/{id}',
  operationId: 'taskPage',
  summary: 'What to do about one of them, and saying that it is done',
  rule: 'catalog-reader',
  request: { params },
});

const close = declare({
  ...pageToSend,
  path: '/operations/tasks/{id}',
  operationId: 'closeTaskOnPage',
  summary: 'Say that a task is done, and how',
  rule: 'catalog-reader',
  request: { params },
  responses: {
    303: { description: 'It is closed; the browser goes on to the task.' },
    403: html('It is not theirs to close; nothing has changed'),
    409: html('It is closed already; nothing has changed'),
    422: html('What was done is missing; nothing has changed'),
    503: html('Not now; nothing has changed'),
    ...problemsOf('unauthenticated', 'not-found'),
  },
});

export function taskPages(app: Api): void {
  app.openapi(list, async (c) => {
    const caller = c.get('principal');
    const { which: said, after } = c.req.valid('query');
    const which: WhichTasks = said === 'mine' || said === 'closed' ? said : 'open';
    const filter = {
      state: which === 'closed' ? ('closed' as const) : ('open' as const),
      ...(which === 'mine' ? { owner: caller.personId } : {}),
    };
    const page = { limit: 50, after: idAfter('task', after) };
    const [frame, tasks] = await Promise.all([frameOf(c), findTasks(c.get('deps'), caller, filter, page)]);
    return answer(c, <TasksPage frame={frame} tasks={tasks} which={which} me={caller.personId} />);
  });
  app.openapi(show, (c) => taskPage(c, c.req.valid('param').id));
  app.openapi(close, async (c) => {
    const { id } = c.req.valid('param');
    const fields = await formOf(c);
    const wish = checked(closingBody, { comment: fields.comment ?? '' });
    if ('faults' in wish) return taskPage(c, id, { fields, faults: wish.faults }, 422);
    return orSay(
      async () => {
        await closeTask(c.get('deps'), c.get('principal'), id, wish.ok.comment, null);
        return goOn(c, `/operations/tasks/${id}`);
      },
      (refusal, faults, status) => taskPage(c, id, { fields, faults, refusal }, status),
    );
  });
}

async function taskPage(
  c: PageContext,
  id: string,
  said: { fields?: Record<string, string>; faults?: Faults; refusal?: string } = {},
  status: 200 | RefusedStatus = 200,
) {
  const caller = c.get('principal');
  const [frame, task] = await Promise.all([frameOf(c), getTask(c.get('deps'), caller, id)]);
  const mayAddUsers = hasDuty(caller, 'manage-access');
  const mayClose = task.owner.id === caller.personId || mayAddUsers;
  const { fields = {}, faults = {}, refusal = null } = said;
  return answer(
    c,
    <TaskPage
      frame={frame}
      task={task}
      mayClose={mayClose}
      mayAddUsers={mayAddUsers}
      fields={fields}
      faults={faults}
      refusal={refusal}
    />,
    status,
  );
}
