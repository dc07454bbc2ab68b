import type { Sight, UseSight } from '../domain/policy.ts';

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

const ofCall = ['amr', 'ip'];

/** Reads off the policies about using, in Cedar's JSON, what of the context they look at; whoever takes it as a whole looks at all of it. */
export function useSightOf(meaning: unknown): UseSight {
  const members = new Set<string>();
  let isTakenWhole = false;
  const look = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    if ('Var' in value && value.Var === 'context') isTakenWhole = true;
    for (const [name, inner] of Object.entries(value)) {
      const member = name === '.' || name === 'has' ? memberOfContext(inner) : null;
      if (member === null) look(inner);
      else members.add(member);
    }
  };
  look(meaning);
  return {
    readsCall: isTakenWhole || ofCall.some((member) => members.has(member)),
    readsTime: isTakenWhole || members.has('now'),
  };
}

function memberOfContext(access: unknown): string | null {
  if (typeof access !== 'object' || access === null || !('left' in access && 'attr' in access)) return null;
  const { left, attr } = access;
  const isContext = typeof left === 'object' && left !== null && 'Var' in left && left.Var === 'context';
  return isContext && typeof attr === 'string' ? attr : null;
}
