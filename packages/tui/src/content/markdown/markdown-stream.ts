/**
 * Markdown as it streams: pieces of text in, blocks out, each once it can change no more; the rest as a tail to be shown
 * meanwhile.
 *
 * What is final never depends on how the text was cut. The tail is parsed anew when it is asked for, from a copy of a small
 * state: its cost depends on the open block (bounded), not on the length of the text. A line without end is taken in pieces, cut
 * at spaces.
 */
import { defaultLimits, type Limits } from '../../limits.ts';
import type { Block } from './block.ts';
import { BlockParser } from './block-parser.ts';

export interface MarkdownStream {
  /** Returns the blocks that became final. */
  push(text: string): Block[];
  /** The blocks that are not final, as they stand. */
  tail(): Block[];
  /** Ends the text and returns the rest. The stream may not be used after it. */
  end(): Block[];
}

export function createMarkdownStream(limits: Limits = defaultLimits): MarkdownStream {
  const parser = new BlockParser(limits);
  let partial = '';
  /** A CR at the end may be half of a CRLF: while the LF is not there, the tail does without it, too. */
  const line = (text: string, to = parser): void => to.line(text.endsWith('\r') ? text.slice(0, -1) : text);

  /** Of a line that is too long, the part up to the last space. */
  const cutPartial = (): void => {
    while (partial.length > limits.openTextCharsMax) {
      const space = partial.lastIndexOf(' ', limits.openTextCharsMax);
      const high = /[\ud800-\udbff]/.test(partial[limits.openTextCharsMax - 1] ?? '');
      const end = space > limits.openTextCharsMax / 2 ? space : limits.openTextCharsMax - (high ? 1 : 0);
      line(partial.slice(0, end));
      partial = partial.slice(partial[end] === ' ' ? end + 1 : end);
    }
  };

  return {
    push(text) {
      let start = 0;
      for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', start)) {
        partial += text.slice(start, end);
        cutPartial();
        line(partial);
        partial = '';
        start = end + 1;
      }
      partial += text.slice(start);
      cutPartial();
      return parser.take();
    },
    tail() {
      const copy = parser.clone();
      if (partial !== '') line(partial, copy);
      copy.end(true);
      return copy.take();
    },
    end() {
      if (partial !== '') line(partial);
      partial = '';
      parser.end();
      return parser.take();
    },
  };
}

/** A whole text at once. */
export function parseMarkdown(text: string, limits: Limits = defaultLimits): Block[] {
  const stream = createMarkdownStream(limits);
  return [...stream.push(text), ...stream.end()];
}
