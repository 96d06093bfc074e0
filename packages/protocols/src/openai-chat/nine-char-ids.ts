/**
 * Call ids for servers that take exactly nine letters and digits. An id of their own, and one that has that form, stays; any
 * other becomes nine characters that depend on it and on what came before alone, so that a longer history begins the same.
 */
export function createNineCharIds(): (id: string, own: boolean) => string {
  const given = new Map<string, string>();
  const taken = new Set<string>();
  return (id, own) => {
    const known = given.get(id);
    if (known !== undefined) return known;
    let short = own || /^[A-Za-z0-9]{9}$/.test(id) ? id : nineChars(id);
    for (let count = 1; taken.has(short); count++) short = nineChars(`${id}#${count}`);
    given.set(id, short);
    taken.add(short);
    return short;
  };
}

/** FNV-1a, twice 32 bits, in base 36. */
function nineChars(text: string): string {
  const hash = (seed: number): string => {
    let value = seed;
    for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
    return (value >>> 0).toString(36).padStart(7, '0');
  };
  return `${hash(0x811c9dc5)}${hash(0x9e3779b9)}`.slice(5);
}
