/**
 * Finds the lines of a piece of text that match, as fast as the engine allows, and never for ever.
 *
 * Three sieves, cheapest first: a literal that every match must contain, looked for in the raw bytes; the pattern over the
 * whole piece at once (`m` flag), left out where look-around could make a line match that the whole does not; then line by
 * line. A pattern that may backtrack is matched inside `vm` with a time limit, the one way to stop it; reading files is not, because a
 * stop there would leave them open. One that repeats nothing needs no watching: its work is bounded by its own length.
 */
import { type Context, Script, createContext } from 'node:vm';

export interface SearchPattern {
  readonly test: (line: string) => boolean;
  /** Undefined: must be looked at line by line. */
  readonly testWhole: ((text: string) => boolean) | undefined;
  /** Bytes that every match contains. */
  readonly required: Buffer | undefined;
  /** Takes time in proportion to the text, whatever the text is. */
  readonly linear: boolean;
}

/** @throws {SyntaxError} with the engine's words. */
export function compileSearch(
  pattern: string,
  options: { readonly literal: boolean; readonly ignoreCase: boolean },
): SearchPattern {
  const { literal, ignoreCase } = options;
  const source = literal
    ? pattern.replace(/[.*+?^${}()|[\]\\/-]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`)
    : pattern;
  const flags = ignoreCase ? 'iu' : 'u';
  const byLine = compile(source, flags);
  const required = ignoreCase ? undefined : literal ? pattern : requiredLiteral(pattern);
  if (literal && !ignoreCase) {
    return { test: (line) => line.includes(pattern), testWhole: undefined, required: Buffer.from(pattern), linear: true };
  }
  const whole = /\(\?[=!<]/.test(source) ? undefined : compile(source, `${flags}m`);
  return {
    test: (line) => byLine.test(line),
    testWhole: whole === undefined ? undefined : (text) => whole.test(text),
    required: required === undefined ? undefined : Buffer.from(required),
    linear: repeatsNothing(source),
  };
}

/** No `*`, `+`, `{n}`, and few `?`, each of which doubles what may be tried. What stands in a class or behind `\` is taken as it is. */
export function repeatsNothing(source: string): boolean {
  const bare = source.replace(/\\[^]/g, 'x').replace(/\[\^?\]?[^\]]*\]/g, 'x').replace(/\(\?/g, '(');
  return !/[*+{]/.test(bare) && bare.split('?').length <= 4;
}

/** With `u` where the pattern allows it, for characters beyond the first plane; many patterns escape more than `u` takes. */
function compile(source: string, flags: string): RegExp {
  try {
    return new RegExp(source, flags);
  } catch {
    return new RegExp(source, flags.replace('u', ''));
  }
}

/** The longest run of plain characters outside of groups, classes and alternatives; at least two. */
export function requiredLiteral(pattern: string): string | undefined {
  if (/[|]|\(\?/.test(pattern)) return undefined;
  let longest = '';
  let run = '';
  let depth = 0;
  const endRun = (): void => {
    if (run.length > longest.length) longest = run;
    run = '';
  };
  for (let at = 0; at < pattern.length; at++) {
    const c = pattern[at] ?? '';
    if (c === '[') {
      endRun();
      // A class may begin with `]` only when escaped; `[]` and `[^]` are classes of their own in this dialect.
      for (at++; at < pattern.length && pattern[at] !== ']'; at++) if (pattern[at] === '\\') at++;
    } else if (c === '\\') {
      const next = pattern[++at] ?? '';
      if (/[.*+?^${}()|[\]\\/-]/.test(next)) run += next;
      else {
        endRun();
        // \x41, \u0041, \u{…}, \cA, \1, \k<…>, \p{…}: what follows is no literal.
        if (/[xucpPk1-9]/.test(next)) return longest.length >= 2 ? longest : undefined;
      }
    } else if (c === '(' || c === ')') {
      depth += c === '(' ? 1 : -1;
      endRun();
    } else if (c === '?' || c === '*' || c === '{') {
      run = run.slice(0, -1);
      endRun();
      if (c === '{') while (at < pattern.length && pattern[at] !== '}') at++;
    } else if (c === '+' || c === '.' || c === '^' || c === '$') endRun();
    else if (depth === 0) run += c;
  }
  endRun();
  return longest.length >= 2 && /^[\x20-\x7e]+$/.test(longest) ? longest : undefined;
}

/** Runs `task` and stops it after `timeoutMs`. @returns false where it was stopped; `finally` blocks in it did not run. */
export function runBounded(task: () => void, timeoutMs: number): boolean {
  context ??= createContext({ task });
  context['task'] = task;
  try {
    CALL.runInContext(context, { timeout: timeoutMs });
    return true;
  } catch (error) {
    // The error is of the context's own realm: no `instanceof`.
    if (typeof error === 'object' && error !== null && 'code' in error && error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') {
      return false;
    }
    throw error;
  }
}

const CALL = new Script('task()');
/** Making one takes a millisecond. */
let context: Context | undefined;
