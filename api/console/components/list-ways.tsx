import type { FC } from 'hono/jsx';

/** The few ways in which a list is narrowed, beside each other; the one at hand is marked. */
export const ListWays: FC<{
  label: string;
  ways: readonly (readonly [href: string, label: string])[];
  current: string;
}> = ({ label, ways, current }) => (
  <nav class="segments" aria-label={label}>
    {ways.map(([href, words]) => (
      <a href={href} aria-current={href === current ? 'page' : undefined}>
        {words}
      </a>
    ))}
  </nav>
);
