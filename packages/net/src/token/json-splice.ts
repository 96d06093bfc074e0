/**
 * Replaces single values in a JSON text and leaves every other byte as it was.
 *
 * In: a text that `JSON.parse` accepts, the path of a member, a scalar. Out: the text with that value replaced, or with
 * the member added behind its last sibling, in the sibling's layout. Credential files belong to other programs too:
 * their unknown members, order, indentation and numbers beyond 2^53 have to survive us, which parse-and-stringify breaks.
 *
 * The scanner trusts that the text is valid: it only has to find where values start and end. It does not recurse, so
 * nesting is bounded by the size limit of the file alone. Where a name occurs twice the last one counts, as in JSON.parse.
 */
export type JsonScalar = string | number | null;

/** @throws {Error} where an object on the way is missing or not an object; callers have read the text before. */
export function spliceJson(text: string, path: readonly string[], value: JsonScalar): string {
  let objectStart = skipSpace(text, text.startsWith('\ufeff') ? 1 : 0);
  for (const [depth, name] of path.entries()) {
    if (text[objectStart] !== '{') throw new Error(`$.${path.slice(0, depth).join('.')} is not an object`);
    const members = scanMembers(text, objectStart);
    const member = members.findLast((candidate) => candidate.name === name);
    if (depth === path.length - 1) return spliceMember(text, objectStart, members, member, name, value);
    if (!member) throw new Error(`$.${path.slice(0, depth + 1).join('.')} is missing`);
    objectStart = member.valueStart;
  }
  throw new Error('a path names at least one member');
}

interface Member {
  readonly name: string;
  readonly nameStart: number;
  readonly nameEnd: number;
  readonly valueStart: number;
  readonly valueEnd: number;
}

function spliceMember(
  text: string,
  objectStart: number,
  members: readonly Member[],
  member: Member | undefined,
  name: string,
  value: JsonScalar,
): string {
  const json = JSON.stringify(value);
  if (member) return text.slice(0, member.valueStart) + json + text.slice(member.valueEnd);
  const first = members[0];
  const last = members.at(-1);
  if (!first || !last) return `${text.slice(0, objectStart + 1)}${JSON.stringify(name)}:${json}${text.slice(objectStart + 1)}`;
  const indent = text.slice(objectStart + 1, first.nameStart);
  const colon = text.slice(first.nameEnd, first.valueStart);
  return `${text.slice(0, last.valueEnd)},${indent}${JSON.stringify(name)}${colon}${json}${text.slice(last.valueEnd)}`;
}

function scanMembers(text: string, objectStart: number): Member[] {
  const members: Member[] = [];
  let at = skipSpace(text, objectStart + 1);
  while (text[at] === '"') {
    const nameStart = at;
    const nameEnd = stringEnd(text, at);
    const valueStart = skipSpace(text, skipSpace(text, nameEnd) + 1);
    const valueEnd = skipValue(text, valueStart);
    members.push({ name: String(JSON.parse(text.slice(nameStart, nameEnd))), nameStart, nameEnd, valueStart, valueEnd });
    at = skipSpace(text, valueEnd);
    if (text[at] === ',') at = skipSpace(text, at + 1);
  }
  return members;
}

function skipSpace(text: string, at: number): number {
  while (' \t\n\r'.includes(text[at] ?? 'x')) at += 1;
  return at;
}

/** The index behind the closing quote of the string that starts at `at`. */
function stringEnd(text: string, at: number): number {
  at += 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}

function skipValue(text: string, at: number): number {
  if (text[at] === '"') return stringEnd(text, at);
  let depth = 0;
  while (at < text.length) {
    const character = text[at] ?? '';
    if (character === '"') {
      at = stringEnd(text, at);
      continue;
    }
    if (character === '{' || character === '[') depth += 1;
    else if (character === '}' || character === ']') {
      if (depth === 0) return at;
      depth -= 1;
      if (depth === 0) return at + 1;
    } else if (depth === 0 && ' \t\n\r,'.includes(character)) return at;
    at += 1;
  }
  return at;
}
