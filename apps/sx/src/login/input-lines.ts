/**
 * Lines of standard input, as they come, while something else is waited for. Where there is nothing to read (`/dev/null`, a
 * closed pipe) no line ever comes.
 */
import { StringDecoder } from 'node:string_decoder';

import { standardInputKind } from '../prompt/standard-input.ts';

export interface InputLines {
  readonly isTerminal: boolean;
  /** Ends the reading; the stream then no longer keeps the process. */
  stop(): void;
}

/**
 * @param charsMax - A line that is longer is cut: what comes after is dropped to the line's end.
 * @param onLine - Without the line end. The last line counts also where none ends it.
 */
export function readInputLines(stdin: () => NodeJS.ReadStream, charsMax: number, onLine: (line: string) => void): InputLines {
  const isDevice = standardInputKind() === 'device';
  const stream = stdin();
  const isTerminal = stream.isTTY === true;
  if (isDevice && !isTerminal) return { isTerminal, stop: () => undefined };
  const decoder = new StringDecoder('utf8');
  let line = '';
  const take = (text: string): void => {
    for (const [index, piece] of text.split(/\r\n|\r|\n/).entries()) {
      if (index > 0) {
        const whole = line;
        line = '';
        onLine(whole);
      }
      line = (line + piece).slice(0, charsMax);
    }
  };
  const onData = (bytes: Buffer): void => take(decoder.write(bytes));
  const onEnd = (): void => {
    if (line !== '') take('\n');
  };
  stream.on('data', onData);
  stream.once('end', onEnd);
  // EIO where the terminal is gone: no line comes any more.
  stream.once('error', () => undefined);
  return {
    isTerminal,
    stop() {
      stream.off('data', onData);
      stream.off('end', onEnd);
      stream.pause();
    },
  };
}
