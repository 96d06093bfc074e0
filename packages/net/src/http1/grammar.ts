/**
 * The alphabets of RFC 9110 and RFC 9112, as tables of 256 octets: one look-up per octet, no regular expression over
 * text from outside. A value of 1 means "allowed" (`HEX_VALUE`: the digit's value, or `NOT_HEX`).
 */
export const HTAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const SP = 0x20;
export const COLON = 0x3a;
export const SEMICOLON = 0x3b;

/** By a loop: `Uint8Array.from` takes a millisecond for it. */
function tableOf(valueOf: (octet: number) => boolean | number): Uint8Array {
  const table = new Uint8Array(256);
  for (let octet = 0; octet < 256; octet += 1) table[octet] = Number(valueOf(octet));
  return table;
}

const between = (octet: number, first: number, last: number): boolean => octet >= first && octet <= last;
const isDigit = (octet: number): boolean => between(octet, 0x30, 0x39);
const isLetter = (octet: number): boolean => between(octet, 0x41, 0x5a) || between(octet, 0x61, 0x7a);

/** `tchar` of RFC 9110, section 5.6.2: what methods and field names are made of. */
export const TOKEN = tableOf(
  (octet) => isDigit(octet) || isLetter(octet) || "!#$%&'*+-.^_`|~".includes(String.fromCharCode(octet)),
);

/**
 * Octets of a field value or a reason phrase: HTAB, SP, VCHAR and obs-text (RFC 9110, section 5.5; RFC 9112, section 4).
 * The other control characters are left to the recipient; we reject them, because values end up on terminals (D5).
 */
export const FIELD_CONTENT = tableOf((octet) => octet === HTAB || (octet >= SP && octet !== 0x7f));

/** Octets of a request target as it goes out: visible US-ASCII. The finer grammar is that of `new URL()`. */
export const TARGET = tableOf((octet) => between(octet, 0x21, 0x7e));

export const NOT_HEX = 255;

/** `HEXDIG` in either case. */
export const HEX_VALUE = tableOf((octet) => {
  if (isDigit(octet)) return octet - 0x30;
  if (between(octet, 0x41, 0x46)) return octet - 0x41 + 10;
  if (between(octet, 0x61, 0x66)) return octet - 0x61 + 10;
  return NOT_HEX;
});

/** The largest length that a JavaScript number holds exactly. */
export const LENGTH_MAX = Number.MAX_SAFE_INTEGER;

const ASCII = new TextDecoder();

/**
 * Octets as text, one character each. Not `TextDecoder('latin1')`: the WHATWG label means windows-1252, which maps 0x80
 * to 0x9f to other characters. Where all octets are below 0x80, as nearly always, UTF-8 says the same and is fast.
 *
 * They are where the text is as long as they are many and holds no U+FFFD: in UTF-8 an octet from 0x80 on is either part of a
 * character that takes more octets than units, or is replaced. To look at each octet costs more, as long as nothing is compiled.
 */
export function decodeLatin1(bytes: Uint8Array, start: number, end: number): string {
  const text = ASCII.decode(bytes.subarray(start, end));
  return text.length === end - start && !text.includes('\ufffd') ? text : decodeEachOctet(bytes, start, end);
}

function decodeEachOctet(bytes: Uint8Array, start: number, end: number): string {
  const characters: string[] = [];
  for (let index = start; index < end; index += 1) characters.push(String.fromCharCode(bytes[index] ?? 0));
  return characters.join('');
}

/** One octet as an error names it: `0x0d`. */
export function octetName(octet: number | undefined): string {
  return octet === undefined ? 'the end' : `0x${octet.toString(16).padStart(2, '0')}`;
}
