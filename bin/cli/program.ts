import { Argument, Command } from 'commander';
import {
  extendCommand,
  previewCommand,
  type RequestOptions,
  requestCommand,
  type Wish,
} from './ask-commands.ts';
import {
  cancelCommand,
  credentialCommand,
  decideCommand,
  returnCommand,
  revokeCommand,
} from './decide-commands.ts';
import { addApplications } from './application-program.ts';
import { addConfig } from './config-program.ts';
import { addEntitlements } from './entitlement-program.ts';
import { addEvents } from './event-program.ts';
import { exitCodeHelp, type ExitCode } from './exit-codes.ts';
import {
  firstCommand,
  holdableProcesses,
  holdCommand,
  releaseCommand,
  secretCommand,
  setTargetCommand,
  type TokenOptions,
  tokenCommand,
} from './local-commands.ts';
import {
  heldCommand,
  showCommand,
  tasksCommand,
  waitingCommand,
  whoHadCommand,
  whoHasCommand,
} from './look-commands.ts';
import { addPeople } from './people-program.ts';
import { addReviews } from './review-program.ts';
import { addSources } from './source-program.ts';
import { amrOption, instantOption, periodOption, textOption, withSession } from './options.ts';
import {
  type CliDependencies,
  openSession,
  type Session,
  type SessionOptions,
  trialAmr,
  trialTtlMs,
} from './session.ts';
import { neutraliseLines } from './text.ts';
import { addSignals } from './signal-program.ts';
import { addWebhooks } from './webhook-program.ts';

/** What a command line came to. */
export interface Outcome {
  code: ExitCode;
  /** The caller is a program: problems are printed as they came. */
  isJson: boolean;
}

/** Every command with its words. Actions write to `outcome`; errors are thrown. */
export function buildProgram(deps: CliDependencies, outcome: Outcome): Command {
  const { terminal } = deps;
  const program = new Command('tenure');
  program
    .description('Ask for access, decide on it, end it, and see who has it or had it.')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.out(neutraliseLines(text)),
      writeErr: (text) => terminal.err(neutraliseLines(text)),
      getOutHelpWidth: () => terminal.columns() ?? 110,
      getErrHelpWidth: () => terminal.columns() ?? 110,
    })
    .showHelpAfterError('Try it with --help.')
    .addHelpText('after', `${environmentHelp}\n${exitCodeHelp}`);
  const withApi = async (options: SessionOptions, run: (session: Session) => Promise<ExitCode>) => {
    outcome.isJson = options.json === true;
    outcome.code = await run(await openSession(deps, options));
  };
  addAsking(program, withApi);
  addDeciding(program, withApi);
  addEnding(program, withApi);
  addLooking(program, withApi);
  addPeople(program, withApi);
  addReviews(program, withApi);
  addConfig(program, withApi);
  addEntitlements(program, withApi);
  addEvents(program, withApi);
  addSources(program, withApi);
  addWebhooks(program, withApi);
  addSignals(program, withApi);
  addApplications(program, withApi);
  addLocal(program, deps, outcome);
  return program;
}

const environmentHelp = `
An <id> is a request's (AR-2207 or req_…); show, return, revoke, extend and credential also take a grant's (grant_…).

Environment:
  TENURE_URL    where the API is; else the local installation (TENURE_HOME, PORT)
  TENURE_TOKEN  who you are: a bearer token; --as <email> instead on a local installation
  NO_COLOR      no colours`;

type WithApi = (options: SessionOptions, run: (session: Session) => Promise<ExitCode>) => Promise<void>;

