/**
 * Sections of the user's rules file: `[/path/of/a/project]` begins rules that hold in that project alone, `[*]`, like the
 * beginning of the file, rules that hold everywhere. A file without such lines is one section.
 *
 * A path is absolute or begins with `~/`. One with brackets, quotes, control characters or blanks at its ends stands there as a
 * JSON string: `["/srv/a [1]\n"]`. Nothing may follow the bracket. A path with U+FFFD is refused: it stands for bytes that are no
 * UTF-8, so two folders could be meant. Links in it are followed when it is compared, as with all paths of rules.
 *
 * To add a rule changes no other line: it goes to the end of its section, in front of the comment that belongs to the next one.
 */
import type { PermissionRule } from './permission-rule.ts';
import { isInside, resolveLinks } from './resolve-links.ts';

// What would be read otherwise than it is written: brackets, quotes, C0, DEL, C1 and the line ends of Unicode.
const QUOTED = /[[\]"\u0000-\u001f\u007f-\u009f\u2028\u2029]|^\s|\s$/u;

/** The path of a section line, or undefined for `[*]`. @throws what `bad` makes of a line that cannot be read. */
export function parseSection(line: string, bad: (why: string) => Error): string | undefined {
  const inner = /^\[(.*)\]$/s.exec(line)?.[1];
  if (inner === undefined) throw bad('a section is `[/path/of/project]` or `[*]`, and nothing behind it');
  if (inner === '*') return undefined;
  const path = inner.startsWith('"') ? parseQuoted(inner, bad) : inner;
  if (!inner.startsWith('"') && QUOTED.test(inner)) {
    throw bad('a path with brackets, quotes or blanks at its ends is written as a JSON string, `["/a [1]"]`');
  }
  if (!path.startsWith('/') && !path.startsWith('~/')) throw bad('the path of a section is absolute, or begins with `~/`');
  const fault = sectionFault(path);
  if (fault !== undefined) throw bad(fault);
  return path;
}

function parseQuoted(text: string, bad: (why: string) => Error): string {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'string') return value;
  } catch {
    // Said below.
  }
  throw bad('the quoted path of a section is a JSON string');
}

/** Why rules cannot be kept for this folder; undefined where they can. */
export function sectionFault(path: string): string | undefined {
  if (/[\ufffd\p{Surrogate}]/u.test(path)) return 'the path is not UTF-8, so no section can name it';
  return path.includes('\0') ? 'a path has no NUL' : undefined;
}

/** The line that begins a project's rules. */
export function formatSection(project: string): string {
  return `[${QUOTED.test(project) ? quote(project) : project}]`;
}

/** JSON leaves C1 and the line ends of Unicode as they are; a line of a file must not have them. */
function quote(path: string): string {
  return JSON.stringify(path).replace(
    /[\u007f-\u009f\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Is the section that names `path` about this project? @param root - Absolute, links resolved. */
export function isSectionOf(path: string, root: string, home: string | undefined): boolean {
  return folderOf(path, home) === root;
}

/**
 * Does the rule hold in this project? What a section allows holds in its project alone; what it forbids or wants approved also in
 * projects below (worktrees, submodules, whatever was cloned there): to begin a repository is no way around a `deny`.
 */
export function holdsIn(rule: Pick<PermissionRule, 'effect' | 'project'>, root: string, home: string | undefined): boolean {
  const { effect, project } = rule;
  if (project === undefined) return true;
  const folder = folderOf(project, home);
  return folder !== undefined && (effect === 'allow' ? folder === root : isInside(folder, root));
}

function folderOf(path: string, home: string | undefined): string | undefined {
  if (path.startsWith('/')) return resolveLinks(path);
  return home === undefined ? undefined : resolveLinks(`${home}/${path.slice(2)}`);
}

/**
 * @param rule - `allow shell(npm test)`.
 * @param isTarget - Whether the section that names this path is the one; the last such one is written to.
 * @param header - The line that begins a new section where there is none.
 *
 * @returns the new text; the same text where the rule stands there already.
 */
export function addRuleLine(text: string, rule: string, isTarget: (path: string) => boolean, header: string): string {
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  const lines = text === '' ? [] : text.split(/\r?\n/);
  const headers = lines.flatMap((line, index) => (isSectionLine(line) ? [index] : []));
  const bad = (why: string): Error => new Error(why);
  const sections = headers.map((at, index) => {
    const path = parseSection((lines[at] ?? '').trim(), bad);
    return { path, from: at + 1, to: headers[index + 1] ?? lines.length };
  });
  const own = sections.filter(({ path }) => path !== undefined && isTarget(path));
  if (own.some(({ from, to }) => lines.slice(from, to).some((line) => line.trim() === rule))) return text;
  const target = own.at(-1);
  if (target === undefined) {
    const above = lines.join(eol).replace(/(?:\r?\n)+$/, '');
    return [...(above === '' ? [] : [above, '']), header, rule, ''].join(eol);
  }
  let at = target.to;
  // The comment above a section line belongs to that section.
  while (target.to < lines.length && at > target.from && /^\s*#/.test(lines[at - 1] ?? '')) at -= 1;
  while (at > target.from && (lines[at - 1] ?? '').trim() === '') at -= 1;
  const next = [...lines.slice(0, at), rule, ...lines.slice(at)].join(eol);
  return next.endsWith(eol) ? next : `${next}${eol}`;
}

export function isSectionLine(line: string): boolean {
  // Of a file that begins with U+FEFF too: it is a blank.
  return line.trim().startsWith('[');
}
