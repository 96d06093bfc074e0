/** The last word in JSON where the arguments themselves are wrong, so that a program that reads results gets one then as well. */
import type { RunResult } from '@sx/agent';

import { type ExitCode, exitCodeOfRun } from '../cli/exit-codes.ts';
import type { Output } from '../output.ts';
import { choosePrinter, OUTPUT_FORMATS, type OutputFormat } from './choose-printer.ts';

/** Writes nothing where no machine-readable format of a run was asked for. */
export async function printRefusal(words: readonly string[], error: unknown, stdout: Output, stderr: Output): Promise<void> {
  const format = formatIn(words);
  if (format === 'text') return;
  const exitCodeOf = (result: RunResult): ExitCode => exitCodeOfRun(result, undefined);
  const printer = await choosePrinter({
    format, stdout, stderr, exitCodeOf, verbose: false, color: false, streaming: 'never', partialMessages: false,
    workingDirectory: '', permissionMode: 'default', provider: null, redact: (text) => text,
  });
  await printer.fail(error, false);
}

/** Reads leniently what cannot be parsed. `--json` of another command is not a run's. */
function formatIn(words: readonly string[]): OutputFormat {
  const [first = ''] = words;
  const isRun = first === 'exec' || words.includes('-p') || words.includes('--print');
  if (!isRun) return 'text';
  const at = words.findIndex((word) => word === '--output-format' || word.startsWith('--output-format='));
  const asked = words[at]?.includes('=') === true ? words[at].slice(words[at].indexOf('=') + 1) : words[at + 1];
  if (at !== -1) return OUTPUT_FORMATS.find((format) => format === asked) ?? 'text';
  return words.includes('--json') ? 'stream-json' : 'text';
}
