import type { Command } from 'commander';
import type { ExitCode } from './exit-codes.ts';
import { instantOption, listOption, textOption, withSession } from './options.ts';
import { type DueOptions, dueReviewsCommand, type KeepOptions, keepCommand } from './review-commands.ts';
import type { Session, SessionOptions } from './session.ts';

type WithApi = (options: SessionOptions, run: (session: Session) => Promise<ExitCode>) => Promise<void>;

/** The commands about standing access that lapses unless somebody says that it is kept. */
export function addReviews(program: Command, withApi: WithApi): void {
  const review = program
    .command('review')
    .description('standing access that lapses unless somebody says that it is kept');
  withSession(review.command('due', { isDefault: true }))
    .description('what lapses soon, and what has lapsed and waits (the default)')
    .option('--before <instant>', 'what lapses before then; in 30 days if left out', instantOption)
    .option('--customer <customer>', 'only of this customer', textOption)
    .action((options: DueOptions & SessionOptions) =>
      withApi(options, (session) => dueReviewsCommand(session, options)),
    );
  withSession(review.command('keep'))
    .description(
      'say that somebody keeps what they hold; what they shall not keep is taken by `user change`, `staff change` or a removal',
    )
    .argument('<person>', 'their address or id')
    .option('--role <role>', 'only what this role gives; give it again for each', listOption)
    .requiredOption('--why <text>', 'the reason to record', textOption)
    .action((person: string, options: KeepOptions & SessionOptions) =>
      withApi(options, (session) => keepCommand(session, person, options)),
    );
}
