import { printable } from '@sx/net/net-error';

/** Text of a server as it may stand in a message: one line, nothing in it acts on a terminal. */
export function quoted(text: string, charsMax = 300): string {
  return printable(text.replace(/\s+/g, ' ').trim(), charsMax);
}
