import { pageOf } from './ask-commands.ts';
import { parseAs, readAs } from './client.ts';
import { ProblemError } from './errors.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { grantText, heldTable, pastTable, taskTable, waitingTable } from './grant-text.ts';
import { instantInWords } from './instants.ts';
import { mergeLists, type WholeList, wholeList } from './lists.ts';
import { checkedId, isGrantId } from './paths.ts';
import { requestText } from './request-text.ts';
import type { Session } from './session.ts';
import { accessRequestShape, type Grant, grantShape, taskShape } from './shapes.ts';
import { count, neutralise } from './text.ts';

/** One request or one grant, whole. */
export async function showCommand(session: Session, typed: string): Promise<ExitCode> {
  const id = checkedId(typed);
  if (isGrantId(id)) {
    const answer = await session.client.get(`/v1/grants/${id}`);
    session.print(answer, () => grantText(pageOf(session), readAs(grantShape, answer)));
  } else {
    const answer = await session.client.get(`/v1/access-requests/${id}`);
    session.print(answer, () => requestText(pageOf(session), readAs(accessRequestShape, answer)));
  }
  return exitCodes.done;
}

/** What one person holds now; the caller, unless another is named. */
export async function heldCommand(session: Session, person: string | undefined): Promise<ExitCode> {
  const whose = person ?? session.caller ?? undefined;
  const list = await wholeList(session, '/v1/grants', { person: whose, at: instantNow(session) });
  session.print(list.answer, () => {
    const grants = grantsOf(list);
    const held = count(grants.length, 'grant is', 'grants are');
    return grants.length ? `${held} held.\n${heldTable(pageOf(session), grants)}` : 'Nothing is held.\n';
  });
  return exitCodes.done;
}

/** Who holds access to a customer's data or on a resource, at one instant. */
export async function whoHasCommand(
  session: Session,
  name: string,
  at: string | undefined,
): Promise<ExitCode> {
  const instant = at ?? instantNow(session);
  const list = await grantsOn(session, name, { at: instant });
  session.print(list.answer, () => {
    const grants = grantsOf(list);
    const when = instantInWords(instant, session.deps.now());
    const sentence = `${holders(grants, at ? 'had' : 'has', at ? 'had' : 'have')} access to ${neutralise(name)} at ${when}.\n`;
    const draw = at ? pastTable : heldTable;
    return sentence + (grants.length ? draw(pageOf(session), grants) : '');
  });
  return exitCodes.done;
}

/** Who had access at any moment of a period. */
export async function whoHadCommand(
  session: Session,
  name: string,
  period: { from: string; to: string },
): Promise<ExitCode> {
  const list = await grantsOn(session, name, period);
  session.print(list.answer, () => {
    const grants = grantsOf(list);
    const nowMs = session.deps.now();
    const when = `between ${instantInWords(period.from, nowMs)} and ${instantInWords(period.to, nowMs)}`;
    const sentence = `${holders(grants, 'had', 'had')} access to ${neutralise(name)} ${when}.\n`;
    return sentence + (grants.length ? pastTable(pageOf(session), grants) : '');
  });
  return exitCodes.done;
}

/** Every request the caller may see that waits for a decision. */
export async function waitingCommand(session: Session): Promise<ExitCode> {
  const list = await wholeList(session, '/v1/access-requests', { state: 'waiting' });
  session.print(list.answer, () => {
    const requests = list.items.map((item) => parseAs(accessRequestShape, item));
    if (requests.length === 0) return 'No request waits for a decision.\n';
    const wait = count(requests.length, 'request waits', 'requests wait');
    return `${wait} for a decision.\n${waitingTable(pageOf(session), requests)}`;
  });
  return exitCodes.done;
}

/** What only a person can finish: the caller's own, and for who reads records everybody's. */
export async function tasksCommand(session: Session): Promise<ExitCode> {
  const list = await wholeList(session, '/v1/tasks', { state: 'open' });
  session.print(list.answer, () => {
    const tasks = list.items.map((item) => parseAs(taskShape, item));
    const open = count(tasks.length, 'task is', 'tasks are');
    return tasks.length ? `${open} open.\n${taskTable(pageOf(session), tasks)}` : 'No task is open.\n';
  });
  return exitCodes.done;
}

function instantNow(session: Session): string {
  return new Date(session.deps.now()).toISOString();
}

function grantsOf(list: WholeList): Grant[] {
  return list.items.map((item) => parseAs(grantShape, item));
}

function holders(grants: readonly Grant[], one: string, many: string): string {
  const people = new Set(grants.map((grant) => grant.person.id)).size;
  return people === 0 ? `Nobody ${one}` : `${count(people, 'person', 'people')} ${people === 1 ? one : many}`;
}

/**
 * A name may be a customer's or a resource's, and nobody should have to say which: both are asked, and what is unknown as
 * one is left to the other. Only a name that is neither is not found.
 */
async function grantsOn(session: Session, name: string, when: Record<string, string>): Promise<WholeList> {
  const kinds = name.startsWith('org_')
    ? ['customer']
    : name.startsWith('res_')
      ? ['resource']
      : ['customer', 'resource'];
  const tried = await Promise.all(kinds.map((kind) => grantsAs(session, { [kind]: name, ...when })));
  const known = tried.flatMap((each) => (each instanceof ProblemError ? [] : [each]));
  if (known.length) return mergeLists(known);
  throw mostTelling(
    name,
    tried.flatMap((each) => (each instanceof ProblemError ? [each] : [])),
  );
}

async function grantsAs(session: Session, query: Record<string, string>): Promise<WholeList | ProblemError> {
  try {
    return await wholeList(session, '/v1/grants', query);
  } catch (error) {
    if (error instanceof ProblemError && leavesOpen(error)) return error;
    throw error;
  }
}

/** Answers that say "not as this kind": the other kind may still be right. */
function leavesOpen({ problem }: ProblemError): boolean {
  return problem.status === 404 || problem.code === 'unknown-reference' || problem.code === 'forbidden';
}

/** Not being allowed says more than not being known; and what is known as nothing was not found, whatever its status. */
function mostTelling(name: string, errors: readonly ProblemError[]): Error {
  const forbidden = errors.find(({ problem }) => problem.code === 'forbidden');
  const [first] = errors;
  return (
    forbidden ??
    (first ? new ProblemError({ ...first.problem, ...unknownName(name) }) : new Error('Nothing was tried.'))
  );
}

function unknownName(name: string): Partial<ProblemError['problem']> {
  const title = `Neither a customer nor a resource is called ${name}`;
  return { status: 404, code: 'not-found', title, detail: null, errors: [] };
}
