/**
 * The grammar of permission rules: `allow|ask|deny RULE`, one a line, `#` for comments; in the user's own file also sections
 * (`rule-sections.ts`) of rules that hold in one project.
 *
 * RULE is `subject` or `subject(pattern)`. Subjects: `read`, `edit`, `shell`, `network`, or the name of a tool
 * (`grep`, `mcp__server__tool`, `mcp__server` for all of one server; also `mcp(server:tool)`, `mcp(server)`, `mcp`). `write` means `edit` and `bash` means `shell`, as
 * people bring those names along; case does not matter for these, nor for `glob`, `grep` and `list`. A line that cannot be read is an
 * error, never skipped: it may have been a `deny`. A flag may hold several rules, as a peer's does (`splitRules`); a line holds one.
 */
import { AgentError } from '../agent-error.ts';
import { agentLimits } from '../limits.ts';
import { isSectionLine, parseSection } from './rule-sections.ts';
import { parseShellLine } from './shell-parser.ts';

export type RuleEffect = 'allow' | 'ask' | 'deny';

export interface PermissionRule {
  readonly effect: RuleEffect;
  /** `read`, `edit`, `shell`, `network`, or a tool's name. */
  readonly subject: string;
  readonly pattern?: string;
  /** As written, without the effect: `shell(git log:*)`. */
  readonly text: string;
  /** Where it stands, for messages: `--allow`, `/home/u/.scorpiox/permissions.txt:3`. */
  readonly source: string;
  /** The project that it holds in, as its section names it; absent: it holds everywhere. */
  readonly project?: string;
}

const ALIASES: ReadonlyMap<string, string> = new Map([
  ['read', 'read'],
  ['edit', 'edit'],
  ['write', 'edit'],
  ['shell', 'shell'],
  ['bash', 'shell'],
  ['network', 'network'],
  ['multiedit', 'edit'],
  ['glob', 'glob'],
  ['grep', 'grep'],
  ['list', 'list'],
  ['ls', 'list'],
]);
const WITH_PATTERN: ReadonlySet<string> = new Set(['read', 'edit', 'shell', 'network']);

/** Rules between commas or blanks, as in `Bash(git log:*),Read Edit(src/**)`; neither counts inside of parentheses. Pure. */
export function splitRules(text: string): string[] {
  const rules: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at <= text.length; at += 1) {
    const character = text[at];
    if (character === '(') depth += 1;
    if (character === ')') depth = Math.max(0, depth - 1);
    if (character !== undefined && (depth > 0 || !/[,\s]/.test(character))) continue;
    const rule = text.slice(start, at).trim();
    if (rule !== '') rules.push(rule);
    start = at + 1;
  }
  return rules;
}

/** @throws {AgentError} `AGENT_BAD_RULE` */
export function parseRule(effect: RuleEffect, text: string, source: string): PermissionRule {
  const bad = (why: string): AgentError => new AgentError('AGENT_BAD_RULE', `${source}: ${why}, got ${JSON.stringify(text.slice(0, 200))}`);
  if (text.length > agentLimits.ruleCharsMax) throw bad(`a rule has at most ${agentLimits.ruleCharsMax} characters`);
  const found = /^([A-Za-z][\w-]*\*?)(?:\(([\s\S]*)\))?$/.exec(text.trim());
  if (found?.[1] === undefined) throw bad('expected `subject` or `subject(pattern)`');
  const subject = ALIASES.get(found[1].toLowerCase()) ?? found[1].replace(/(?:__)?\*$/, '');
  const pattern = found[2]?.trim();
  if (found[1].endsWith('*') && !found[1].startsWith('mcp__')) throw bad('only `mcp__server__*` takes a star');
  if (pattern === undefined) return { effect, subject, text: text.trim(), source };
  if (subject === 'mcp') return { effect, subject: readMcpSubject(pattern, bad), text: text.trim(), source };
  // Taken for one pattern, the second rule would be lost: and it may be a `deny`.
  if (/\)\s*,\s*[A-Za-z][\w-]*\s*\(/.test(text)) throw bad('these are several rules where one may stand');
  if (pattern === '') throw bad('the parentheses are empty');
  if (!WITH_PATTERN.has(subject)) throw bad(`\`${subject}\` takes no pattern`);
  if (subject === 'shell') readShellPattern(pattern, bad);
  return { effect, subject, pattern, text: text.trim(), source };
}

