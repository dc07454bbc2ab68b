import type { FC } from 'hono/jsx';

/** Beyond this a sentence says more than squares. */
const mostSquares = 100;

/** A square a seat: used, invited, free. The words beside it say the same. More people than seats fill all of them. */
export const SeatMap: FC<{ limit: number; active: number; invited: number }> = ({
  limit,
  active,
  invited,
}) =>
  limit > mostSquares ? (
    <></>
  ) : (
    <p class="seats" aria-hidden="true">
      {Array.from({ length: limit }, (_, at) => (
        <i class={seatClass(at, active, invited)} />
      ))}
    </p>
  );

function seatClass(at: number, active: number, invited: number): string | undefined {
  if (at < active) return 'used';
  return at < active + invited ? 'invited' : undefined;
}
