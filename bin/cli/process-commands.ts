import type { ProcessState } from '../../domain/process.ts';
import { pageOf } from './ask-commands.ts';
import { type Answer, parseAs, readAs } from './client.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { wholeList } from './lists.ts';
import { checkedId } from './paths.ts';
import { type Process, processPersonShape, processShape } from './people-shapes.ts';
import {
  processPeopleTable,
  processStanding,
  processTable,
  processText,
  progressLine,
} from './process-text.ts';
import { follow, type Following } from './progress.ts';
import { type Session, withNewline } from './session.ts';
import { taskShape } from './shapes.ts';
import { count } from './text.ts';

export interface ProcessFilter {
  customer?: string;
  person?: string;
  state?: string;
  kind?: string;
}

/** Onboardings, role changes and offboardings, the newest first. */
export async function processesCommand(
  session: Session,
  { customer, person, state, kind }: ProcessFilter,
): Promise<ExitCode> {
  const list = await wholeList(session, '/v1/processes', { customer, person, state, kind });
  session.print(list.answer, () => {
    const processes = list.items.map((item) => parseAs(processShape, item));
    if (processes.length === 0) return 'No process.\n';
    return `${count(processes.length, 'process', 'processes')}.\n${processTable(pageOf(session), processes)}`;
  });
  return exitCodes.done;
}

/** One process; with `watch`, until nothing is left to be done but by people. */
export async function processCommand(
  session: Session,
  id: string,
  { watch = false, people }: { watch?: boolean; people?: string },
): Promise<ExitCode> {
  if (people !== undefined) return processPeople(session, checkedId(id), people);
  const answer = await session.client.get(`/v1/processes/${checkedId(id)}`);
  if (watch) return watchProcess(session, answer);
  session.print(answer, () => processText(pageOf(session), readAs(processShape, answer)));
  return exitCodes.done;
}

/** Its people in that state. */
async function processPeople(session: Session, id: string, state: string): Promise<ExitCode> {
  const list = await wholeList(session, `/v1/processes/${id}/people`, { state });
  session.print(list.answer, () => {
    const people = list.items.map((item) => parseAs(processPersonShape, item));
    if (people.length === 0) return 'Nobody.\n';
    return `${count(people.length, 'person', 'people')}.\n${processPeopleTable(pageOf(session), people)}`;
  });
  return exitCodes.done;
}

async function watchProcess(session: Session, begun: Answer): Promise<ExitCode> {
  const { deps } = session;
  const { end, last, answer } = await follow(session, begun, watching(deps));
  if (end === 'settled') {
    session.print(answer, () => processText(pageOf(session), last));
    return exitCodeOf(last.state);
  }
  if (session.isJson) deps.terminal.out(withNewline(answer.body));
  if (end === 'unreachable') deps.terminal.err('The API has stopped answering.\n');
  deps.terminal.err(`It goes on without this window:  ${session.command(`process ${last.id}`)}\n`);
  return end === 'interrupted' ? exitCodes.interrupted : exitCodes.unreachable;
}

function watching(deps: Session['deps']): Following<Process> {
  return {
    read: (answer) => readAs(processShape, answer),
    path: ({ id }) => `/v1/processes/${id}`,
    // People have days to confirm: nobody watches that.
    isSettled: ({ state }) => ['confirming', 'done', 'residue', 'failed', 'discarded'].includes(state),
    line: (process) => progressLine(process, deps.now()),
    change: (process) =>
      `${process.state} ${process.state === 'waiting' ? '' : processStanding(process, deps.now()).text}`,
  };
}

/** What a process that was watched came to. `residue` and `failed`: something is left for people. */
function exitCodeOf(state: ProcessState): ExitCode {
  if (state === 'residue' || state === 'failed') return exitCodes.unexpected;
  return state === 'discarded' ? exitCodes.refused : exitCodes.done;
}

/** Has what failed of a process tried again, by another one. */
export async function retryProcessCommand(session: Session, id: string, why: string): Promise<ExitCode> {
  const answer = await session.client.post(`/v1/processes/${checkedId(id)}/retry`, { reason: why });
  session.print(answer, () => {
    const next = readAs(processShape, answer);
    return `It is tried again:  ${session.command(`process ${next.id} --watch`)}\n${processText(pageOf(session), next)}`;
  });
  return exitCodes.done;
}

/** Says that a task is done, and how. */
export async function closeTaskCommand(session: Session, id: string, comment: string): Promise<ExitCode> {
  const answer = await session.client.post(`/v1/tasks/${checkedId(id)}/closing`, { comment });
  session.print(answer, () => {
    const task = readAs(taskShape, answer);
    const process = task.process_id ? ` Its process:  ${session.command(`process ${task.process_id}`)}` : '';
    return `Closed.${process}\n`;
  });
  return exitCodes.done;
}