function addAsking(program: Command, withApi: WithApi): void {
  const wish = (command: Command) =>
    withSession(
      command
        .argument('<resource>', 'what on, e.g. globex-env')
        .argument('<entitlement>', 'what, e.g. read')
        .requiredOption('--for <period>', 'for how long, e.g. 2h or PT2H', periodOption)
        .option('--ticket <ticket>', 'the ticket it belongs to')
        .option('--customer <customer>', 'whose data, on a resource that several share')
        .option('--at <instant>', 'when it is to begin; at once if left out', instantOption)
        .option('--person <person>', 'for whom (e-mail or id); you if left out'),
    );
  wish(program.command('request'))
    .description('ask for access, and wait until it is granted or refused')
    .requiredOption('--why <text>', 'why you need it', textOption)
    .option('--yes', 'do not ask for confirmation; needed without a terminal')
    .option('--no-wait', 'only ask')
    .action((resource: string, entitlement: string, options: RequestOptions & SessionOptions) =>
      withApi(options, (session) => requestCommand(session, resource, entitlement, options)),
    );
  wish(program.command('preview'))
    .description(
      'say what policy would want, and the longest period (exit 3 when it refuses, 2 when the period is too long)',
    )
    .option('--why <text>', 'why you need it', textOption)
    .action((resource: string, entitlement: string, options: Wish & SessionOptions) =>
      withApi(options, (session) => previewCommand(session, resource, entitlement, options)),
    );
  withSession(program.command('extend'))
    .description('ask for a later end; it is decided anew, and the old end holds until then')
    .argument('<id>')
    .requiredOption('--for <period>', 'how much longer, e.g. 1h', periodOption)
    .requiredOption('--why <text>', 'why you need it', textOption)
    .option('--wait', 'wait until it is decided')
    .action((id: string, options: { for: number; why: string; wait?: boolean } & SessionOptions) =>
      withApi(options, (session) => extendCommand(session, id, options)),
    );
}

function addDeciding(program: Command, withApi: WithApi): void {
  withSession(program.command('waiting'))
    .description('the requests that wait for a decision')
    .action((options: SessionOptions) => withApi(options, waitingCommand));
  withSession(program.command('approve'))
    .description('approve a request, on the stage that is yours')
    .argument('<id>')
    .option('--comment <text>', 'what to record with it')
    .option('--stage <stage>', 'the stage, where more than one is yours')
    .action((id: string, options: { comment?: string; stage?: string } & SessionOptions) =>
      withApi(options, (session) => decideCommand(session, id, 'approve', options)),
    );
  withSession(program.command('deny'))
    .description('deny a request')
    .argument('<id>')
    .requiredOption('--comment <text>', 'why not', textOption)
    .option('--stage <stage>', 'the stage, where more than one is yours')
    .action((id: string, options: { comment: string; stage?: string } & SessionOptions) =>
      withApi(options, (session) => decideCommand(session, id, 'deny', options)),
    );
}

function addEnding(program: Command, withApi: WithApi): void {
  withSession(program.command('return'))
    .description('give back the access you hold')
    .argument('<id>')
    .action((id: string, options: SessionOptions) =>
      withApi(options, (session) => returnCommand(session, id)),
    );
  withSession(program.command('revoke'))
    .description("end somebody's access now")
    .argument('<id>')
    .requiredOption('--why <text>', 'the reason to record', textOption)
    .action((id: string, options: { why: string } & SessionOptions) =>
      withApi(options, (session) => revokeCommand(session, id, options.why)),
    );
  withSession(program.command('cancel'))
    .description('withdraw a request before access begins')
    .argument('<id>')
    .action((id: string, options: SessionOptions) =>
      withApi(options, (session) => cancelCommand(session, id)),
    );
}

function addLooking(program: Command, withApi: WithApi): void {
  withSession(program.command('show'))
    .description('a request or a grant, whole')
    .argument('<id>')
    .action((id: string, options: SessionOptions) => withApi(options, (session) => showCommand(session, id)));
  withSession(program.command('credential'))
    .description('show the credential of access you hold; each is shown once')
    .argument('<id>')
    .option('--replace', "make a new one, and end the old one's sessions")
    .action((id: string, options: { replace?: boolean } & SessionOptions) =>
      withApi(options, (session) => credentialCommand(session, id, options.replace === true)),
    );
  withSession(program.command('held'))
    .description('the access you hold now')
    .option('--person <person>', 'somebody else (e-mail or id)')
    .action((options: { person?: string } & SessionOptions) =>
      withApi(options, (session) => heldCommand(session, options.person)),
    );
  withSession(program.command('tasks'))
    .description('what only a person can finish: your own open tasks, or all of them for who reads records')
    .action((options: SessionOptions) => withApi(options, tasksCommand));
  withSession(program.command('who-has'))
    .description("who has access to a customer's data, or on a resource")
    .argument('<name>', 'a customer or a resource, e.g. acme or acme-env')
    .option('--at <instant>', 'at that instant; now if left out', instantOption)
    .action((name: string, options: { at?: string } & SessionOptions) =>
      withApi(options, (session) => whoHasCommand(session, name, options.at)),
    );
  withSession(program.command('who-had'))
    .description('who had access at any moment of a period')
    .argument('<name>', 'a customer or a resource')
    .requiredOption('--from <instant>', 'where the period begins', instantOption)
    .requiredOption('--to <instant>', 'where it ends', instantOption)
    .action((name: string, options: { from: string; to: string } & SessionOptions) =>
      withApi(options, (session) => whoHadCommand(session, name, { from: options.from, to: options.to })),
    );
}

