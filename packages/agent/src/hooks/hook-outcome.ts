/** What the end of a hook's process means. Pure. */
import { isObject, parseJson } from '@sx/llm';

/** How a process ended. */
export interface HookExit {
  readonly code: number | null;
  readonly signal: string | null;
  readonly timedOut: boolean;
  /** The beginnings of what it printed. */
  readonly stdout: string;
  readonly stderr: string;
  /** It could not be started at all: why. */
  readonly fault?: string;
}

export type HookOutcome =
  | { readonly kind: 'ok' }
  | { readonly kind: 'deny'; readonly reason: string }
  | { readonly kind: 'failed'; readonly reason: string };

const DENY_CODE = 2;
const REASON_CHARS_MAX = 500;

/** Exit code 2, or `{"decision": "deny", "reason": …}` on standard output, says no; any other end but 0 is a failure. */
export function readHookOutcome(exit: HookExit, deniable: boolean): HookOutcome {
  if (exit.fault !== undefined) return { kind: 'failed', reason: exit.fault };
  if (exit.timedOut) return { kind: 'failed', reason: 'it took too long and was killed' };
  if (deniable && exit.code === DENY_CODE) return { kind: 'deny', reason: firstOf(exit.stderr, exit.stdout) };
  if (exit.code !== 0) {
    const said = oneLine(exit.stderr);
    return {
      kind: 'failed',
      reason: `it ended with ${exit.signal ?? `exit code ${exit.code ?? 'unknown'}`}${said === '' ? '' : `: ${said}`}`,
    };
  }
  const answer = deniable ? parseJson(exit.stdout.trim()) : undefined;
  if (isObject(answer) && (answer['decision'] === 'deny' || answer['decision'] === 'block')) {
    return { kind: 'deny', reason: firstOf(typeof answer['reason'] === 'string' ? answer['reason'] : '') };
  }
  return { kind: 'ok' };
}

function firstOf(...texts: readonly string[]): string {
  return texts.map(oneLine).find((text) => text !== '') ?? 'it gave no reason';
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[\u0000-\u001f\u007f-\u009f]/g, '').trim().slice(0, REASON_CHARS_MAX);
}
