/** The printer of a format. Each format is a file; all of them print the same events. */
import type { RunResult } from '@sx/agent';

import type { ExitCode } from '../cli/exit-codes.ts';
import type { Arguments } from '../cli/parse-arguments.ts';
import type { ExtensionFacts } from '../compose/extensions.ts';
import type { Output } from '../output.ts';
import { createCodexJsonlPrinter } from './codex-jsonl.ts';
import { createGeminiStreamJsonPrinter } from './gemini-stream-json.ts';
import { createJsonPrinter } from './json.ts';
import type { Printer } from './printer.ts';
import { createTextPrinter, type TextPrinterOptions } from './text.ts';

export const OUTPUT_FORMATS = ['text', 'json', 'stream-json', 'codex-jsonl', 'gemini-stream-json'] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

export interface PrinterChoice extends TextPrinterOptions {
  readonly format: OutputFormat;
  readonly stdout: Output;
  readonly partialMessages: boolean;
  readonly workingDirectory: string;
  readonly permissionMode: string;
  readonly provider: string | null;
  readonly exitCodeOf: (result: RunResult) => ExitCode;
  readonly redact: (text: string) => string;
  readonly extensions?: ExtensionFacts | undefined;
}

export function outputFormat(args: Arguments): OutputFormat {
  const asked = args.value('output-format');
  return OUTPUT_FORMATS.find((format) => format === asked) ?? (args.on('json') ? 'stream-json' : 'text');
}

export function choosePrinter(choice: PrinterChoice): Printer {
  switch (choice.format) {
    case 'text':
      return createTextPrinter(choice);
    case 'json':
      return createJsonPrinter({ ...choice, everyEvent: false });
    case 'stream-json':
      return createJsonPrinter({ ...choice, everyEvent: true });
    case 'codex-jsonl':
      return createCodexJsonlPrinter(choice);
    case 'gemini-stream-json':
      return createGeminiStreamJsonPrinter(choice);
    default:
      return choice.format satisfies never;
  }
}