interface FirstOptions {
  name: string;
  organization?: string;
  region?: string;
  recover?: string;
  json?: boolean;
}

function addLocal(program: Command, deps: CliDependencies, outcome: Outcome): void {
  program
    .command('token')
    .description('print a short-lived bearer token (local installation only)')
    .argument('<email>')
    .option('--amr <methods>', 'how its bearer signed in', amrOption, trialAmr)
    .option('--for <period>', 'how long it lives, PT1H at most (default: PT15M)', periodOption)
    .option('--json', 'as {token, id, expires_at, base_url}')
    .action(async (email: string, options: Partial<TokenOptions>) => {
      const { amr = trialAmr, for: ttlMs = trialTtlMs, json = false } = options;
      outcome.code = await tokenCommand(deps, email, { amr, for: ttlMs, json });
    });
  program
    .command('secret')
    .description('print what an event source signs with (local installation only)')
    .argument('<source>', 'e.g. stripe')
    .option('--json', 'as {secret, id, expires_at, base_url}')
    .action(async (source: string, options: { json?: boolean }) => {
      outcome.isJson = options.json === true;
      outcome.code = await secretCommand(deps, source, options);
    });
  program
    .command('first')
    .description(
      'make one of the vendor’s first two administrators (on the installation’s own machine, until two can sign in)',
    )
    .argument('<email>')
    .requiredOption('--name <name>', 'what they are called', textOption)
    .option('--organization <name>', 'what the vendor is called, where there is none yet', textOption)
    .option('--region <region>', 'where its own data is, e.g. eu', textOption)
    .option(
      '--recover <reason>',
      'let an administrator in again where two already could sign in; all are written to',
      textOption,
    )
    .option('--json', 'as {link, expires_at}')
    .action(async (email: string, options: FirstOptions) => {
      const { name, organization = null, region = 'eu', recover = null, json = false } = options;
      outcome.isJson = json;
      outcome.code = await firstCommand(deps, { email, name, organization, region, recovery: recover, json });
    });
  const target = program
    .command('target')
    .description('where access is given (on the installation’s own machine)');
  target
    .command('set')
    .description('say where a target is, and what its connector signs in with')
    .argument('<key>', 'by which the catalog’s resources name it, e.g. eu')
    .requiredOption('--connector <kind>', 'postgres or webhook', textOption)
    .requiredOption(
      '--endpoint <file>',
      'where it is, as JSON or YAML; `-` reads it from the input',
      textOption,
    )
    .requiredOption('--secret-file <file>', 'the account’s password, or the signing secret', textOption)
    .action(async (key: string, files: { connector: string; endpoint: string; secretFile: string }) => {
      outcome.code = await setTargetCommand(deps, key, files);
    });
  const local = program.command('local').description('processes of the local installation');
  const processArgument = () => new Argument('<process>').choices(holdableProcesses);
  local
    .command('hold')
    .description('keep a process down, to see how the others go on')
    .addArgument(processArgument())
    .action(async (name: string) => {
      outcome.code = await holdCommand(deps, name);
    });
  local
    .command('release')
    .description('let it start again')
    .addArgument(processArgument())
    .action(async (name: string) => {
      outcome.code = await releaseCommand(deps, name);
    });
}
