import { z } from 'zod';
import { pageOf } from './ask-commands.ts';
import { parseAs, readAs } from './client.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { instantInWords } from './instants.ts';
import { type Page, table } from './layout.ts';
import { pathPart } from './paths.ts';
import type { Session } from './session.ts';
import { neutralise } from './text.ts';

const tokenShape = z.object({
  id: z.string(),
  label: z.string(),
  state: z.string(),
  made_by: z.object({ name: z.string().nullish(), id: z.string() }),
  expires_at: z.string(),
  last_used_at: z.string().nullish(),
});
const listShape = z.object({ items: z.array(z.unknown()) });
const madeShape = z.object({ token: z.string() });
type Token = z.infer<typeof tokenShape>;

const tokensPath = '/v1/service-tokens';

/** The applications that may ask what people may do. */
export async function applicationsCommand(session: Session): Promise<ExitCode> {
  const answer = await session.client.get(tokensPath);
  session.print(answer, () => {
    const tokens = readAs(listShape, answer).items.map((item) => parseAs(tokenShape, item));
    return tokens.length > 0 ? tokenTable(pageOf(session), tokens) : 'No application.\n';
  });
  return exitCodes.done;
}

function tokenTable(page: Page, tokens: readonly Token[]): string {
  const rows = tokens.map((one) => [
    one.id,
    one.label,
    one.state,
    one.made_by.name ?? one.made_by.id,
    instantInWords(one.expires_at, page.nowMs),
    one.last_used_at ? instantInWords(one.last_used_at, page.nowMs) : 'never',
  ]);
  return table(page, ['TOKEN', 'APPLICATION', 'STATE', 'MADE BY', 'UNTIL', 'LAST USED'], rows);
}

/** Makes a token for an application. It alone is printed, so that it can be written into a file. */
export async function addApplicationCommand(
  session: Session,
  label: string,
  { days }: { days?: string },
): Promise<ExitCode> {
  const forDays = days === undefined ? {} : { for_days: Number(days) };
  const answer = await session.client.post(tokensPath, { label, ...forDays });
  session.print(answer, () => `${neutralise(readAs(madeShape, answer).token)}\n`);
  return exitCodes.done;
}

/** Revokes one. */
export async function removeApplicationCommand(session: Session, id: string): Promise<ExitCode> {
  const answer = await session.client.post(`${tokensPath}/${pathPart(id)}/revocation`, {});
  session.print(
    answer,
    () => `${neutralise(readAs(tokenShape, answer).label)}: nothing is answered to this token any more.\n`,
  );
  return exitCodes.done;
}
