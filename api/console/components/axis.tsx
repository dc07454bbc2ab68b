import type { Child, FC } from 'hono/jsx';
import { axisTexts as texts } from '../texts/axis.ts';
import { hoursBetween, momentWords, timeOfDay, useWhen, type When } from '../when.ts';
import { spanWords } from '../words.ts';
import { Row, Timetable } from './row.tsx';
import { heldState, placing, type Place, Stroke, Tick } from './tenure-line.tsx';
import { Time } from './time.tsx';

/** One access on the axis. Instants are ISO 8601 UTC. */
export interface Lane {
  /** Who holds it. */
  who: string;
  what: string;
  /** Where more is said about it. */
  href?: string | undefined;
  from: string;
  /** When it ends, or should have ended. */
  until: string;
  /** When it was gone; null while it is not. */
  endedAt: string | null;
  /** What may be done, on a phone; elsewhere it stands beside the axis. */
  actions?: Child;
}

/** The part of time that an axis shows. Instants are ISO 8601 UTC. */
export interface Stretch {
  from: string;
  to: string;
}

const height = 40;
const middle = height / 2;

/**
 * Several accesses under one another, hours across, and a line for now. The words after each tick say the same as the drawing. On
 * a phone it is a timetable.
 */
export const Axis: FC<{ lanes: readonly Lane[]; stretch: Stretch }> = ({ lanes, stretch }) => {
  const when = useWhen();
  const place = placing(stretch.from, stretch.to);
  const hours = hoursBetween(stretch, when);
  const hasNow = stretch.from <= when.now && when.now < stretch.to;
  return (
    <>
      <div class="axis">
        <AxisHead hours={hours} place={place} hasNow={hasNow} />
        <ul>
          {lanes.map((lane) => (
            <AxisLane lane={lane} stretch={stretch} place={place}>
              {hours.map(({ at }) => (
                <Upright kind="hour" x={place(at)} />
              ))}
              {hasNow && <Upright kind="now" x={place(when.now)} />}
            </AxisLane>
          ))}
        </ul>
      </div>
      <div class="phone-only">
        <Timetable>
          {lanes.map((lane) => (
            <AxisRow lane={lane} />
          ))}
        </Timetable>
      </div>
    </>
  );
};

const Upright: FC<{ kind: 'hour' | 'now'; x: string }> = ({ kind, x }) => (
  <line class={kind} x1={x} x2={x} y1={-8} y2={height + 8} />
);

/** The hours, without those that the word for now would lie upon. */
const AxisHead: FC<{ hours: readonly { at: string; words: string }[]; place: Place; hasNow: boolean }> = ({
  hours,
  place,
  hasNow,
}) => {
  const when = useWhen();
  const shareOf = (at: string) => Number.parseFloat(place(at));
  const isFree = (at: string) => {
    const share = shareOf(at);
    return share > 2 && share < 97 && (!hasNow || Math.abs(share - shareOf(when.now)) > 8);
  };
  return (
    <div class="lane" aria-hidden="true">
      <span />
      <svg>
        {hours
          .filter(({ at }) => isFree(at))
          .map(({ at, words }) => (
            <text x={place(at)} y={middle} text-anchor="middle">
              {words}
            </text>
          ))}
        {hasNow && (
          <text x={place(when.now)} y={middle} text-anchor={anchorOf(shareOf(when.now))} class="strong">
            {`${texts.now} ${timeOfDay(when.now, when.zone)}`}
          </text>
        )}
      </svg>
    </div>
  );
};

function anchorOf(share: number): 'start' | 'middle' | 'end' {
  if (share < 6) return 'start';
  return share > 94 ? 'end' : 'middle';
}

const AxisLane: FC<{ lane: Lane; stretch: Stretch; place: Place; children?: Child }> = ({
  lane,
  stretch,
  place,
  children,
}) => {
  const when = useWhen();
  const words = laneWords(lane, when);
  return (
    <li class={`lane line ${stateOf(lane, when.now)}`}>
      <div>
        <Who lane={lane} />
        <span class="caption">{lane.what}</span>
      </div>
      <svg role="img" aria-label={words}>
        {children}
        <Drawing lane={lane} stretch={stretch} place={place} />
        <Words lane={lane} stretch={stretch} place={place} words={words} />
      </svg>
    </li>
  );
};

