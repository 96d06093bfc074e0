/**
 * Does a shell rule match a parsed line?
 *
 * For `allow` the comparison is strict: word for word, nothing set before the command that a program reads, no wrapper
 * whose command the rule does not name. For `deny` and `ask` it is generous: any command anywhere in the line, by its
 * base name, behind options, `env`, `sudo`, `xargs` or `sh -c`, and whatever an expansion could stand for. A deny rule
 * is a fence and no sandbox: a script may still do what its name does not say.
 */
import { agentLimits } from '../limits.ts';
import type { ShellPattern } from './permission-rule.ts';
import { type ParsedShellLine, type ShellWord, type SimpleCommand, parseShellLine } from './shell-parser.ts';

/** Programs and builtins that run what their words say. */
const WRAPPERS: ReadonlySet<string> = new Set([
  'sh', 'bash', 'dash', 'zsh', 'ksh', 'ash', 'fish', 'busybox', 'toybox', 'env', 'sudo', 'doas', 'su', 'xargs', 'parallel', 'nohup', 'nice', 'ionice', 'timeout', 'time',
  'setsid', 'stdbuf', 'watch', 'exec', 'command', 'builtin', 'eval', 'trap', 'find', 'chroot', 'unshare', 'nsenter', 'flock', 'script', 'strace', 'ltrace', 'taskset', 'chrt',
  'runuser', 'setpriv', 'systemd-run', 'entr', 'ssh', 'source', '.', 'alias', 'coproc', 'caffeinate', 'unbuffer', 'fakeroot', 'prlimit', 'perf', 'gdb', 'awk', 'npx', 'xvfb-run',
]);
/** What makes `find` run or write something. */
export const FIND_ACTIONS = /^-(?:exec|execdir|ok|okdir|delete|fprint|fprint0|fprintf|fls)$/;
/** Builtins that evaluate array subscripts in their arguments, substitutions included. */
const SUBSCRIPT_BUILTINS: ReadonlySet<string> = new Set(['test', '[', 'printf', 'read', 'declare', 'typeset', 'local', 'export', 'readonly', 'unset', 'let', 'wait', 'getopts', 'mapfile', 'readarray']);
/** Lower-case names steer nothing but this shell, except the proxies. */
const HARMLESS_NAME = /^(?!.*proxy)[a-z][a-z0-9_]*$/;
const HARMLESS_COMMANDS: ReadonlySet<string> = new Set(['true', 'false', ':']);

export function allowsCommand(pattern: ShellPattern, command: SimpleCommand): boolean {
  if (!command.assignments.every((name) => HARMLESS_NAME.test(name))) return pattern.words.length === 0;
  if (pattern.words.length === 0) return true;
  const [name] = command.words;
  if (name === undefined || command.words.length < pattern.words.length) return false;
  if (!pattern.open && command.words.length !== pattern.words.length) return false;
  if (!command.words.every((word, index) => index >= pattern.words.length || (word.literal && word.text === pattern.words[index]))) {
    return false;
  }
  if (SUBSCRIPT_BUILTINS.has(name.text) && command.words.some((word) => word.text.includes('[') && /[$`]/.test(word.text))) return false;
  return !pattern.open || !runsItsWords(name.text, pattern, command);
}

/** Such a rule must name the program that the wrapper runs: `xargs grep:*`, not `xargs:*`. */
function runsItsWords(name: string, pattern: ShellPattern, command: SimpleCommand): boolean {
  if (name === 'find') return command.words.some((word) => !word.literal || FIND_ACTIONS.test(word.text));
  return WRAPPERS.has(baseName(name)) && !pattern.words.slice(1).some((word) => !word.startsWith('-') && !word.includes('='));
}

/** Commands that need no rule of their own: they only set a variable of the shell, or do nothing. */
export function isHarmless(command: SimpleCommand): boolean {
  const [name] = command.words;
  if (!command.assignments.every((each) => HARMLESS_NAME.test(each))) return false;
  return name === undefined || (name.literal && HARMLESS_COMMANDS.has(name.text));
}

/** Could the line run a command that the pattern names? */
export function mayRun(pattern: ShellPattern, line: ParsedShellLine, source: string): boolean {
  const [name] = pattern.words;
  if (name === undefined) return true;
  if (allCommands(line).some((command) => command.words.some((_, index) => (index === 0 || isWrapper(command)) && namesCommand(pattern.words, command.words, index)))) {
    return true;
  }
  return line.problems.length > 0 && mentions(source, name);
}

/** The commands of the line and, behind wrappers, those of every word that could be a script of its own. */
export function allCommands(line: ParsedShellLine, depth = 0): SimpleCommand[] {
  return line.commands.flatMap((command) => [
    command,
    ...(isWrapper(command) && depth < agentLimits.shellDepthMax
      ? command.words.slice(1).flatMap((word) => (/[\s;&|<>()`]/.test(word.text) ? allCommands(parseShellLine(word.text), depth + 1) : []))
      : []),
  ]);
}

