import type { Child, FC, PropsWithChildren } from 'hono/jsx';
import type { Tone } from './note.tsx';

type SectionProps = PropsWithChildren<{ title: string; id: string; aside?: Child }>;

/** A part of a page under its black rule. */
export const Section: FC<SectionProps> = ({ title, id, aside, children }) => (
  <section class="section" aria-labelledby={id}>
    <header>
      <h2 id={id}>{title}</h2>
      {aside && <span class="meta">{aside}</span>}
    </header>
    {children}
  </section>
);

/** The rows of a timetable. */
export const Timetable: FC<PropsWithChildren> = ({ children }) => <ol>{children}</ol>;

type RowProps = PropsWithChildren<{
  /** What stands large in the first column: a time of day, or how long. */
  at: Child;
  caption: Child;
  tone?: Tone | undefined;
  title: Child;
  actions?: Child;
  id?: string | undefined;
}>;

/** A clock time, then the thing, then what may be done. */
export const Row: FC<RowProps> = ({ at, caption, tone, title, actions, id, children }) => (
  <li class="row" id={id}>
    <div class={tone}>
      <span class="at">{at}</span>
      <span class="caption">{caption}</span>
    </div>
    <div>
      <h3>{title}</h3>
      {children}
    </div>
    <div class="acts">{actions}</div>
  </li>
);

/** What is said where a list has nothing. */
export const Empty: FC<PropsWithChildren<{ fact: string; action?: Child }>> = ({
  fact,
  action,
  children,
}) => (
  <div class="more stack">
    <div>
      <h3>{fact}</h3>
      <p class="meta">{children}</p>
    </div>
    {action}
  </div>
);
