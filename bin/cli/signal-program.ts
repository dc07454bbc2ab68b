import { type Command, Option } from 'commander';
import { signalSourceKinds, signalStates } from '../../domain/signal.ts';
import type { ExitCode } from './exit-codes.ts';
import { textOption, withSession } from './options.ts';
import type { Session, SessionOptions } from './session.ts';
import {
  closeSignalCommand,
  connectSourceCommand,
  endSourceCommand,
  type NewSignalSource,
  signalsCommand,
  signalSourcesCommand,
} from './signal-commands.ts';

type WithApi = (options: SessionOptions, run: (session: Session) => Promise<ExitCode>) => Promise<void>;

/** The commands about what sources say is wrong with people, and about who they are. */
export function addSignals(program: Command, withApi: WithApi): void {
  const signal = program.command('signal').description('what sources say is wrong with people');
  withSession(signal.command('list', { isDefault: true }))
    .description('the open ones, newest first (the default)')
    .addOption(
      new Option('--state <state>', 'those that stand so').choices([...signalStates, 'all']).default('open'),
    )
    .action((options: { state: string } & SessionOptions) =>
      withApi(options, (session) => signalsCommand(session, options)),
    );
  withSession(signal.command('close'))
    .description('close an open one by hand, e.g. when its source will never take it back')
    .argument('<id>')
    .requiredOption('--why <text>', 'the reason to record', textOption)
    .action((id: string, options: { why: string } & SessionOptions) =>
      withApi(options, (session) => closeSignalCommand(session, id, options.why)),
    );
  addSignalSources(signal.command('source').description('who says it'), withApi);
}

function addSignalSources(source: Command, withApi: WithApi): void {
  withSession(source.command('list', { isDefault: true }))
    .description('who is listened to (the default)')
    .action((options: SessionOptions) => withApi(options, signalSourcesCommand));
  withSession(source.command('connect'))
    .description('listen to a transmitter of security events, or to a system that sends alerts')
    .argument('<name>', 'what you call it')
    .requiredOption('--organization <organization>', 'of whose people it speaks', textOption)
    .addOption(new Option('--kind <kind>', 'how it speaks').choices(signalSourceKinds).default('push'))
    .option('--issuer <issuer>', 'the iss of what it sends', textOption)
    .option('--audience <audience>', 'the aud that it was told to send for', textOption)
    .option('--transmitter <url>', 'its address, which says its issuer and where its keys stand', textOption)
    .option('--jwks-uri <url>', 'where its public keys stand', textOption)
    .option('--jwks <file>', 'its public keys (RFC 7517)', textOption)
    .option('--url <url>', 'where one of the kind poll is asked', textOption)
    .option('--authorization-file <file>', 'the Authorization header that it is asked with', textOption)
    .action((name: string, options: NewSignalSource & SessionOptions) => {
      const { json: _json, as: _as, ...wish } = options;
      return withApi(options, (session) => connectSourceCommand(session, name, wish));
    });
  withSession(source.command('end'))
    .description('listen to it no more; what it has said stays')
    .argument('<id>')
    .action((id: string, options: SessionOptions) =>
      withApi(options, (session) => endSourceCommand(session, id)),
    );
}
