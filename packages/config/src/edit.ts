/**
 * Changes one key in the text of a `scorpiox-env.txt`, and nothing else: comments, order, blank lines, line ends and a
 * missing last line end stay as they are. Pure text to text; `write-file.ts` stores it.
 *
 * A set key keeps its line (the last one that sets it; earlier ones, which never counted, go). A new key comes at the end,
 * or below the line that has it commented out. Unsetting removes every line that sets it.
 */
import { ConfigError } from './config-error.ts';
import { checkKey, checkValue, parseLine } from './parse.ts';

export function setInEnvText(text: string, key: string, value: string, file: string): string {
  const line = `${checkKey(key, file)}=${checkValue(value.trim(), file)}`;
  if (value.includes('\n')) throw new ConfigError('CONFIG_BAD_LINE', `${file}: the value of ${key} has a line end in it`);
  const lines = splitLines(text);
  const places = lines.flatMap((raw, index) => (parseLine(withoutEnd(raw), file, index + 1)?.key === key ? [index] : []));
  const last = places.at(-1);
  if (last !== undefined) {
    return lines.flatMap((raw, index) => (index === last ? [line + endOf(raw)] : places.includes(index) ? [] : [raw])).join('');
  }
  const newline = lines.some((raw) => raw.endsWith('\r\n')) ? '\r\n' : '\n';
  const commented = lines.findLastIndex((raw) => new RegExp(`^\\s*#\\s*${key}\\s*=`).test(raw));
  if (commented >= 0) return [...lines.slice(0, commented), ended(lines[commented] ?? '', newline), line + newline, ...lines.slice(commented + 1)].join('');
  const head = text === '' ? '' : ended(text, newline);
  return `${head}${line}${newline}`;
}

export function unsetInEnvText(text: string, key: string, file: string): string {
  return splitLines(text)
    .filter((raw, index) => parseLine(withoutEnd(raw), file, index + 1)?.key !== key)
    .join('');
}

/** Lines with their ends; a last line without one is a line too. */
function splitLines(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

function endOf(raw: string): string {
  return raw.endsWith('\r\n') ? '\r\n' : raw.endsWith('\n') ? '\n' : '';
}

function withoutEnd(raw: string): string {
  return raw.slice(0, raw.length - endOf(raw).length);
}

function ended(raw: string, newline: string): string {
  return endOf(raw) === '' ? raw + newline : raw;
}
