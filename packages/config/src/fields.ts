/**
 * Fields of requests as one value: `Name: value; Name: value`, or one on a line, as a variable of the environment may hold them.
 *
 * A `;` begins another field only where a name and a colon follow: values have semicolons too. Names are tokens (RFC 9110,
 * section 5.6.2), values printable ASCII. Refused: fields that the program or HTTP itself sets, and those that carry its
 * credentials.
 */
import { configLimits } from './limits.ts';

export type FieldPair = readonly [name: string, value: string];

const TOKEN = /^[!#$%&'*+.^_`|~\dA-Za-z-]{1,128}$/;
const NEXT = /;\s*(?=[!#$%&'*+.^_`|~\dA-Za-z-]+:)|\r?\n/;
const OURS = new Set([
  'accept', 'accept-encoding', 'api-key', 'authorization', 'connection', 'content-encoding', 'content-length', 'content-type',
  'cookie', 'expect', 'host', 'keep-alive', 'proxy-authorization', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'user-agent',
  'x-api-key', 'x-goog-api-key',
]);

export function parseFields(value: string): FieldPair[] {
  return value.split(NEXT).map((part) => part.trim()).filter((part) => part !== '').map((part): FieldPair => {
    const colon = part.indexOf(':');
    return colon === -1 ? [part, ''] : [part.slice(0, colon).trim(), part.slice(colon + 1).trim()];
  });
}

/** As the end of a sentence; names a field by its place or name, never its value. */
export function fieldsFault(value: string): string | undefined {
  const fields = parseFields(value);
  const { fieldsMax } = configLimits;
  if (fields.length > fieldsMax) return `expected at most ${fieldsMax} fields, got ${fields.length}`;
  for (const [at, [name, content]] of fields.entries()) {
    const isNamed = TOKEN.test(name) && content !== '';
    if (!isNamed) return `expected Name: value; Name: value, but field ${at + 1} is none`;
    if (!/^[\t\x20-\x7e]*$/.test(content)) return `the value of ${name} has characters that no field may carry`;
    if (OURS.has(name.toLowerCase())) return `${name} is set by sx itself`;
  }
  return undefined;
}

/** Values that must never be printed: by the names of their fields, and what follows the scheme in them. */
export function fieldSecrets(fields: readonly FieldPair[]): string[] {
  return fields.flatMap(
    ([name, value]) => (/auth|token|key|secret|cookie|pass/i.test(name) ? [value, value.slice(value.indexOf(' ') + 1)] : []),
  );
}
