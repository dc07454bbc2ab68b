import { preparsePolicySet, preparseSchema } from '@cedar-policy/cedar-wasm/nodejs';

/** What Cedar is to have parsed before it is asked. */
export interface Prepared {
  version: string;
  schema: string;
  /** Policy texts by id. */
  policies: Record<string, string>;
}

// Cedar never frees what it has parsed, but replaces what has the same name. A fixed number of names keeps a process
// that sees many versions (a simulation, a test) from growing.
const slotCount = 8;
const slots = new Map<string, string>();

/**
 * The name under which Cedar knows this version, for its policy set and its schema alike; parses them when the name was
 * given to another version since. The version that was asked for longest ago makes room.
 * @throws Error when Cedar cannot parse them, which loading has ruled out.
 */
export function slotOf(prepared: Prepared): string {
  const known = slots.get(prepared.version);
  if (known !== undefined) {
    // Set anew, so that the map's order is the order of use.
    slots.delete(prepared.version);
    slots.set(prepared.version, known);
    return known;
  }
  const slot = freeSlot();
  const answers = [
    preparseSchema(slot, prepared.schema),
    preparsePolicySet(slot, { staticPolicies: prepared.policies }),
  ];
  if (answers.some((answer) => answer.type === 'failure'))
    throw new Error('Cedar could not prepare the policies.');
  slots.set(prepared.version, slot);
  return slot;
}

function freeSlot(): string {
  if (slots.size < slotCount) {
    const taken = new Set(slots.values());
    for (let i = 0; i < slotCount; i++) if (!taken.has(`tenure-${i}`)) return `tenure-${i}`;
  }
  const [oldest] = slots;
  if (!oldest) throw new Error('There is no slot for policies.');
  slots.delete(oldest[0]);
  return oldest[1];
}
