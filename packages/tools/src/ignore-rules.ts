/**
 * `.gitignore` semantics (gitignore(5)): the last rule that matches wins, rules of a deeper file win over those above,
 * `!` takes back, a slash in front or in the middle anchors to the file's directory, a slash at the end means
 * directories only, `**` spans directories. A walk never enters an ignored directory, so that nothing in it can be taken
 * back, as in git.
 *
 * Left out: the user's global excludes file; character class names such as `[[:alpha:]]`.
 */
import { compileGlob } from '@sx/agent';

export interface IgnoreRules {
  /** True: ignored. False: taken back. Undefined: these rules say nothing. `path` is relative to their directory. */
  match(path: string, name: string, isDirectory: boolean): boolean | undefined;
}

interface Rule {
  readonly ignores: boolean;
  readonly directoriesOnly: boolean;
  /** On the name alone, where the rule is not anchored. */
  readonly byName: boolean;
  readonly matches: (text: string) => boolean;
}

/** @returns undefined where the text holds no rule. */
export function parseIgnoreRules(text: string): IgnoreRules | undefined {
  const rules = text.replace(/^\ufeff/, '').split('\n').flatMap(parseLine).reverse();
  if (rules.length === 0) return undefined;
  return {
    match(path, name, isDirectory) {
      return rules.find((rule) => (isDirectory || !rule.directoriesOnly) && rule.matches(rule.byName ? name : path))?.ignores;
    },
  };
}

function parseLine(line: string): Rule[] {
  // Spaces at the end do not count unless escaped.
  let pattern = line.replace(/\r$/, '').replace(/(?<!\\) +$/, '');
  if (pattern === '' || pattern.startsWith('#')) return [];
  const ignores = !pattern.startsWith('!');
  if (!ignores) pattern = pattern.slice(1);
  const directoriesOnly = pattern.endsWith('/');
  pattern = pattern.replace(/\/+$/, '');
  if (pattern === '') return [];
  const byName = !pattern.includes('/');
  // Braces mean nothing in ignore files; `a/**` means what is in `a`, not `a` itself.
  const glob = pattern.replace(/^\//, '').replace(/[{}]/g, '\\$&').replace(/\/\*\*$/, '/**/*');
  return [{ ignores, directoriesOnly, byName, matches: compileGlob(glob) }];
}
