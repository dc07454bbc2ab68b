import { type Command, Option } from 'commander';
import { processKinds, processPersonStates, processStates } from '../../domain/process.ts';
import { completeLists } from '../../domain/roster.ts';
import { confirmConsentCommand, consentCommand } from './consent-commands.ts';
import { type CustomerFilter, customerCommand, customersCommand, usersCommand } from './customer-commands.ts';
import type { ExitCode } from './exit-codes.ts';
import { decideFenceCommand, type FenceDecision, fenceCommand, fencesCommand } from './fence-commands.ts';
import { importCommand, type ImportOptions } from './import-commands.ts';
import { listOption, textOption, withSession } from './options.ts';
import {
  closeTaskCommand,
  processCommand,
  type ProcessFilter,
  processesCommand,
  retryProcessCommand,
} from './process-commands.ts';
import type { Session, SessionOptions } from './session.ts';
import {
  addUserCommand,
  type AddUserOptions,
  changeStaffCommand,
  type ChangeStaffOptions,
  changeUserCommand,
  type ChangeUserOptions,
  inviteUserCommand,
  offboardCommand,
  reinstateCommand,
  removeUserCommand,
} from './user-commands.ts';

type WithApi = (options: SessionOptions, run: (session: Session) => Promise<ExitCode>) => Promise<void>;

/** The commands about customers, their users, the staff, and what becomes of them. */
export function addPeople(program: Command, withApi: WithApi): void {
  addCustomers(program, withApi);
  addUsers(program, withApi);
  addStaff(program, withApi);
  addProcesses(program, withApi);
  addFences(program, withApi);
  addImport(program, withApi);
}

const why = (command: Command) => command.requiredOption('--why <text>', 'the reason to record', textOption);
const roles = (command: Command) =>
  command
    .option('--role <role>', 'from now on only these; give it again for each', listOption)
    .option('--no-roles', 'none from now on; without either the roles stay as they are');

function addCustomers(program: Command, withApi: WithApi): void {
  withSession(program.command('customers'))
    .description('the customers')
    .addOption(
      new Option('--state <state>', 'only these').choices([
        'active',
        'restricted',
        'suspended',
        'ending',
        'ended',
      ]),
    )
    .option('--tier <tier>', 'only of this tier', textOption)
    .action((options: CustomerFilter & SessionOptions) =>
      withApi(options, (session) => customersCommand(session, options)),
    );
  withSession(program.command('customer'))
    .description('one customer with its contract and seats')
    .argument('<customer>', 'its key or id, e.g. acme')
    .action((customer: string, options: SessionOptions) =>
      withApi(options, (session) => customerCommand(session, customer)),
    );
  const consent = program
    .command('consent')
    .description('which of our access a customer’s own people approve');
  withSession(consent.command('show', { isDefault: true }))
    .description('which data, and the exception from what was agreed on (the default)')
    .argument('<customer>', 'its key or id, e.g. acme')
    .action((customer: string, options: SessionOptions) =>
      withApi(options, (session) => consentCommand(session, customer)),
    );
  withSession(consent.command('confirm'))
    .description('confirm the exception as a second person: from then on it counts')
    .argument('<customer>', 'its key or id, e.g. acme')
    .requiredOption(
      '--why <text>',
      'how you know that the customer wants it; it stays in the records',
      textOption,
    )
    .action((customer: string, options: { why: string } & SessionOptions) =>
      withApi(options, (session) => confirmConsentCommand(session, customer, options.why)),
    );
  withSession(program.command('users'))
    .description("a customer's users")
    .argument('<customer>')
    .addOption(
      new Option('--state <state>', 'only these').choices([
        'joining',
        'invited',
        'expired',
        'active',
        'suspended',
        'removed',
      ]),
    )
    .action((customer: string, options: { state?: string } & SessionOptions) =>
      withApi(options, (session) => usersCommand(session, customer, options)),
    );
}

function addUsers(program: Command, withApi: WithApi): void {
  const user = program.command('user').description("add, change, remove or invite a customer's user");
  const named = (name: string) =>
    withSession(user.command(name)).argument('<customer>').argument('<email>', 'the user’s address or id');
  why(named('add'))
    .description('add a user; access and the welcome follow')
    .requiredOption('--name <name>', 'what they are called', textOption)
    .option('--role <role>', 'a role by itself; give it again for each', listOption)
    .option('--contract-role <role>', 'what the contract calls them, e.g. member', textOption)
    .action((customer: string, email: string, options: AddUserOptions & SessionOptions) =>
      withApi(options, (session) => addUserCommand(session, customer, email, options)),
    );
  roles(why(named('change')))
    .description('say which roles a user has from now on')
    .option('--contract-role <role>', 'what the contract calls them from now on', textOption)
    .action((customer: string, email: string, options: ChangeUserOptions & SessionOptions) =>
      withApi(options, (session) => changeUserCommand(session, customer, email, options)),
    );
  why(named('remove'))
    .description('remove a user: everything they hold ends within seconds')
    .action((customer: string, email: string, options: { why: string } & SessionOptions) =>
      withApi(options, (session) => removeUserCommand(session, customer, email, options.why)),
    );
  named('invite')
    .description('invite a user again who has not confirmed yet, or cannot sign in')
    .action((customer: string, email: string, options: SessionOptions) =>
      withApi(options, (session) => inviteUserCommand(session, customer, email)),
    );
}

