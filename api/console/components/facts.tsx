import type { Child, FC } from 'hono/jsx';

/** One fact: what it is about and what it is; null where there is nothing to say. */
export type Fact = readonly [about: Child, fact: Child, kind?: 'differs'] | null;

/** Facts under one another, each with what it is about. */
export const Facts: FC<{ facts: readonly Fact[] }> = ({ facts }) => (
  <dl class="facts">
    {facts.map(
      (one) =>
        one && (
          <>
            <dt>{one[0]}</dt>
            <dd class={one[2]}>{one[1]}</dd>
          </>
        ),
    )}
  </dl>
);
