import type { Child, FC } from 'hono/jsx';
import { assertNever } from '../../../domain/errors.ts';
import { useWhen } from '../when.ts';

/** How a span of time stands. */
export type LineState = 'not-begun' | 'held' | 'soon' | 'late' | 'returned' | 'ended' | 'waiting';

/** A span of time. Instants are ISO 8601 UTC. */
export interface Span {
  state: LineState;
  from: string;
  /** When it ends, lapses, or should have ended. */
  until: string;
  /** When it really ended, before its time. */
  endedAt?: string | undefined;
  /** Ends that were moved since. */
  former?: readonly string[] | undefined;
  /** The longest that is allowed, beyond what is asked. */
  atMost?: string | undefined;
}

/** Amber from ten minutes before the end, or in the last tenth, whichever is later to come. */
export function heldState(span: { from: string; until: string }, now: string): 'held' | 'soon' | 'late' {
  const left = Date.parse(span.until) - Date.parse(now);
  if (left <= 0) return 'late';
  const whole = Date.parse(span.until) - Date.parse(span.from);
  return left < Math.min(10 * 60_000, whole) || left < whole / 10 ? 'soon' : 'held';
}

/** The tenure line. It is a drawing alone: the words beside it carry every fact. */
export const TenureLine: FC<{
  span: Span;
  isLarge?: boolean;
  begin?: Child;
  middle?: Child;
  end?: Child;
}> = ({ span, isLarge = false, begin, middle, end }) => {
  const { now } = useWhen();
  const hasWords = Boolean(begin ?? middle ?? end);
  return (
    <figure
      class={`line ${span.state}${isLarge ? ' large' : ''}`}
      data-line={span.state}
      data-from={span.from}
      data-until={span.until}
    >
      <svg aria-hidden="true">
        <Drawing span={span} now={now} height={isLarge ? 26 : 14} />
      </svg>
      {hasWords && (
        <figcaption>
          <span>{begin}</span>
          {middle && <b>{middle}</b>}
          <span>{end}</span>
        </figcaption>
      )}
    </figure>
  );
};

/** Where an instant stands, as a share of the whole width. */
export type Place = (at: string) => string;

const Drawing: FC<{ span: Span; now: string; height: number }> = ({ span, now, height }) => {
  const { state, from, until, endedAt, former = [], atMost } = span;
  const last = latest([until, ...(state === 'late' ? [now] : []), ...(atMost ? [atMost] : [])]);
  const place = placing(from, last);
  const tick = <Tick x={place(endedAt ?? until)} height={height} />;
  switch (state) {
    case 'held':
    case 'soon':
      return (
        <>
          <Stroke kind="spent" from="0%" to={place(now)} height={height} />
          <Stroke kind="left" from={place(now)} to="100%" height={height} />
          {former.map((end) => (
            <Tick kind="ghost" x={place(end)} height={height} />
          ))}
          {tick}
        </>
      );
    case 'late':
      return (
        <>
          <Stroke kind="spent" from="0%" to={place(until)} height={height} />
          <Stroke kind="stripes" from={place(until)} to="100%" height={height} />
          {tick}
        </>
      );
    case 'returned':
    case 'ended':
      return (
        <>
          <Stroke kind="spent" from="0%" to={place(endedAt ?? until)} height={height} />
          {endedAt && endedAt < until && (
            <Stroke kind="beyond" from={place(endedAt)} to="100%" height={height} />
          )}
          {tick}
        </>
      );
    case 'waiting':
      return (
        <>
          <Stroke kind="dots faint" from="0%" to={place(now)} height={height} />
          <Stroke kind="dots" from={place(now)} to="100%" height={height} />
          {tick}
        </>
      );
    case 'not-begun':
      return (
        <>
          <Stroke kind="dots" from="0%" to={place(until)} height={height} />
          {atMost && atMost > until && (
            <>
              <Stroke kind="beyond" from={place(until)} to="100%" height={height} />
              <Tick kind="ghost" x="100%" height={height} />
            </>
          )}
          {tick}
        </>
      );
    default:
      return assertNever(state);
  }
};

/** A part of the line; `kind` says how it is drawn. */
export const Stroke: FC<{ kind: string; from: string; to: string; height: number }> = ({
  kind,
  from,
  to,
  height,
}) => <line class={kind} x1={from} x2={to} y1={height / 2} y2={height / 2} />;

/** A tick stands with its right edge on its instant, so that the one at the end does not leave the row. */
export const Tick: FC<{ x: string; height: number; kind?: 'tick' | 'ghost' }> = ({
  x,
  height,
  kind = 'tick',
}) => {
  const width = height > 14 ? 4 : 3;
  const inset = kind === 'ghost' ? height / 4 : 0;
  return (
    <svg x={x} overflow="visible">
      <rect class={kind} x={-width} y={inset} width={width} height={height - 2 * inset} />
    </svg>
  );
};

/** Instants between these two as shares of the width; what lies outside stands at the edge. */
export function placing(from: string, last: string): Place {
  const begin = Date.parse(from);
  const whole = Math.max(Date.parse(last) - begin, 1);
  return (at) => {
    const share = Math.min(Math.max((Date.parse(at) - begin) / whole, 0), 1);
    return `${Math.round(share * 1_000) / 10}%`;
  };
}

function latest(instants: readonly string[]): string {
  return instants.reduce((one, other) => (one > other ? one : other));
}
