/**
 * One table of call ids for a conversation that crosses vendors (`A-Za-z0-9_-`, at most so many characters, unique).
 *
 * The table is filled in the order of the conversation and an id depends only on what came before it. So a longer
 * history gives the same ids to its beginning, and the prefix of the request stays the same, byte for byte.
 */
export interface CallIds {
  /** A legal, unused id for a call of another vendor: its own where possible. */
  adopt(id: string): string;
  /** Takes the ids of a message that goes out verbatim. False, and nothing taken, where one of them is in use or empty. */
  reserve(ids: readonly string[]): boolean;
}

export function createCallIds(charsMax: number): CallIds {
  const taken = new Set<string>();
  return {
    adopt(id) {
      // Trailing underscores get lost on their way through some servers.
      const legal = id.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, charsMax).replace(/_+$/, '');
      let candidate = legal === '' || legal.length < Math.min(id.length, charsMax) - 8 ? `call-${hash(id)}` : legal;
      if (id.length > charsMax) candidate = withHash(legal, id, charsMax);
      for (let count = 1; taken.has(candidate); count++) candidate = withHash(legal, `${id}#${count}`, charsMax);
      taken.add(candidate);
      return candidate;
    },
    reserve(ids) {
      if (new Set(ids).size < ids.length || ids.some((id) => id === '' || taken.has(id))) return false;
      for (const id of ids) taken.add(id);
      return true;
    },
  };
}

function withHash(legal: string, id: string, charsMax: number): string {
  return `${legal === '' ? 'call' : legal.slice(0, charsMax - 9)}-${hash(id)}`;
}

/** FNV-1a, 32 bits: short, the same everywhere, and nothing depends on its being hard to invert. */
function hash(text: string): string {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  return (value >>> 0).toString(16).padStart(8, '0');
}
