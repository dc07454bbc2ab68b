import { type Command, Option } from 'commander';
import { inboundEventStates } from '../../domain/inbound-event.ts';
import {
  discardCommand,
  eventCommand,
  type EventFilter,
  eventsCommand,
  replayCommand,
} from './event-commands.ts';
import type { ExitCode } from './exit-codes.ts';
import { textOption, withSession } from './options.ts';
import type { Session, SessionOptions } from './session.ts';

type WithApi = (options: SessionOptions, run: (session: Session) => Promise<ExitCode>) => Promise<void>;

/** The commands about what billing, CRM and other systems deliver. */
export function addEvents(program: Command, withApi: WithApi): void {
  withSession(program.command('events'))
    .description('what billing, CRM and other systems delivered, and what became of it')
    .addOption(new Option('--state <state>', 'only these').choices(inboundEventStates))
    .option('--source <source>', 'only of this source', textOption)
    .option('--customer <customer>', 'only about this customer', textOption)
    .action((options: EventFilter & SessionOptions) =>
      withApi(options, (session) => eventsCommand(session, options)),
    );
  const event = program.command('event').description('one event: look at it, read it again, or drop it');
  withSession(event.command('show', { isDefault: true }))
    .description('the event as it was delivered (the default)')
    .argument('<id>')
    .action((id: string, options: SessionOptions) =>
      withApi(options, (session) => eventCommand(session, id)),
    );
  withSession(event.command('replay'))
    .description('read it again under the mapping of now, or all of a source that wait')
    .argument('[id]')
    .option('--source <source>', 'all of this source that wait', textOption)
    .action((id: string | undefined, options: { source?: string } & SessionOptions) =>
      withApi(options, (session) => replayCommand(session, id, options.source)),
    );
  withSession(event.command('discard'))
    .description('take a waiting event off the list')
    .argument('<id>')
    .requiredOption('--why <text>', 'the reason to record', textOption)
    .action((id: string, options: { why: string } & SessionOptions) =>
      withApi(options, (session) => discardCommand(session, id, options.why)),
    );
}
