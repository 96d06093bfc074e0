/**
 * What the heads of requests are written with (RFC 9112, sections 3 and 5).
 *
 * Nothing that a caller passes can add an octet of syntax. Every text from outside goes through one function,
 * `HeadWriter.write`, which looks each character up in the table of its place and appends the very string it looked at.
 * Values are read once, own properties only, and must be strings already: an object with a `toString` could answer
 * differently the second time, and a polluted prototype could add a field. Errors name places, never values.
 */
import type { Limits } from '../limits.ts';
import { NetError } from '../net-error.ts';
import { FIELD_CONTENT, HTAB, SP, TOKEN } from './grammar.ts';

/** Ours alone, or never sent (section 7.6.1 of RFC 9110 and the framing fields). */
export const RESERVED = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
export const RESERVED_BUT_FOR_PROXY = new Set([...RESERVED].filter((name) => name !== 'proxy-authorization'));

const UTF8 = new TextEncoder();

/** A head as it grows. `write` is the only way for text from outside. */
export class HeadWriter {
  readonly #bytesMax: number;
  #text = '';
  /** Every bit of every character from outside: says whether one is above 0x7f. */
  #bits = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** @param place - What the text is, for the error. It must not quote the text. */
  write(text: unknown, allowed: Uint8Array, place: string): void {
    if (typeof text !== 'string') throw bad(`${place} is not a string`, place);
    if (text === '' && allowed !== FIELD_CONTENT) throw bad(`${place} is empty`, place);
    for (let index = 0; index < text.length; index += 1) {
      const code = text.charCodeAt(index);
      // Above 0xff a table look-up gives undefined: no character is ever cut down to an octet.
      if (allowed[code] !== 1) throw bad(`${place} has U+${hex(code)} at ${index}, which may not stand there`, place);
      this.#bits |= code;
    }
    this.syntax(text);
  }

  /** Text of our own, or checked. */
  syntax(text: string): void {
    this.#text += text;
    if (this.#text.length > this.#bytesMax) throw bad(`the head is longer than ${this.#bytesMax} bytes`, 'head', this.#bytesMax);
  }

  octets(): Uint8Array {
    const text = this.#text;
    // US-ASCII is the same in UTF-8, and nearly every head is US-ASCII.
    if (this.#bits < 0x80) return UTF8.encode(text);
    const octets = new Uint8Array(text.length);
    for (let index = 0; index < text.length; index += 1) octets[index] = text.charCodeAt(index);
    return octets;
  }
}

/** Writes one field line, the `position`th, and says which field it was, in lower case. */
export function writeField(
  writer: HeadWriter,
  name: unknown,
  value: unknown,
  position: number,
  { fieldsMax }: Limits,
  reserved: ReadonlySet<string>,
): string {
  if (position > fieldsMax) throw bad(`more than ${fieldsMax} fields`, 'fields', fieldsMax);
  // A name that is no token may hold anything, a secret too: the error gives its position instead.
  writer.write(name, TOKEN, `the name of field ${position}`);
  writer.syntax(': ');
  if (typeof name !== 'string') throw bad(`the name of field ${position} is not a string`, 'fields');
  const lowerCaseName = name.toLowerCase();
  if (reserved.has(lowerCaseName)) throw bad(`the field ${lowerCaseName} is not the caller's to set`, lowerCaseName);
  // Blanks at the edge would not arrive: a recipient takes them away.
  if (typeof value === 'string' && (isBlank(value, 0) || isBlank(value, value.length - 1))) {
    throw bad(`the value of the field ${name} begins or ends with a blank`, name);
  }
  writer.write(value, FIELD_CONTENT, `the value of the field ${name}`);
  writer.syntax('\r\n');
  return lowerCaseName;
}

function isBlank(text: string, index: number): boolean {
  const code = text.charCodeAt(index);
  return code === SP || code === HTAB;
}

/** Takes the pairs of a list of fields, each property read once, own ones only. */
export function forEachPair(fields: unknown, take: (name: unknown, value: unknown) => void): void {
  if (fields === undefined) return;
  if (!Array.isArray(fields)) throw bad('the fields are not a list of pairs', 'fields');
  const count = fields.length;
  for (let index = 0; index < count; index += 1) {
    const pair: unknown = own(fields, index);
    if (!Array.isArray(pair) || pair.length !== 2) throw bad(`field ${index + 1} is not a pair of name and value`, 'fields');
    take(own(pair, 0), own(pair, 1));
  }
}

/** A property of the object itself: what a prototype adds, nobody has asked to be sent. */
export function own<Holder extends object, Key extends keyof Holder>(holder: Holder, key: Key): Holder[Key] | undefined {
  return typeof holder === 'object' && holder !== null && Object.hasOwn(holder, key) ? holder[key] : undefined;
}

function hex(code: number): string {
  return code.toString(16).toUpperCase().padStart(4, '0');
}

export function bad(message: string, where: string, limit?: number): NetError {
  return new NetError('NET_BAD_REQUEST', message, limit === undefined ? { where } : { where, limit });
}