function addStaff(program: Command, withApi: WithApi): void {
  const staff = program
    .command('staff')
    .description("change, offboard or take back one of the company's own people");
  const named = (name: string) => withSession(staff.command(name)).argument('<email>', 'their address or id');
  roles(why(named('change')))
    .description('change roles, department or region; standing access follows')
    .option('--department <department>', 'where they work from now on', textOption)
    .option('--region <region>', 'in which region', textOption)
    .action((person: string, options: ChangeStaffOptions & SessionOptions) =>
      withApi(options, (session) => changeStaffCommand(session, person, options)),
    );
  why(named('offboard'))
    .description('they leave: access, requests and sign-in end within seconds')
    .action((person: string, options: { why: string } & SessionOptions) =>
      withApi(options, (session) => offboardCommand(session, person, options.why)),
    );
  why(named('reinstate'))
    .description('they are here again: they may sign in, and hold nothing of before')
    .action((person: string, options: { why: string } & SessionOptions) =>
      withApi(options, (session) => reinstateCommand(session, person, options.why)),
    );
}

function addProcesses(program: Command, withApi: WithApi): void {
  withSession(program.command('processes'))
    .description('onboardings, role changes and offboardings')
    .option('--customer <customer>', 'only of this customer', textOption)
    .option('--person <person>', 'only about this person (e-mail or id)', textOption)
    .addOption(
      new Option('--state <state>', 'only these; open: all that are not over').choices([
        'open',
        ...processStates,
      ]),
    )
    .addOption(new Option('--kind <kind>', 'only these').choices(processKinds))
    .action((options: ProcessFilter & SessionOptions) =>
      withApi(options, (session) => processesCommand(session, options)),
    );
  const process = program.command('process');
  withSession(process)
    .description('one process with how far it is')
    .argument('<id>')
    .option('--watch', 'until it is done (exit 1 when something is left)')
    .addOption(
      new Option('--people <state>', 'its people in this state, e.g. failed').choices(processPersonStates),
    )
    .action((id: string, options: { watch?: boolean; people?: string } & SessionOptions) =>
      withApi(options, (session) => processCommand(session, id, options)),
    );
  why(withSession(process.command('retry')))
    .description('have what failed of it tried again')
    .argument('<id>')
    .action((id: string, options: { why: string } & SessionOptions) =>
      withApi(options, (session) => retryProcessCommand(session, id, options.why)),
    );
  withSession(program.command('task').description('what only a person can finish').command('close'))
    .description('say that a task is done, and how')
    .argument('<id>')
    .requiredOption('--comment <text>', 'what was done about it', textOption)
    .action((id: string, options: { comment: string } & SessionOptions) =>
      withApi(options, (session) => closeTaskCommand(session, id, options.comment)),
    );
}

function addFences(program: Command, withApi: WithApi): void {
  withSession(program.command('fences'))
    .description('what is held back until a second person has looked at it')
    .option('--all', 'what was decided, too')
    .action((options: { all?: boolean } & SessionOptions) =>
      withApi(options, (session) => fencesCommand(session, options)),
    );
  const fence = program.command('fence').description('one fence: look at it, let it go on, or drop it');
  withSession(fence.command('show', { isDefault: true }))
    .description('what it holds, and what would happen (the default)')
    .argument('<id>')
    .action((id: string, options: SessionOptions) =>
      withApi(options, (session) => fenceCommand(session, id)),
    );
  const deciding = (name: 'release' | 'discard') =>
    withSession(fence.command(name))
      .argument('<id>')
      .option('--item <item>', 'only this; give it again for each', listOption);
  deciding('release')
    .description('let it go on')
    .option('--comment <text>', 'what to record with it', textOption)
    .action((id: string, options: FenceDecision & SessionOptions) =>
      withApi(options, (session) => decideFenceCommand(session, id, 'release', options)),
    );
  deciding('discard')
    .description('drop it; who was suspended for it is so no more')
    .requiredOption('--comment <text>', 'why not', textOption)
    .action((id: string, options: FenceDecision & SessionOptions) =>
      withApi(options, (session) => decideFenceCommand(session, id, 'discard', options)),
    );
}

function addImport(program: Command, withApi: WithApi): void {
  withSession(program.command('import'))
    .description(
      'take customers, their users and the staff over from CSV files; without --why only say what would happen',
    )
    .argument('<path>', 'a folder with customers.csv, users.csv or staff.csv, or one of these files')
    .option('--why <text>', 'the reason to record; then it is imported', textOption)
    .addOption(
      new Option('--complete <lists...>', 'these lists name everybody: who is not in them leaves').choices(
        completeLists,
      ),
    )
    .option('--yes', 'do not ask for confirmation; needed without a terminal')
    .action((path: string, options: ImportOptions & SessionOptions) =>
      withApi(options, (session) => importCommand(session, path, options)),
    );
}