/** `server:tool`, `server`, `server:*` as the name, or its beginning, under which the model sees the tool. */
function readMcpSubject(pattern: string, bad: (why: string) => Error): string {
  const [server = '', ...rest] = pattern.split(':');
  const tool = rest.join(':').trim();
  if (server.trim() === '' || server.includes('*') || (tool !== '*' && tool.includes('*'))) throw bad('expected `mcp(server:tool)`, `mcp(server:*)` or `mcp(server)`');
  return ['mcp', server.trim(), ...(tool === '' || tool === '*' ? [] : [tool])].map((part) => part.replace(/[^A-Za-z0-9_-]/g, '_')).join('__');
}

/**
 * A whole rules file.
 *
 * @param options.sections - Whether it may have sections: the user's own may, a project's may not. Default false.
 * @throws {AgentError} `AGENT_BAD_RULE` with file and line.
 */
export function parseRules(text: string, file: string, options: { readonly sections?: boolean } = {}): PermissionRule[] {
  const lines = text.replace(/^\ufeff/, '').split(/\r?\n/);
  if (lines.length > agentLimits.rulesMax) {
    throw new AgentError('AGENT_BAD_RULE', `${file}: ${lines.length} lines, at most ${agentLimits.rulesMax}`);
  }
  let project: string | undefined;
  return lines.flatMap((line, index) => {
    const trimmed = line.trim();
    if (trimmed === '' || trimmed.startsWith('#')) return [];
    const source = `${file}:${index + 1}`;
    if (isSectionLine(trimmed)) {
      const bad = (why: string): AgentError => new AgentError('AGENT_BAD_RULE', `${source}: ${why}, got ${JSON.stringify(trimmed.slice(0, 200))}`);
      if (options.sections !== true) throw bad('only the rules file of the user has sections');
      project = parseSection(trimmed, bad);
      return [];
    }
    const found = /^(allow|ask|deny)\s+(.+)$/.exec(trimmed);
    if (found?.[1] === undefined || found[2] === undefined) {
      throw new AgentError(
        'AGENT_BAD_RULE',
        `${source}: expected \`allow|ask|deny RULE\`, got ${JSON.stringify(trimmed.slice(0, 200))}`,
      );
    }
    return [{ ...parseRule(readEffect(found[1]), found[2], source), ...(project === undefined ? {} : { project }) }];
  });
}

function readEffect(word: string): RuleEffect {
  return word === 'allow' || word === 'ask' ? word : 'deny';
}

export interface ShellPattern {
  /** Empty: any command. */
  readonly words: readonly string[];
  /** More words may follow. */
  readonly open: boolean;
}

/** `git log:*` and `git log *` are open, `npm test` is exact, `*` is anything. */
export function readShellPattern(pattern: string, bad: (why: string) => Error): ShellPattern {
  if (pattern === '*' || pattern === ':*') return { words: [], open: true };
  const open = /(?::| )\*$/.test(pattern);
  const line = parseShellLine(open ? pattern.slice(0, -2) : pattern);
  const command = line.commands[0];
  const plain = line.problems.length === 0 && line.commands.length === 1 && command !== undefined;
  if (!plain || command.words.length === 0 || command.assignments.length + command.redirections.length > 0 || command.words.some((word) => !word.literal)) {
    throw bad('a shell pattern is one plain command, with `:*` at its end where more words may follow');
  }
  return { words: command.words.map((word) => word.text), open };
}
