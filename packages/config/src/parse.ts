/**
 * `scorpiox-env.txt`: `KEY=VALUE` lines, `#` comments, blank lines.
 *
 * In: the bytes of a file. Out: its entries with line numbers. A name and a value are trimmed of blanks; nothing else is
 * done to a value: no quotes, no escapes, no comment at its end (a `#` belongs to many passwords). A key that is set
 * twice has its last value. Lines end with LF or CRLF; a byte order mark is dropped.
 * Refused, with file and line: anything else, control characters, and whatever passes the limits.
 */
import { ConfigError } from './config-error.ts';
import { configLimits } from './limits.ts';

export interface EnvEntry {
  readonly key: string;
  readonly value: string;
  /** Counted from 1. */
  readonly line: number;
}

export function parseEnvFile(bytes: Uint8Array, file: string): EnvEntry[] {
  if (bytes.length > configLimits.fileBytesMax) {
    throw new ConfigError('CONFIG_TOO_LARGE', `${file} has ${bytes.length} bytes; the limit is ${configLimits.fileBytesMax}`);
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new ConfigError('CONFIG_NOT_UTF8', `${file} is not UTF-8 text`, { cause });
  }
  return parseEnvText(text, file);
}

export function parseEnvText(text: string, file: string): EnvEntry[] {
  const lines = text.split('\n');
  if (lines.length > configLimits.linesMax) {
    throw new ConfigError('CONFIG_TOO_LARGE', `${file} has ${lines.length} lines; the limit is ${configLimits.linesMax}`);
  }
  return lines.flatMap((raw, index) => {
    const entry = parseLine(raw, file, index + 1);
    return entry === undefined ? [] : [entry];
  });
}

/** One line without its LF; undefined for a blank line or a comment. */
export function parseLine(raw: string, file: string, line: number): EnvEntry | undefined {
  const content = raw.trim();
  if (content === '' || content.startsWith('#')) return undefined;
  const where = `${file}:${line}`;
  const equals = content.indexOf('=');
  if (equals < 0) throw new ConfigError('CONFIG_BAD_LINE', `${where}: expected KEY=VALUE or a # comment`);
  return { key: checkKey(content.slice(0, equals).trim(), where), value: checkValue(content.slice(equals + 1).trim(), where), line };
}

export function checkKey(key: string, where: string): string {
  if (key.length > configLimits.keyCharsMax) {
    throw new ConfigError('CONFIG_TOO_LARGE', `${where}: a key of ${key.length} characters; the limit is ${configLimits.keyCharsMax}`);
  }
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(key)) {
    throw new ConfigError('CONFIG_BAD_LINE', `${where}: a key consists of letters, digits and _, and starts with no digit`);
  }
  return key;
}

export function checkValue(value: string, where: string): string {
  const size = Buffer.byteLength(value);
  if (size > configLimits.valueBytesMax) {
    throw new ConfigError('CONFIG_TOO_LARGE', `${where}: a value of ${size} bytes; the limit is ${configLimits.valueBytesMax}`);
  }
  if (/[\u0000-\u0008\u000a-\u001f\u007f]/.test(value)) throw new ConfigError('CONFIG_BAD_LINE', `${where}: a control character in the value`);
  return value;
}
