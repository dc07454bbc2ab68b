import type { Child, FC, PropsWithChildren } from 'hono/jsx';
import { Glyph, type GlyphKind } from './glyph.tsx';

/** Colour means time; nothing else is coloured. */
export type Tone = 'live' | 'soon' | 'late' | 'wait';

type NoteProps = PropsWithChildren<{
  tone: Tone;
  glyph: GlyphKind;
  /** The fact, first. */
  fact: Child;
  action?: Child;
  /** Said at once to whoever does not see it: for what has just happened. */
  isNews?: boolean;
}>;

/** A fact that stands out, one sentence about it, and at most one way on. */
export const Note: FC<NoteProps> = ({ tone, glyph, fact, action, isNews = false, children }) => (
  <div class={`note ${tone}${action ? ' apart' : ''}`} role={isNews ? 'status' : undefined}>
    <div>
      <p class="state">
        <Glyph kind={glyph} /> <span>{fact}</span>
      </p>
      <p>{children}</p>
    </div>
    {action}
  </div>
);

/** What was tried was not done, and why; nothing where nothing was refused. */
export const Refused: FC<{ fact: string; refusal: string | null | undefined; action?: Child }> = ({
  fact,
  refusal,
  action,
}) =>
  refusal ? (
    <Note tone="late" glyph="denied" fact={fact} isNews action={action}>
      {refusal}
    </Note>
  ) : (
    <></>
  );

/** The word for how something stands, with its sign. */
export const State: FC<PropsWithChildren<{ glyph: GlyphKind; tone?: Tone }>> = ({
  glyph,
  tone,
  children,
}) => (
  <p class={tone ? `state ${tone}` : 'state'}>
    <Glyph kind={glyph} /> <span>{children}</span>
  </p>
);
