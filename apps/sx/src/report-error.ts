/** An error as lines for people: one that says what is wrong, one that says what to do about it. Stacks only with `--debug`. */
import { errorCode } from './cli/exit-codes.ts';
import { terminalLine, terminalText } from './terminal-text.ts';

const MESSAGE_CHARS_MAX = 1_000;

export interface ReportOptions {
  readonly debug: boolean;
  /** Masks secrets. Errors of ours hold none; those of Node and of defects are not known to. */
  readonly redact: (text: string) => string;
}

export function errorReport(error: unknown, { debug, redact }: ReportOptions): string {
  const code = errorCode(error);
  const hint = hintOf(error);
  const lines = [
    `sx: ${terminalLine(redact(messageOf(error)), MESSAGE_CHARS_MAX)}${code === undefined ? '' : ` [${code}]`}`,
    ...(hint === undefined ? [] : hint.split('\n').map((line) => `    ${terminalLine(redact(line), MESSAGE_CHARS_MAX)}`)),
  ];
  if (debug) lines.push(...causes(error).map((cause) => terminalText(redact(cause))));
  return `${lines.join('\n')}\n`;
}

export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message === '' ? error.name : error.message;
}

export function hintOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('hint' in error && typeof error.hint === 'string') return error.hint;
  return hintOf(error.cause);
}

const CAUSES_MAX = 8;

function causes(error: unknown): string[] {
  const found: string[] = [];
  for (let cause = error; cause instanceof Error && found.length < CAUSES_MAX; cause = cause.cause) found.push(cause.stack ?? cause.message);
  return found;
}
