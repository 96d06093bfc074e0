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
  const hint = hintOf(error) ?? signInHint(error, code);
  const reset = resetOf(error)?.toISOString().slice(0, 16);
  const lines = [
    `sx: ${terminalLine(redact(messageOf(error)), MESSAGE_CHARS_MAX)}${code === undefined ? '' : ` [${code}]`}`,
    // Most vendors' messages do not say it themselves.
    ...(reset === undefined || `${messageOf(error)} ${hint ?? ''}`.includes(reset) ? [] : [`    it resets at ${reset.replace('T', ' ')} UTC`]),
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

const LOGIN_PROVIDERS: readonly unknown[] = ['codex', 'anthropic', 'gemini', 'openai'];

/** Servers that refuse a login seldom say more than that. */
function signInHint(error: unknown, code: string | undefined): string | undefined {
  if (code !== 'PROVIDER_AUTHENTICATION' || !(error instanceof Error) || !('provider' in error)) return undefined;
  const { provider } = error;
  return LOGIN_PROVIDERS.includes(provider) ? `sx login ${String(provider)}, or /login on the screen, signs in again` : undefined;
}

/** When a used-up limit opens again, where the server said so. */
export function resetOf(error: unknown): Date | undefined {
  if (!(error instanceof Error) || !('resetsAtMs' in error) || typeof error.resetsAtMs !== 'number') return undefined;
  const date = new Date(error.resetsAtMs);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

const CAUSES_MAX = 8;

function causes(error: unknown): string[] {
  const found: string[] = [];
  for (let cause = error; cause instanceof Error && found.length < CAUSES_MAX; cause = cause.cause) found.push(cause.stack ?? cause.message);
  return found;
}
