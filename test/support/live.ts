/** Something that was said over a connection of `/v1/live`. */
export interface Said {
  event: string;
  // Tests look into what was said as it is.
  // oxlint-disable-next-line typescript/no-explicit-any
  data: any;
  id: string;
}

/** Somebody who is connected. */
export interface Listener {
  status: number;
  said: Said[];
  /** Ids that this listener was told of. */
  ids(): string[];
  isOver: boolean;
  leave(): void;
}

/** Connects and gathers what is said. */
export async function listenTo(
  url: string,
  headers: Record<string, string>,
  since?: string,
): Promise<Listener> {
  const leaving = new AbortController();
  const query = since === undefined ? '' : `?since=${encodeURIComponent(since)}`;
  const response = await fetch(`${url}/v1/live${query}`, { headers, signal: leaving.signal });
  const said: Said[] = [];
  const listener: Listener = {
    status: response.status,
    said,
    ids: () => said.flatMap(({ event, data }) => (event === 'changed' ? data.items : [])).map(({ id }) => id),
    isOver: false,
    leave: () => leaving.abort(),
  };
  const gather = async () => {
    let rest = '';
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      const parts = (rest + chunk).split('\n\n');
      rest = parts.pop() ?? '';
      for (const part of parts) {
        const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(part)?.[1];
        const event = field('event');
        if (event) said.push({ event, data: JSON.parse(field('data') ?? '{}'), id: field('id') ?? '' });
      }
    }
  };
  void gather()
    .catch(() => undefined)
    .finally(() => {
      listener.isOver = true;
    });
  return listener;
}
