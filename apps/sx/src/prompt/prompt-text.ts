/** The prompt: argument, standard input, or both, as one text. Checks that it is text and not empty. */
import { readFileSync } from 'node:fs';

import { CliError } from '../cli/cli-error.ts';

export function decodeUtf8(bytes: Uint8Array, what: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new CliError('CLI_NOT_UTF8', `${what} is not UTF-8 text`, { hint: 'convert it, or name the file in the prompt and let the model read it', cause });
  }
}

/**
 * Node replaces what is not UTF-8 in its arguments with U+FFFD. Where one is seen, the kernel knows whether it was typed.
 *
 * @param rawArguments - `/proc/self/cmdline`; undefined where the system has none, and then the text is taken as it is.
 */
export function checkArgument(text: string, rawArguments: () => Uint8Array | undefined = processArguments): string {
  if (!text.includes('\uFFFD')) return text;
  const raw = rawArguments();
  if (raw !== undefined) decodeUtf8(raw, 'the prompt');
  return text;
}

function processArguments(): Uint8Array | undefined {
  try {
    return readFileSync('/proc/self/cmdline');
  } catch {
    return undefined;
  }
}

/** @throws {CliError} `CLI_EMPTY_PROMPT` where both are blank. */
export function promptText(argument: string | undefined, input: string | undefined): string {
  const hasArgument = argument !== undefined && argument.trim() !== '';
  const hasInput = input !== undefined && input.trim() !== '';
  if (hasArgument && hasInput) return `${argument}\n\n<stdin>\n${input.endsWith('\n') ? input : `${input}\n`}</stdin>`;
  if (hasArgument) return argument;
  if (hasInput) return input;
  throw new CliError('CLI_EMPTY_PROMPT', 'the prompt is empty', { hint: 'sx -p "prompt", or sx -p - < file' });
}
