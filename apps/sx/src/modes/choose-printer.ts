/** The printer of a format. Each format is a file, loaded where it is asked for; all of them print the same events. */
import type { Arguments } from '../cli/parse-arguments.ts';
import type { JsonPrinterOptions } from './json.ts';
import type { Printer } from './printer.ts';
import { createTextPrinter, type TextPrinterOptions } from './text.ts';

export const OUTPUT_FORMATS = ['text', 'json', 'stream-json', 'codex-jsonl', 'gemini-stream-json'] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

export interface PrinterChoice extends TextPrinterOptions, Omit<JsonPrinterOptions, 'everyEvent'> {
  readonly format: OutputFormat;
}

export function outputFormat(args: Arguments): OutputFormat {
  const asked = args.value('output-format');
  return OUTPUT_FORMATS.find((format) => format === asked) ?? (args.on('json') ? 'stream-json' : 'text');
}

export async function choosePrinter(choice: PrinterChoice): Promise<Printer> {
  switch (choice.format) {
    case 'text':
      return createTextPrinter(choice);
    case 'json':
      return (await import('./json.ts')).createJsonPrinter({ ...choice, everyEvent: false });
    case 'stream-json':
      return (await import('./json.ts')).createJsonPrinter({ ...choice, everyEvent: true });
    case 'codex-jsonl':
      return (await import('./codex-jsonl.ts')).createCodexJsonlPrinter(choice);
    case 'gemini-stream-json':
      return (await import('./gemini-stream-json.ts')).createGeminiStreamJsonPrinter(choice);
    default:
      return choice.format satisfies never;
  }
}
