/** Everything the user said for one turn: the argument, standard input, images and documents. */
import type { UserPart } from '@sx/llm';

import { CliError } from '../cli/cli-error.ts';
import type { Arguments } from '../cli/parse-arguments.ts';
import type { Invocation } from '../invocation.ts';
import { readMediaFiles } from './media-files.ts';
import { checkArgument, decodeUtf8, promptText } from './prompt-text.ts';
import { readStandardInput, type StdinMode, standardInputKind } from './standard-input.ts';

/** @throws {CliError} what the three files beside this one throw, and `CLI_BAD_VALUE` for flags that contradict each other. */
export async function readPrompt(invocation: Invocation, args: Arguments, workingDirectory: string): Promise<UserPart[]> {
  const [argument] = args.positionals;
  const fromInput = argument === undefined || argument === '-';
  const mode = stdinMode(args, fromInput);
  // An empty argument is a mistake; waiting for input would hide it.
  if (argument !== undefined && argument.trim() === '' && mode !== 'wait') return [{ type: 'text', text: promptText(argument, undefined) }];
  const text = promptText(fromInput ? undefined : checkArgument(argument), await inputText(invocation, mode));
  return [{ type: 'text', text }, ...readMediaFiles(args.values('image'), workingDirectory)];
}

function stdinMode(args: Arguments, fromInput: boolean): StdinMode {
  if (args.on('stdin') && args.on('no-stdin')) throw new CliError('CLI_BAD_VALUE', '--stdin and --no-stdin contradict each other');
  if (args.on('no-stdin')) return 'never';
  return args.on('stdin') || fromInput ? 'wait' : 'auto';
}

async function inputText({ stdin, stderr, interrupts }: Invocation, mode: StdinMode): Promise<string | undefined> {
  const result = await readStandardInput({ mode, kind: standardInputKind(), stream: stdin, signal: interrupts.signal });
  switch (result.kind) {
    case 'read':
      return decodeUtf8(result.bytes, 'standard input');
    case 'silent':
      await stderr.write('sx: nothing came from standard input; it is not waited for (--stdin waits, --no-stdin does not look)\n');
      return undefined;
    case 'ignored':
      return undefined;
    default: {
      const unknown: never = result;
      return unknown;
    }
  }
}