function isWrapper(command: SimpleCommand): boolean {
  const [name] = command.words;
  return name !== undefined && (!name.literal || WRAPPERS.has(baseName(name.text)));
}

function namesCommand(pattern: readonly string[], words: readonly ShellWord[], from: number): boolean {
  const [name, ...rest] = pattern;
  const first = words[from];
  if (first === undefined || name === undefined) return false;
  if (first.literal && first.text !== name && baseName(first.text) !== baseName(name)) return false;
  // Where the program itself is unknown, so is what it does.
  return first.literal ? followsInOrder(rest, words, from + 1) : mayBeProgram(words, from);
}

/** Is this word where a wrapper expects the program: first, after options and their values, numbers and assignments? */
function mayBeProgram(words: readonly ShellWord[], at: number): boolean {
  if (at === 0) return true;
  if (/^\w+=/.test(words[at]?.text ?? '')) return false;
  const isOption = (index: number): boolean => words[index]?.text.startsWith('-') ?? false;
  if (isOption(at - 1)) return true;
  return words.slice(1, at).every((word, index) => isOption(index + 1) || isOption(index) || /^[\d.]+[smhd]?$|^\w+=/.test(word.text));
}

/** The pattern's words in order. Between them only options, and one word after an option, which may be its value. */
function followsInOrder(pattern: readonly string[], words: readonly ShellWord[], from: number): boolean {
  let at = from;
  for (const wanted of pattern) {
    if (wanted.startsWith('-')) {
      if (!hasOption(wanted, words, from)) return false;
      continue;
    }
    for (let afterOption = false; ; at++) {
      const word = words[at];
      if (word === undefined) return false;
      if (!word.literal || word.text === wanted) break;
      const isOption = word.text.startsWith('-');
      if (!isOption && !afterOption) return false;
      afterOption = isOption;
    }
    at++;
  }
  return true;
}

/** `-rf` is there also as `-fr`, or as `-r … -f`. */
function hasOption(wanted: string, words: readonly ShellWord[], from: number): boolean {
  const given = words.slice(from);
  if (given.some((word) => !word.literal || word.text === wanted || word.text.startsWith(`${wanted}=`))) return true;
  if (!/^-[A-Za-z]+$/.test(wanted)) return false;
  const letters = given.filter((word) => /^-[A-Za-z]+$/.test(word.text)).map((word) => word.text.slice(1)).join('');
  return [...wanted.slice(1)].every((letter) => letters.includes(letter));
}

/** For lines that could not be taken apart: is the name in there at all, quotes and backslashes aside? */
function mentions(source: string, name: string): boolean {
  const text = source.replace(/['"\\]/g, '');
  const escaped = baseName(name).replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`(?:^|[^\\w-])${escaped}(?:[^\\w-]|$)`).test(text);
}

function baseName(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}
