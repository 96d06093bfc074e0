/** From an OSC string of the terminal to the answer in it: `11;rgb:1e1e/1e1e/1e1e`, with one to four hexadecimal digits each. */
import type { InputEvent } from './input-event.ts';

export function decodeReply(kind: string, text: string): InputEvent | undefined {
  if (kind !== ']') return undefined;
  const match = /^(10|11);rgba?:([0-9a-f]{1,4})\/([0-9a-f]{1,4})\/([0-9a-f]{1,4})(?:\/[0-9a-f]{1,4})?$/i.exec(text);
  if (match === null) return undefined;
  const [, which, ...digits] = match;
  const [red = 0, green = 0, blue = 0] = digits.map(
    (hex) => Math.round((Number.parseInt(hex, 16) / (16 ** hex.length - 1)) * 255),
  );
  return { type: 'reply', to: which === '10' ? 'foreground' : 'background', rgb: (red << 16) | (green << 8) | blue };
}
