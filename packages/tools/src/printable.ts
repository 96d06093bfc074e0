/**
 * Text that a terminal and a model read the same way.
 *
 * `printable` is for names: one line, every control, line break and direction mark escaped. `plainOutput` is for what
 * programs print: escape sequences and controls go, line breaks and tabs stay, and of a line that was overwritten with a
 * lone CR only what a terminal would show last.
 */

/** C0 without tab, DEL, C1, line and paragraph separators, direction marks, BOM inside text, lone surrogates. */
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
// CSI, OSC and other strings (ended by BEL or ST, at most on this line), two-character escapes.
const ESCAPE_SEQUENCES = /\u001b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\u0007\u001b\n]*(?:\u0007|\u001b\\)?|[ -/]*[0-~])/g;

export function printable(name: string): string {
  return name.replace(
    UNPRINTABLE,
    (c) => (c === '\n' ? '\\n' : c === '\r' ? '\\r' : c === '\t' ? '\\t' : `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`),
  );
}

export function plainOutput(text: string): string {
  const plain = text.includes('\u001b') ? text.replace(ESCAPE_SEQUENCES, '') : text;
  const shown = plain.includes('\r') ? plain.split('\n').map(lastOverwrite).join('\n') : plain;
  return shown.replace(UNPRINTABLE, (c) => (c === '\n' || c === '\t' ? c : ''));
}

function lastOverwrite(line: string): string {
  let end = line.length;
  while (line[end - 1] === '\r') end--;
  return line.slice(line.lastIndexOf('\r', end - 1) + 1, end);
}
