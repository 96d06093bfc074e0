/** The paths that the words of shell commands could name: whole words, and what follows `=`, `@`, `:` or an option's letter in one. */
import { agentLimits } from '../limits.ts';
import { resolveLinks } from './resolve-links.ts';
import type { SimpleCommand } from './shell-parser.ts';
import { FIND_ACTIONS } from './shell-rules.ts';

export interface NamedPath {
  readonly path: string;
  /** The command is one that only reads its files. */
  readonly onlyRead: boolean;
}

const READING_COMMANDS: ReadonlySet<string> = new Set([
  'cat', 'ls', 'head', 'tail', 'wc', 'grep', 'egrep', 'fgrep', 'rg', 'stat', 'file', 'du', 'diff', 'cmp', 'test', '[', 'less', 'more', 'tree', 'md5sum', 'sha1sum', 'sha256sum', 'cd', 'echo', 'git', 'find',
]);

export function namedPaths(commands: readonly SimpleCommand[], cwd: string, home: string | undefined): NamedPath[] {
  const directories = new Set([cwd]);
  const found = new Map<string, boolean>();
  for (const command of commands) {
    const [name] = command.words;
    const onlyRead = name !== undefined && name.literal && READING_COMMANDS.has(name.text) && !command.words.some((word) => FIND_ACTIONS.test(word.text));
    for (const word of command.words) {
      for (const text of candidates(word.text, home)) {
        for (const directory of text.startsWith('/') ? [''] : [...directories]) {
          if (found.size >= agentLimits.shellPathsMax) break;
          const path = resolveLinks(text.startsWith('/') ? text : `${directory}/${text}`);
          found.set(path, onlyRead && (found.get(path) ?? true));
          if (name?.text === 'cd' || name?.text === 'pushd') directories.add(path);
        }
      }
    }
  }
  return [...found].map(([path, onlyRead]) => ({ path, onlyRead }));
}

function candidates(word: string, home: string | undefined): string[] {
  const text = home === undefined ? word : word.replace(/^~(?=\/|$)|\$HOME\b|\$\{HOME\}/g, () => home);
  const inside = /[=@:]/.test(text) ? text.split(/[=@:]/) : [];
  const afterOption = /^-\w./.test(text) ? [text.slice(2)] : [];
  return [text, ...inside, ...afterOption].filter((each) => each !== '' && each.length <= 4_096 && !/^-/.test(each));
}
