/**
 * A secret from the user: typed at a prompt that shows nothing of it, or the whole of standard input where that is a file or a
 * pipe.
 *
 * The terminal is put into raw mode while it is typed and put back on every way out, a signal and a defect included. Keys: Enter
 * ends, Backspace takes the last character, Ctrl-U all of them, Ctrl-C and Ctrl-D (on an empty line) give up.
 */
import { StringDecoder } from 'node:string_decoder';

import { NetError } from '@sx/net';

import { CliError } from '../cli/cli-error.ts';
import type { Invocation } from '../invocation.ts';
import { decodeUtf8 } from '../prompt/prompt-text.ts';
import { readStandardInput, standardInputKind } from '../prompt/standard-input.ts';
import { KEY_CHARS_MAX } from './key-shape.ts';

const PIPE_LIMITS = { bytesMax: 64 * 1024, firstByteTimeoutMs: 0, endTimeoutMs: 0 };

/**
 * Without the blanks around it.
 *
 * @throws {CliError} `CLI_INPUT_TOO_LARGE`, `CLI_NOT_UTF8`, `CLI_MISSING_ARGUMENT`; {NetError} `NET_ABORTED`.
 */
export async function readSecret(invocation: Invocation, prompt: string): Promise<string> {
  const { stdin, interrupts } = invocation;
  if (standardInputKind() !== 'device') {
    const result = await readStandardInput({
      mode: 'wait',
      kind: 'pipe',
      stream: stdin,
      signal: interrupts.signal,
      limits: PIPE_LIMITS,
    });
    if (result.kind === 'read') return decodeUtf8(result.bytes, 'standard input').trim();
    throw new NetError('NET_ABORTED', 'the login was aborted');
  }
  if (stdin().isTTY !== true) {
    throw new CliError('CLI_MISSING_ARGUMENT', 'there is no terminal to ask on, and nothing on standard input', {
      hint: 'give the key on standard input: sx login PROVIDER < FILE',
    });
  }
  return (await readHidden(invocation, prompt)).trim();
}

async function readHidden({ stdin, stderr, interrupts }: Invocation, prompt: string): Promise<string> {
  const terminal = stdin();
  const restore = (): void => void terminal.setRawMode(false);
  const listening = new AbortController();
  interrupts.onLeave(restore);
  try {
    return await new Promise<string>((resolve, reject) => {
      const giveUp = (): void => reject(new NetError('NET_ABORTED', 'the login was aborted'));
      const onData = hiddenLine(resolve, giveUp);
      interrupts.signal.addEventListener('abort', giveUp, { signal: listening.signal });
      listening.signal.addEventListener('abort', () => terminal.off('data', onData));
      terminal.once('end', giveUp);
      terminal.setRawMode(true);
      terminal.on('data', onData);
      // Only now: what is typed at the prompt must not be echoed.
      void stderr.write(prompt);
    });
  } finally {
    listening.abort();
    restore();
    terminal.pause();
    await stderr.write('\n');
  }
}

/** The keys of a line that is not shown, as bytes of a terminal in raw mode. */
export function hiddenLine(done: (line: string) => void, giveUp: () => void): (bytes: Buffer) => void {
  const decoder = new StringDecoder('utf8');
  let typed = '';
  return (bytes) => {
    for (const character of decoder.write(bytes)) {
      if (character === '\r' || character === '\n') return done(typed);
      if (character === '\u0003' || (character === '\u0004' && typed === '')) return giveUp();
      if (character === '\u0015') typed = '';
      else if (character === '\u007f' || character === '\b') typed = typed.slice(0, -1);
      else if (typed.length < KEY_CHARS_MAX + 1) typed += character;
    }
  };
}
