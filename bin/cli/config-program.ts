import type { Command } from 'commander';
import {
  applyCommand,
  type ApplyOptions,
  exportCommand,
  logCommand,
  planCommand,
  showCatalogCommand,
  type WhichCatalog,
} from './config-commands.ts';
import type { ExitCode } from './exit-codes.ts';
import { instantOption, textOption, withSession } from './options.ts';
import type { Session, SessionOptions } from './session.ts';

type WithApi = (options: SessionOptions, run: (session: Session) => Promise<ExitCode>) => Promise<void>;

/** The commands about the access catalog: who may hold what, as files. */
export function addConfig(program: Command, withApi: WithApi): void {
  const config = program
    .command('config')
    .description('the access catalog as files: tiers, roles, resources and exceptions, without a deployment');
  const which = (command: Command) =>
    withSession(
      command
        .option('--at <instant>', 'as it was at that instant', instantOption)
        .option('--revision <number>', 'as that revision says it'),
    );
  const base = (command: Command) =>
    withSession(command.argument('<folder>')).option(
      '--base <revision>',
      'made from that revision, whatever the folder says',
    );
  which(config.command('export'))
    .description('write it into a folder, to be edited')
    .argument('<folder>')
    .option('--yes', 'write over files that are there')
    .action((folder: string, options: WhichCatalog & { yes?: boolean } & SessionOptions) =>
      withApi(options, (session) => exportCommand(session, folder, options)),
    );
  base(config.command('plan'))
    .description('say what a folder would change, who gains and loses, and what is wrong (exit 2)')
    .action((folder: string, options: { base?: string } & SessionOptions) =>
      withApi(options, (session) => planCommand(session, folder, options)),
    );
  base(config.command('apply'))
    .description('put it into force as the next revision; the role changes that follow begin')
    .requiredOption('--why <text>', 'the reason to record', textOption)
    .option('--yes', 'do not ask for confirmation; needed without a terminal')
    .action((folder: string, options: ApplyOptions & SessionOptions) =>
      withApi(options, (session) => applyCommand(session, folder, options)),
    );
  withSession(config.command('log'))
    .description('who changed it, when and why')
    .action((options: SessionOptions) => withApi(options, logCommand));
  which(config.command('show'))
    .description('print it as one document')
    .action((options: WhichCatalog & SessionOptions) =>
      withApi(options, (session) => showCatalogCommand(session, options)),
    );
}