const Who: FC<{ lane: Lane }> = ({ lane }) =>
  lane.href ? (
    <a href={lane.href}>
      <b>{lane.who}</b>
    </a>
  ) : (
    <b>{lane.who}</b>
  );

type LaneState = 'held' | 'soon' | 'late' | 'ended';

function stateOf({ from, until, endedAt }: Lane, now: string): LaneState {
  return endedAt === null ? heldState({ from, until }, now) : 'ended';
}

const Drawing: FC<{ lane: Lane; stretch: Stretch; place: Place }> = ({ lane, stretch, place }) => {
  const { now } = useWhen();
  const { from, until, endedAt } = lane;
  const state = stateOf(lane, now);
  const end = endedAt ?? until;
  const spentTo = state === 'held' || state === 'soon' ? now : end;
  return (
    <>
      <Stroke kind="spent" from={place(from)} to={place(spentTo)} height={height} />
      {(state === 'held' || state === 'soon') && (
        <Stroke kind="left" from={place(now)} to={place(until)} height={height} />
      )}
      {state === 'late' && <Stroke kind="stripes" from={place(until)} to={place(now)} height={height} />}
      {stretch.from <= end && end <= stretch.to && (
        <svg y={middle - 7} height="14" overflow="visible">
          <Tick x={place(end)} height={14} />
        </svg>
      )}
    </>
  );
};

/** After the end where there is room and no line for now would cross them, else before the beginning, else above the line. */
const Words: FC<{ lane: Lane; stretch: Stretch; place: Place; words: string }> = ({
  lane,
  stretch,
  place,
  words,
}) => {
  const { now } = useWhen();
  const { from, until, endedAt } = lane;
  const last = endedAt ?? (until < now ? now : until);
  const isOutside = last > stretch.to;
  const share = (at: string) => Number.parseFloat(place(at));
  const toNow = now < stretch.to ? share(now) - share(last) : 100;
  const isCrossed = toNow > 0 && toNow < 16 && share(from) > 20;
  if (!isOutside && !isCrossed && share(last) < 78)
    return (
      <text x={place(last)} dx="8" y={middle + 5}>
        {words}
      </text>
    );
  if (share(from) > (isCrossed ? 20 : 30))
    return (
      <text x={place(from)} dx="-8" y={middle + 5} text-anchor="end">
        {words}
      </text>
    );
  return (
    <text x={place(last)} dx="-8" y={middle - 8} text-anchor="end">
      {words}
    </text>
  );
};

function laneWords({ from, until, endedAt }: Lane, when: When): string {
  if (endedAt !== null) return texts.span(momentWords(from, when), momentWords(endedAt, when));
  if (until > when.now) return texts.openUntil(momentWords(until, when));
  return texts.lateSince(momentWords(until, when), spanWords(Date.parse(when.now) - Date.parse(until)));
}

const tones = { held: 'live', soon: 'soon', late: 'late', ended: undefined } as const;
const captions = { held: texts.until, soon: texts.until, late: texts.late, ended: texts.ended } as const;

const AxisRow: FC<{ lane: Lane }> = ({ lane }) => {
  const { now } = useWhen();
  const state = stateOf(lane, now);
  const end = lane.endedAt ?? lane.until;
  return (
    <Row
      tone={tones[state]}
      at={<EndTime at={end} />}
      caption={captions[state]}
      title={<Who lane={lane} />}
      actions={lane.actions}
    >
      <p class="meta">{lane.what}</p>
    </Row>
  );
};

/** An end within a day is a time of day; a later one has no room for more than its day. */
const EndTime: FC<{ at: string }> = ({ at }) => {
  const { now } = useWhen();
  const isNear = Math.abs(Date.parse(at) - Date.parse(now)) < 20 * 3_600_000;
  return <Time at={at} as={isNear ? 'time' : 'day'} />;
};
