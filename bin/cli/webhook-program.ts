import { type Command, Option } from 'commander';
import { subjectFormats } from '../../domain/security-event.ts';
import { deliveryStates } from '../../domain/webhook.ts';
import type { ExitCode } from './exit-codes.ts';
import { instantOption, periodOption, textOption, withSession } from './options.ts';
import type { Session, SessionOptions } from './session.ts';
import {
  addWebhookCommand,
  deliveriesCommand,
  type NewWebhook,
  replayWebhookCommand,
  rotateWebhookCommand,
  testWebhookCommand,
  turnWebhookCommand,
  webhookCommand,
  webhooksCommand,
} from './webhook-commands.ts';

type WithApi = (options: SessionOptions, run: (session: Session) => Promise<ExitCode>) => Promise<void>;

/** The commands about where events are sent. */
export function addWebhooks(program: Command, withApi: WithApi): void {
  withSession(program.command('webhooks'))
    .description('where events are sent')
    .action((options: SessionOptions) => withApi(options, webhooksCommand));
  const webhook = program.command('webhook').description('one address that events are sent to');
  withSession(webhook.command('show', { isDefault: true }))
    .description('which events, and how it does (the default)')
    .argument('<id>')
    .action((id: string, options: SessionOptions) =>
      withApi(options, (session) => webhookCommand(session, id)),
    );
  withSession(webhook.command('add'))
    .description('have the events that your organization sees sent there from now on')
    .argument('<url>')
    .requiredOption('--name <name>', 'what you call it', textOption)
    .option('--type <type...>', 'only these events, e.g. tenure.grant.ended.v1')
    .addOption(
      new Option(
        '--security-events <audience>',
        'tell it, by OpenID SSF, that somebody’s access has ended',
      ).conflicts('type'),
    )
    .addOption(new Option('--subject <format>', 'how people are named there').choices(subjectFormats))
    .option('--authorization-file <file>', 'the Authorization header that it asks for', textOption)
    .action((url: string, options: NewWebhook & SessionOptions) =>
      withApi(options, (session) => addWebhookCommand(session, url, options)),
    );
  for (const [name, act, what] of [
    ['pause', 'pause', 'send nothing there for the time being'],
    ['resume', 'resumption', 'go on where it was paused or stopped'],
    ['remove', 'removal', 'send nothing there any more'],
  ] as const)
    withSession(webhook.command(name))
      .description(what)
      .argument('<id>')
      .action((id: string, options: SessionOptions) =>
        withApi(options, (session) => turnWebhookCommand(session, id, act)),
      );
  withSession(webhook.command('rotate'))
    .description('make a new secret; the one before signs beside it for a day')
    .argument('<id>')
    .option('--former-for <period>', 'for how long the one before does, e.g. 3d', periodOption)
    .addOption(new Option('--at-once', 'the one before ends now').conflicts('formerFor'))
    .action((id: string, options: { formerFor?: number; atOnce?: boolean } & SessionOptions) =>
      withApi(options, (session) => rotateWebhookCommand(session, id, options)),
    );
  addDeliveries(webhook, withApi);
}

function addDeliveries(webhook: Command, withApi: WithApi): void {
  withSession(webhook.command('test'))
    .description('send an event of no other meaning')
    .argument('<id>')
    .action((id: string, options: SessionOptions) =>
      withApi(options, (session) => testWebhookCommand(session, id)),
    );
  withSession(webhook.command('deliveries'))
    .description('what was sent, waits to be, or was given up')
    .argument('<id>')
    .addOption(new Option('--state <state>', 'only these').choices(deliveryStates))
    .action((id: string, options: { state?: string } & SessionOptions) =>
      withApi(options, (session) => deliveriesCommand(session, id, options)),
    );
  withSession(webhook.command('replay'))
    .description('send a delivery again, or all dead ones since an instant')
    .argument('<id>')
    .argument('[delivery]')
    .option('--since <instant>', 'all dead ones that were written from then on', instantOption)
    .action((id: string, delivery: string | undefined, options: { since?: string } & SessionOptions) =>
      withApi(options, (session) => replayWebhookCommand(session, id, delivery, options)),
    );
}
