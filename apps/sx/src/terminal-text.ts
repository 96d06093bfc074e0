/** Text from models, tools, files and servers as it may reach a terminal: nothing in it can act on the terminal. */

// C0 without tab and line feed, DEL, C1, and the bidirectional overrides, which would show other text than there is.
const ACTING = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** Escapes every acting character as `\u001b`; a CR before LF is dropped. Stateless, so a stream may be escaped piece by piece. */
export function terminalText(text: string): string {
  return text.replace(/\r\n/g, '\n').replace(ACTING, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The same on one line, cut to `charsMax`. */
export function terminalLine(text: string, charsMax = 200): string {
  const line = terminalText(text.replace(/\s+/g, ' ').trim());
  return line.length > charsMax ? `${line.slice(0, charsMax - 1)}…` : line;
}
