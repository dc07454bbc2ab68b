import { readFileSync } from 'node:fs';

/** One of the example company's events, or a mapping of them, as parsed JSON. */
export function eventFixture(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../examples/events/${name}.json`, import.meta.url), 'utf8'));
}

/** The same with other values at dotted paths; `undefined` takes a field away. */
export function changed(body: unknown, changes: Record<string, unknown>): unknown {
  const copy: unknown = structuredClone(body);
  for (const [path, value] of Object.entries(changes)) {
    const names = path.split('.');
    const last = names.pop() ?? '';
    let place: unknown = copy;
    for (const name of names) place = Reflect.get(Object(place), name);
    if (value === undefined) Reflect.deleteProperty(Object(place), last);
    else Reflect.set(Object(place), last, value);
  }
  return copy;
}
