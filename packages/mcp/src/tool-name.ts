/**
 * Names under which the model sees MCP tools: `mcp__server__tool`, at most 64 of `[A-Za-z0-9_-]`, as the vendors want them.
 *
 * What does not fit becomes `_`; what is too long is cut and gets six characters of a hash, so that two long names stay two; a
 * name that is taken gets a number. The same servers with the same tools give the same names, since caches live on them.
 */
import { createHash } from 'node:crypto';

const NAME_CHARS_MAX = 64;
const SERVER_CHARS_MAX = 24;

/** A part of a name: of the server, of the tool. */
export function toNamePart(text: string): string {
  return text.replace(/[^A-Za-z0-9_-]/g, '_');
}

/** @param taken - Names that are given out already; the new one is added. */
export function toToolName(server: string, tool: string, taken: Set<string>): string {
  const whole = `mcp__${shortened(toNamePart(server), SERVER_CHARS_MAX, server)}__${toNamePart(tool)}`;
  const base = shortened(whole, NAME_CHARS_MAX, `${server}\0${tool}`);
  let name = base;
  for (let count = 2; taken.has(name); count += 1) name = `${base.slice(0, NAME_CHARS_MAX - 1 - String(count).length)}_${count}`;
  taken.add(name);
  return name;
}

function shortened(text: string, charsMax: number, unique: string): string {
  if (text.length <= charsMax) return text;
  return `${text.slice(0, charsMax - 7)}_${createHash('sha256').update(unique).digest('hex').slice(0, 6)}`;
}
