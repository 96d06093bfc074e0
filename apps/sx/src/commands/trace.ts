/** `sx trace to-har FILE`: a wire trace of ours as an HTTP archive, for the network panel of a browser. */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';

import { toHar } from '@sx/net';

import { CliError } from '../cli/cli-error.ts';
import type { ExitCode } from '../cli/exit-codes.ts';
import type { Arguments } from '../cli/parse-arguments.ts';
import type { Invocation } from '../invocation.ts';
import { VERSION } from '../version.ts';

/** The text and the archive made of it are in memory at once; a longer trace is cut by lines first. */
const TRACE_BYTES_MAX = 256 * 1024 * 1024;

/** @throws {CliError} `CLI_UNKNOWN_COMMAND`, `CLI_MISSING_ARGUMENT`, `CLI_BAD_VALUE`, `CLI_INPUT_TOO_LARGE`, `CLI_OUTPUT_FILE`. */
export async function run({ stdout, workingDirectory }: Invocation, args: Arguments): Promise<ExitCode> {
  const [action, path] = args.positionals;
  if (action !== 'to-har') throw new CliError('CLI_UNKNOWN_COMMAND', action === undefined ? 'sx trace needs to be told what to do' : `sx trace does not know ${JSON.stringify(action.slice(0, 80))}`, { hint: 'sx trace to-har FILE' });
  if (path === undefined) throw new CliError('CLI_MISSING_ARGUMENT', 'sx trace to-har needs the file that --trace wrote', { hint: 'sx trace to-har FILE' });
  const har = toHar(readLines(resolve(workingDirectory, path)), VERSION);
  if (har.log.entries.length === 0) throw new CliError('CLI_BAD_VALUE', `${path} holds no request of a wire trace`, { hint: '--trace FILE writes one' });
  const text = `${JSON.stringify(har)}\n`;
  const output = args.value('output');
  if (output === undefined) await stdout.write(text);
  else writeOutput(resolve(workingDirectory, output), text);
  return 0;
}

function readLines(file: string): string[] {
  try {
    const { size } = statSync(file);
    if (size > TRACE_BYTES_MAX) throw new CliError('CLI_INPUT_TOO_LARGE', `${file} has ${size} bytes; at most ${TRACE_BYTES_MAX} are read`, { hint: 'cut it by lines: a request is all the lines of its number' });
    return readFileSync(file, 'utf8').split('\n');
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError('CLI_BAD_VALUE', `${file} cannot be read (${codeOf(error)})`, { cause: error });
  }
}

/** Prompts and answers are in it. */
function writeOutput(file: string, text: string): void {
  try {
    writeFileSync(file, text, { mode: 0o600 });
  } catch (cause) {
    throw new CliError('CLI_OUTPUT_FILE', `${file} cannot be written (${codeOf(cause)})`, { cause });
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}
