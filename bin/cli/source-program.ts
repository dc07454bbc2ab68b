import { type Command, Option } from 'commander';
import { webhookSchemes } from '../../crypto/webhook-signature.ts';
import type { ExitCode } from './exit-codes.ts';
import { periodOption, textOption, withSession } from './options.ts';
import type { Session, SessionOptions } from './session.ts';
import {
  addSourceCommand,
  mapSourceCommand,
  type Rotation,
  rotateSourceCommand,
  sourceCommand,
  type SourceFiles,
  sourcesCommand,
} from './source-commands.ts';

type WithApi = (options: SessionOptions, run: (session: Session) => Promise<ExitCode>) => Promise<void>;

/** The commands about who may send events, and what their words mean here. */
export function addSources(program: Command, withApi: WithApi): void {
  withSession(program.command('sources'))
    .description('the systems that may send events')
    .action((options: SessionOptions) => withApi(options, sourcesCommand));
  const source = program.command('source').description('one system that may send events');
  withSession(source.command('show', { isDefault: true }))
    .description('how it signs and what its words mean here (the default)')
    .argument('<key>')
    .action((key: string, options: SessionOptions) =>
      withApi(options, (session) => sourceCommand(session, key)),
    );
  given(withSession(source.command('add')))
    .description('let another system send events')
    .argument('<key>')
    .addOption(new Option('--scheme <scheme>', 'how it signs').choices(webhookSchemes).makeOptionMandatory())
    .requiredOption('--mapping <file>', 'what its words mean here, as JSON or YAML', textOption)
    .option(
      '--secret-file <file>',
      'the secret that the other side made; `-` reads it from the input',
      textOption,
    )
    .action((key: string, options: SourceFiles & { scheme: string; mapping: string } & SessionOptions) =>
      withApi(options, (session) => addSourceCommand(session, key, options)),
    );
  given(withSession(source.command('map')))
    .description('say what its words mean from now on')
    .argument('<key>')
    .argument('<file>', 'the mapping, as JSON or YAML')
    .action((key: string, file: string, options: SourceFiles & SessionOptions) =>
      withApi(options, (session) => mapSourceCommand(session, key, file, options)),
    );
  withSession(source.command('rotate'))
    .description('make a new signing secret valid; the one before stays so for a day')
    .argument('<key>')
    .option('--secret-file <file>', 'one that the other side made; `-` reads it from the input', textOption)
    .option('--former-for <period>', 'how long the one before stays valid, e.g. 3d', periodOption)
    .addOption(new Option('--at-once', 'the one before ends now').conflicts('formerFor'))
    .action((key: string, options: Rotation & SessionOptions) =>
      withApi(options, (session) => rotateSourceCommand(session, key, options)),
    );
}

function given(command: Command): Command {
  return command
    .option('--name <name>', 'what people call it', textOption)
    .option('--api-key-file <file>', 'what its own API is read with where events leave a doubt', textOption);
}
