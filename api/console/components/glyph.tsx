import type { Child, FC } from 'hono/jsx';
import type { JSX } from 'hono/jsx/jsx-runtime';
import { once } from './once.ts';

/** The tenure line made so small that it can stand before a word; there are no other signs. */
export type GlyphKind = 'held' | 'late' | 'waiting' | 'ended' | 'denied' | 'fence';

export const Glyph: FC<{ kind: GlyphKind }> = ({ kind }) => <>{glyphs[kind]}</>;

const end = <rect class="tick" x="19" y="0" width="3" height="10" />;

function glyph(drawing: JSX.Element): Child {
  return once(
    <svg class="glyph" viewBox="0 0 22 10" aria-hidden="true">
      {drawing}
    </svg>,
  );
}

const glyphs = {
  held: glyph(
    <>
      <line class="spent" x1="0" x2="8" y1="5" y2="5" />
      <line class="left" x1="8" x2="20" y1="5" y2="5" />
      {end}
    </>,
  ),
  late: glyph(
    <>
      <line class="spent" x1="0" x2="10" y1="5" y2="5" />
      <rect class="tick" x="9" y="0" width="3" height="10" />
      <line class="stripes" x1="13" x2="22" y1="5" y2="5" />
    </>,
  ),
  waiting: glyph(
    <>
      <line class="dots" x1="0" x2="17" y1="5" y2="5" />
      {end}
    </>,
  ),
  ended: glyph(
    <>
      <line class="spent" x1="0" x2="20" y1="5" y2="5" />
      {end}
    </>,
  ),
  denied: glyph(
    <>
      <line class="dots" x1="0" x2="10" y1="5" y2="5" />
      <path d="M13 1l8 8M21 1l-8 8" stroke="currentColor" stroke-width="2" />
    </>,
  ),
  fence: glyph(
    <>
      <rect class="tick" x="2" y="0" width="3" height="10" />
      <rect class="tick" x="9" y="0" width="3" height="10" />
      <rect class="tick" x="16" y="0" width="3" height="10" />
    </>,
  ),
} as const satisfies Record<GlyphKind, Child>;
