import type { FC } from 'hono/jsx';
import type { TenureError } from '../../../domain/errors.ts';
import { Alone } from '../components/shell.tsx';
import { texts } from '../texts/common.ts';

/** What is said instead of a page: calm, short, and with a way on. */
export const RefusalPage: FC<{ title: string; refusal: TenureError }> = ({ title, refusal }) => (
  <Alone title={title} lead={refusal.detail}>
    {refusal.errors.length > 0 && (
      <ul>
        {refusal.errors.map(({ detail }) => (
          <li>{detail}</li>
        ))}
      </ul>
    )}
    <a class="button main-action" href="/">
      {texts.toStart}
    </a>
  </Alone>
);
