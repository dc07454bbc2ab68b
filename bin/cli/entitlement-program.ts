import type { Command } from 'commander';
import { effectiveCommand, type EffectiveOptions, featuresCommand } from './entitlement-commands.ts';
import type { ExitCode } from './exit-codes.ts';
import { reachCommand, type ReachOptions } from './reach-command.ts';
import { instantOption, textOption, withSession } from './options.ts';
import type { Session, SessionOptions } from './session.ts';

type WithApi = (options: SessionOptions, run: (session: Session) => Promise<ExitCode>) => Promise<void>;

/** The commands about what roles and tiers come to. */
export function addEntitlements(program: Command, withApi: WithApi): void {
  const at = (command: Command) =>
    withSession(command).option('--at <instant>', 'at that instant; now if left out', instantOption);
  at(program.command('features'))
    .description('what the product switches on for a customer')
    .argument('<customer>')
    .action((customer: string, options: { at?: string } & SessionOptions) =>
      withApi(options, (session) => featuresCommand(session, customer, options)),
    );
  at(program.command('reach'))
    .description('who can reach a resource, and by which path')
    .argument('<resource>')
    .argument('[entitlement]', 'one thing that may be done there; any if left out')
    .option('--customer <customer>', 'whose data, on what customers share', textOption)
    .option('--from <instant>', 'at any moment from then', instantOption)
    .option('--to <instant>', 'to then', instantOption)
    .action((resource: string, entitlement: string | undefined, options: ReachOptions & SessionOptions) =>
      withApi(options, (session) => reachCommand(session, resource, entitlement, options)),
    );
  at(program.command('effective'))
    .description('what somebody has by roles, how each comes, and what policy keeps from being held')
    .option('--person <person>', 'of this person (e-mail or id)', textOption)
    .option('--role <role>', 'of whoever has this role', textOption)
    .option('--tier <tier>', 'of the users of a customer of this tier, at most', textOption)
    .action((options: EffectiveOptions & SessionOptions) =>
      withApi(options, (session) => effectiveCommand(session, options)),
    );
}
