import { pageOf } from './ask-commands.ts';
import { type Answer, readAs } from './client.ts';
import { UsageError } from './errors.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { pathPart } from './paths.ts';
import { processShape, userProcessShape } from './people-shapes.ts';
import { userText } from './people-text.ts';
import { processText } from './process-text.ts';
import type { Session } from './session.ts';

/** Roles as typed: each by an option of its own, or none at all. */
export interface RoleOptions {
  /** `false` from `--no-roles`. */
  roles?: boolean;
  role?: string[];
  contractRole?: string;
}

export interface AddUserOptions extends RoleOptions {
  name: string;
  why: string;
}

/** Adds a user to a customer: the seat at once, access and the welcome by a process. */
export async function addUserCommand(
  session: Session,
  customer: string,
  email: string,
  { name, role, contractRole, why }: AddUserOptions,
): Promise<ExitCode> {
  const body = {
    email,
    name,
    ...(contractRole === undefined ? {} : { contract_role: contractRole }),
    ...(role ? { roles: role } : {}),
    reason: why,
  };
  const answer = await session.client.post(`/v1/customers/${pathPart(customer)}/users`, body);
  return showUser(session, answer, 'Added. Access and the welcome follow');
}

export interface ChangeUserOptions extends RoleOptions {
  why: string;
}

/** Says which roles a user has from now on; those that are not named stay. */
export async function changeUserCommand(
  session: Session,
  customer: string,
  user: string,
  options: ChangeUserOptions,
): Promise<ExitCode> {
  const roles = rolesOf(options);
  const { contractRole, why } = options;
  if (!roles && contractRole === undefined)
    throw new UsageError('Say what changes: --role, each by its own (or --no-roles), or --contract-role.');
  const body = {
    ...(roles ? { roles } : {}),
    ...(contractRole === undefined ? {} : { contract_role: contractRole }),
    reason: why,
  };
  const answer = await session.client.post(`${userPath(customer, user)}/role-change`, body);
  return showUser(session, answer, 'Changed. Access follows');
}

/** Removes a user, at once. */
export async function removeUserCommand(
  session: Session,
  customer: string,
  user: string,
  why: string,
): Promise<ExitCode> {
  const answer = await session.client.post(`${userPath(customer, user)}/removal`, { reason: why });
  return showProcess(session, answer, 'Removed. Everything they hold ends now');
}

/** Invites a user again. */
export async function inviteUserCommand(session: Session, customer: string, user: string): Promise<ExitCode> {
  const answer = await session.client.post(`${userPath(customer, user)}/invitation`, {});
  return showUser(session, answer, 'Invited again. The former link opens nothing any more');
}

export interface ChangeStaffOptions extends RoleOptions {
  department?: string;
  region?: string;
  why: string;
}

/** Changes the roles, the department or the region of one of the vendor's people. */
export async function changeStaffCommand(
  session: Session,
  person: string,
  options: ChangeStaffOptions,
): Promise<ExitCode> {
  const { department, region, why } = options;
  const roles = rolesOf(options);
  if (!roles && department === undefined && region === undefined)
    throw new UsageError('Say what changes: --role (or --no-roles), --department or --region.');
  const body = {
    ...(roles ? { roles } : {}),
    ...(department === undefined ? {} : { department }),
    ...(region === undefined ? {} : { region }),
    reason: why,
  };
  const answer = await session.client.post(`/v1/people/${pathPart(person)}/role-change`, body);
  return showProcess(session, answer, 'Changed. Access follows');
}

/** One of the vendor's people leaves, at once. */
export async function offboardCommand(session: Session, person: string, why: string): Promise<ExitCode> {
  const answer = await session.client.post(`/v1/people/${pathPart(person)}/offboarding`, { reason: why });
  return showProcess(session, answer, 'They are signed out. Everything they hold ends now');
}

/** One of the vendor's people who has left is here again, with no role. */
export async function reinstateCommand(session: Session, person: string, why: string): Promise<ExitCode> {
  const answer = await session.client.post(`/v1/people/${pathPart(person)}/reinstatement`, { reason: why });
  return showProcess(session, answer, 'They may sign in again, and hold nothing of before');
}

/** Undefined: nothing was said. @throws UsageError for both at once */
function rolesOf({ role, roles }: RoleOptions): string[] | undefined {
  if (roles !== false) return role;
  if (role) throw new UsageError('Either --role or --no-roles.');
  return [];
}

function userPath(customer: string, user: string): string {
  return `/v1/customers/${pathPart(customer)}/users/${pathPart(user)}`;
}

function showUser(session: Session, answer: Answer, done: string): ExitCode {
  session.print(answer, () => {
    const { user, process } = readAs(userProcessShape, answer);
    return `${userText(pageOf(session), user)}${done}:  ${session.command(`process ${process.id} --watch`)}\n`;
  });
  return exitCodes.done;
}

function showProcess(session: Session, answer: Answer, done: string): ExitCode {
  session.print(answer, () => {
    const process = readAs(processShape, answer);
    return `${processText(pageOf(session), process)}${done}:  ${session.command(`process ${process.id} --watch`)}\n`;
  });
  return exitCodes.done;
}
