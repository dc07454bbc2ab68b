import type { Command } from 'commander';
import {
  addApplicationCommand,
  applicationsCommand,
  removeApplicationCommand,
} from './application-commands.ts';
import type { ExitCode } from './exit-codes.ts';
import { textOption, withSession } from './options.ts';
import type { Session, SessionOptions } from './session.ts';

type WithApi = (options: SessionOptions, run: (session: Session) => Promise<ExitCode>) => Promise<void>;

/** The commands about applications that ask what people may do. */
export function addApplications(program: Command, withApi: WithApi): void {
  withSession(program.command('applications'))
    .description('the applications that may ask what people may do')
    .action((options: SessionOptions) => withApi(options, applicationsCommand));
  const application = program
    .command('application')
    .description('an application that asks what people may do');
  withSession(application.command('add'))
    .description('make a token for it, and print that alone')
    .argument('<name>', 'which application it is for')
    .option('--days <number>', 'for how many days it is good; 180 unless given', textOption)
    .action((name: string, options: { days?: string } & SessionOptions) =>
      withApi(options, (session) => addApplicationCommand(session, name, options)),
    );
  withSession(application.command('remove'))
    .description('revoke a token')
    .argument('<token-id>')
    .action((id: string, options: SessionOptions) =>
      withApi(options, (session) => removeApplicationCommand(session, id)),
    );
}
