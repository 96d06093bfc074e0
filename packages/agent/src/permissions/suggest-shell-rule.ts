/**
 * The rule that would allow a command again, for “do not ask again”. Pure.
 *
 * Open at the end behind the words that say what is run: the program, its sub-command, for groups of those the one of the group
 * (`docker compose up`), for what starts other programs the name of that (`npm run test:terminal`). Where one of these words is an
 * option, a path or absent, and for programs that destroy, change or reach what their operands name, the command as it is; nothing where that is no rule.
 */
import type { SimpleCommand } from './shell-parser.ts';
import { allowsCommand } from './shell-rules.ts';

/** Their next word names what is run. */
const RUNS: ReadonlySet<string> = new Set(['run', 'run-script', 'exec', 'x', 'dlx', 'task', 'workspace']);
/** Their next word is the sub-command. */
const GROUP = new RegExp(`^(?:${[
  'git (?:bisect|config|lfs|notes|remote|stash|submodule|worktree)',
  '(?:docker|podman) (?:builder|buildx|compose|container|context|image|network|system|volume)',
  'kubectl (?:config|rollout)',
  '(?:npm|pnpm|yarn|pip|pip3) (?:cache|config)',
  '(?:aws|az|gcloud|gh|glab) \\S+',
].join('|')})$`);
/** What they destroy, change or reach is in their words: one that was allowed says nothing of the next. */
const OPERANDS_ONLY: ReadonlySet<string> = new Set([
  'chgrp', 'chmod', 'chown', 'cp', 'curl', 'dd', 'install', 'kill', 'killall', 'ln', 'mv', 'pkill', 'rm', 'rmdir', 'rsync', 'scp', 'sed', 'shred', 'tar', 'tee',
  'truncate', 'unlink', 'unzip', 'wget', 'zip',
]);

export function suggestShellRule(command: SimpleCommand): string | undefined {
  const words = command.words.map(({ text }) => text);
  if (words.length === 0 || command.assignments.length > 0) return undefined;
  const fixed = words.slice(0, fixedWords(words));
  const isPlain = (count: number): boolean => command.words.slice(0, count).every(({ literal, text }) => literal && /^[\w./:=@%+,-]+$/.test(text));
  if (fixed.length > 0 && isPlain(fixed.length) && allowsCommand({ words: fixed, open: true }, command)) return `shell(${fixed.join(' ')}:*)`;
  return isPlain(words.length) ? `shell(${words.join(' ')})` : undefined;
}

/** How many words say what is run; 0 where they do not. */
function fixedWords(words: readonly string[]): number {
  const program = words[0]?.split('/').at(-1) ?? '';
  if (OPERANDS_ONLY.has(program)) return 0;
  for (let count = 2; ; count++) {
    const last = words[count - 1];
    if (last === undefined || !/^[a-z][\w:.-]*$/i.test(last)) return 0;
    const goesOn = RUNS.has(last) || words[count - 2] === 'workspace' || GROUP.test([program, ...words.slice(1, count)].join(' '));
    if (!goesOn) return count;
  }
}
