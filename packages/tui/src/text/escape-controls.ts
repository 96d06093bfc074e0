/**
 * Makes text from models, tools, files and servers harmless: nothing in it can act on the terminal or show other text than there
 * is.
 *
 * Shown as `\u001b`: C0 (but tab and line feed), DEL, C1, the bidirectional embeddings, overrides and isolates, line and
 * paragraph separators, tag characters (text that no reader sees; inside a flag they stay) and noncharacters. Shown as U+FFFD:
 * lone surrogates. A CR before LF is dropped. What merely has no width (marks of direction, zero-width spaces) is left here and
 * dropped where rows are made.
 * Stateless but for pairs of surrogates, so a stream may be escaped piece by piece.
 */

const ACTING = new RegExp(
  '[\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f\\u2028-\\u202e\\u2066-\\u2069\\ufdd0-\\ufdef\\ufff9-\\ufffb\\ufffe\\uffff]' +
    // Tag characters, but in a flag.
    '|(?<!\\u{1f3f4}[\\u{e0020}-\\u{e007f}]{0,8})[\\u{e0000}-\\u{e007f}]' +
    '|\\p{Cs}',
  'gu',
);
const QUICK = /^[\n\t\x20-\x7e]*$/;

export function escapeControls(text: string): string {
  if (QUICK.test(text)) return text;
  return text.replaceAll('\r\n', '\n').replace(ACTING, toEscape);
}

function toEscape(character: string): string {
  const codePoint = character.codePointAt(0) ?? 0;
  if (codePoint >= 0xd800 && codePoint <= 0xdfff) return '\ufffd';
  return codePoint > 0xffff ? `\\u{${codePoint.toString(16)}}` : `\\u${codePoint.toString(16).padStart(4, '0')}`;
}
