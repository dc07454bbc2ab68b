import type { Sight } from '../domain/policy.ts';

/**
 * Reads it off policies in Cedar's JSON. Cedar compares texts with each other and with those that a policy writes, and by
 * `like` with a pattern; it knows no other way to look into one. So a name that no policy writes can be exchanged for any other
 * such name, as long as two that were the same stay the same. Where any policy uses `like`, every name may matter.
 */
export function sightOf(meaning: unknown): Sight {
  const written = new Set<string>();
  const found = { namesPeople: false, likes: false };
  const look = (value: unknown): void => {
    if (typeof value === 'string') written.add(value);
    if (typeof value !== 'object' || value === null) return;
    if ('type' in value && value.type === 'Person' && 'id' in value) found.namesPeople = true;
    if ('like' in value) found.likes = true;
    for (const inner of Object.values(value)) look(inner);
  };
  look(meaning);
  return { namesPeople: found.namesPeople, tells: (name) => found.likes || written.has(name) };
}
