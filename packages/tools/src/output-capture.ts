/**
 * What a command prints, as bytes, becomes text for the model, for people and for a file.
 *
 * Text is decoded as UTF-8 (what is not, shows as U+FFFD), freed of escape sequences and redacted line by line, so that a
 * secret is masked also where it came in two pieces. The model gets the first and the last characters; once there are
 * more, the whole goes to a file, and `full` is set when that has reached its limit.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { posix } from 'node:path';
import { StringDecoder } from 'node:string_decoder';

import type { ToolRunContext } from '@sx/agent';

import { toolLimits } from './limits.ts';
import { plainOutput } from './printable.ts';

export interface OutputCapture {
  push(source: 'stdout' | 'stderr', bytes: Buffer): void;
  /** Output beyond the limit of the file: the command should be stopped. */
  readonly full: boolean;
  /** Closes the file. Text for the model, and where the whole is. */
  end(): { readonly text: string; readonly note: string };
}

export function createOutputCapture(context: ToolRunContext): OutputCapture {
  const half = Math.floor(toolLimits.shellOutputCharsMax / 2);
  const decoders = { stdout: new StringDecoder('utf8'), stderr: new StringDecoder('utf8') };
  const unfinished = { stdout: '', stderr: '' };
  const file = createOutputFile(context);
  let head = '';
  let tail: string[] = [];
  let tailChars = 0;
  let chars = 0;
  let bytesSeen = 0;

  function add(raw: string): void {
    const text = context.redact(plainOutput(raw));
    if (text === '') return;
    context.onProgress(text);
    chars += text.length;
    file.write(text);
    const toHead = text.slice(0, half - head.length);
    head += toHead;
    const rest = text.slice(toHead.length);
    if (rest === '') return;
    tail.push(rest);
    tailChars += rest.length;
    if (tailChars > 2 * half + toolLimits.shellLineCharsMax) {
      tail = [tail.join('').slice(-half)];
      tailChars = half;
    }
  }

  return {
    push(source, bytes) {
      bytesSeen += bytes.length;
      if (bytesSeen > toolLimits.shellOutputBytesMax) return;
      const text = unfinished[source] + decoders[source].write(bytes);
      const end = text.length > toolLimits.shellLineCharsMax ? text.length : text.lastIndexOf('\n') + 1;
      unfinished[source] = text.slice(end);
      if (end > 0) add(text.slice(0, end));
    },
    get full() {
      return bytesSeen > toolLimits.shellOutputBytesMax;
    },
    end() {
      add(unfinished.stdout + decoders.stdout.end());
      add(unfinished.stderr + decoders.stderr.end());
      const path = file.end();
      const rest = tail.join('');
      if (chars <= toolLimits.shellOutputCharsMax) return { text: head + rest, note: '' };
      const shownTail = rest.slice(-half);
      const left = chars - head.length - shownTail.length;
      const where = path === undefined
        ? 'the whole could not be kept'
        : `the whole is in ${path}; read it with offset and limit, or grep it`;
      return { text: `${head}\n[… ${left} characters left out …]\n${shownTail}`, note: where };
    },
  };
}

/** Made when the output outgrows what the model sees. A disk that fails ends the file, not the command. */
function createOutputFile(
  { outputDirectory, callId }: ToolRunContext,
): { write: (text: string) => void; end: () => string | undefined } {
  const pending: string[] = [];
  let pendingChars = 0;
  let path: string | undefined;
  let fd: number | undefined;
  let failed = false;
  const start = (): void => {
    mkdirSync(outputDirectory, { recursive: true, mode: 0o700 });
    path = posix.join(outputDirectory, `${callId.replace(/[^\w-]/g, '_').slice(0, 60)}-${randomBytes(4).toString('hex')}.txt`);
    fd = openSync(path, 'wx', 0o600);
  };
  return {
    write(text) {
      if (failed) return;
      try {
        if (fd === undefined) {
          pending.push(text);
          pendingChars += text.length;
          if (pendingChars <= toolLimits.shellOutputCharsMax) return;
          start();
          text = pending.splice(0).join('');
        }
        if (fd !== undefined) for (let bytes = Buffer.from(text); bytes.length > 0; ) bytes = bytes.subarray(writeSync(fd, bytes));
      } catch {
        failed = true;
      }
    },
    end() {
      if (fd !== undefined) closeSync(fd);
      return failed ? undefined : path;
    },
  };
}
