import type { FC } from 'hono/jsx';
import { addressOf } from '../links.ts';
import { accessTexts as texts } from '../texts/access.ts';

/** Below a list: how many are shown, and where the next ones are. Below an empty one nothing: it says so itself. */
export const Onward: FC<{
  count: number;
  path: string;
  query: Readonly<Record<string, string | null | undefined>>;
  next: string | null;
}> = ({ count, path, query, next }) =>
  count === 0 && next === null ? (
    <></>
  ) : (
    <p class="more meta">
      {texts.shown(count)}{' '}
      {next !== null && <a href={addressOf(path, { ...query, after: next })}>{texts.more}</a>}
    </p>
  );
