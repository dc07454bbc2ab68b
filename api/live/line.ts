/** One connection over which somebody is told what happens: server-sent events (WHATWG HTML). */
export interface Line {
  stream: ReadableStream<Uint8Array>;
  /** Says it. Who doesn't read what was said before is disconnected, and may come back. */
  say(event: LiveEvent, data: object, position: string | null): void;
  /** Says that there is nothing more to hear for this person, and disconnects them. */
  end(): void;
  /** Disconnects; whoever it is may come back. */
  close(): void;
}

/**
 * `live`: from now on everything is told. `changed`: these may be read anew. `resync`: anything may have changed. `paused`: the
 * ledger says nothing. `beat`: nothing new. `ended`: whoever it was is not signed in any more.
 */
export type LiveEvent = 'live' | 'changed' | 'resync' | 'paused' | 'beat' | 'ended';

/** So many messages wait for somebody who is slow. */
const waitingAtMost = 64;
/** A browser that was disconnected comes back after so many milliseconds. */
const comeBackMs = 1_000;

/** Opens one; `onGone` is called once, when it is over for whatever reason. */
export function createLine(onGone: () => void): Line {
  const encoder = new TextEncoder();
  let out: ReadableStreamDefaultController<Uint8Array> | null = null;
  const gone = () => {
    if (out === null) return;
    out = null;
    onGone();
  };
  const close = () => {
    out?.close();
    gone();
  };
  const stream = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        out = controller;
        controller.enqueue(encoder.encode(`retry: ${comeBackMs}\n\n`));
      },
      cancel: gone,
    },
    new CountQueuingStrategy({ highWaterMark: waitingAtMost }),
  );
  const say: Line['say'] = (event, data, position) => {
    if (out === null) return;
    if ((out.desiredSize ?? 0) <= 0) return close();
    const id = position === null ? '' : `id: ${position}\n`;
    out.enqueue(encoder.encode(`${id}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`));
  };
  return {
    stream,
    say,
    end() {
      say('ended', {}, null);
      close();
    },
    close,
  };
}
