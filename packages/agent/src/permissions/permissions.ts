/**
 * Decides whether a call may happen. Pure but for the links it follows: same rules, same tree, same answer.
 *
 * For each access of a call, in this order: protected paths refuse in every mode; `deny` rules; plan mode refuses all but
 * reading; `ask` rules; `allow` rules; then the mode. `default` allows reading inside the working directory and the
 * additional ones and asks for the rest, `accept-edits` also allows edits inside the working directory, `bypass` allows
 * what nothing above refused. The strictest answer over all accesses counts.
 *
 * A shell line asks one question per command in it, and one per redirection (as reading or editing that file). What the
 * parser does not fully understand matches no `allow` rule.
 */
import type { Access } from '../tool.ts';
import { AgentError } from '../agent-error.ts';
import { agentLimits } from '../limits.ts';
import { type PathPattern, compilePathPattern, escapeGlob } from './path-pattern.ts';
import { type PermissionRule, type RuleEffect, type ShellPattern, readShellPattern } from './permission-rule.ts';
import type { ProtectedPaths } from './protected-paths.ts';
import { isInside, resolveLinks } from './resolve-links.ts';
import { holdsIn } from './rule-sections.ts';
import { namedPaths } from './shell-paths.ts';
import { type ParsedShellLine, type SimpleCommand, parseShellLine } from './shell-parser.ts';
import { allCommands, allowsCommand, isHarmless, mayRun } from './shell-rules.ts';
import { suggestShellRule } from './suggest-shell-rule.ts';

export type PermissionMode = 'default' | 'accept-edits' | 'plan' | 'bypass';

export type PermissionDecision =
  | { readonly behavior: 'allow' }
  /** `suggestedRule`: what could be stored to allow the same again. */
  | { readonly behavior: 'ask'; readonly reason: string; readonly suggestedRule?: string }
  | { readonly behavior: 'deny'; readonly reason: string };

export interface Permissions {
  readonly mode: PermissionMode;
  /** Counts from the next decision on. */
  setMode(mode: PermissionMode): void;
  decide(toolName: string, accesses: readonly Access[]): PermissionDecision;
  /** For tools that walk a tree they were allowed to enter: no rule and no protection hides this path. */
  mayRead(path: string): boolean;
  /** For “do not ask again”. Counts from the next decision on. */
  add(rule: PermissionRule): void;
}

export interface PermissionOptions {
  readonly mode: PermissionMode;
  readonly rules: readonly PermissionRule[];
  /** Absolute, links resolved. */
  readonly workingDirectory: string;
  /** Rules of a section hold where it names this folder. Absolute, links resolved. Default: the working directory. */
  readonly projectRoot?: string;
  readonly additionalDirectories?: readonly string[];
  readonly home?: string | undefined;
  readonly protectedPaths: ProtectedPaths;
}

interface CompiledRule {
  readonly rule: PermissionRule;
  readonly path?: PathPattern;
  readonly shell?: ShellPattern;
}

const ALLOW: PermissionDecision = { behavior: 'allow' };
const SEVERITY = { allow: 0, ask: 1, deny: 2 } as const;
/** Harmless although they are devices. */
const OPEN_DEVICES: ReadonlySet<string> = new Set(['/dev/null', '/dev/stdin', '/dev/stdout', '/dev/stderr', '/dev/zero', '/dev/urandom']);

export function createPermissions(options: PermissionOptions): Permissions {
  const { workingDirectory, protectedPaths, home, projectRoot = workingDirectory } = options;
  let { mode } = options;
  const readable = [workingDirectory, ...(options.additionalDirectories ?? [])];
  const compile = (rule: PermissionRule): CompiledRule => {
    if (rule.pattern === undefined) return { rule };
    if (rule.subject === 'read' || rule.subject === 'edit') {
      return { rule, path: compilePathPattern(rule.pattern, { workingDirectory, home }) };
    }
    if (rule.subject !== 'shell') return { rule };
    return { rule, shell: readShellPattern(rule.pattern, (why) => new AgentError('AGENT_BAD_RULE', `${rule.source}: ${why}`)) };
  };
  const holdsHere = (rule: PermissionRule): boolean => holdsIn(rule, projectRoot, home);
  const rules = options.rules.filter(holdsHere).map(compile);

  const find = (effect: RuleEffect, matches: (rule: CompiledRule) => boolean): PermissionRule | undefined =>
    rules.find((each) => each.rule.effect === effect && matches(each))?.rule;
  const denied = (rule: PermissionRule): PermissionDecision => ({ behavior: 'deny', reason: `the rule \`deny ${rule.text}\` (${rule.source}) forbids it` });
  const asked = (rule: PermissionRule): PermissionDecision => ({ behavior: 'ask', reason: `the rule \`ask ${rule.text}\` (${rule.source}) wants it approved` });

  /** The order that all accesses share; `allowed` and `byMode` are what differs. */
  function decideBy(
    isReading: boolean,
    matches: (rule: CompiledRule) => boolean,
    allowed: () => boolean,
    byMode: () => PermissionDecision,
  ): PermissionDecision {
    const deny = find('deny', matches);
    if (deny !== undefined) return denied(deny);
    if (mode === 'plan' && !isReading) {
      return { behavior: 'deny', reason: 'plan mode only reads: present the plan instead of carrying it out' };
    }
    const ask = find('ask', matches);
    if (ask !== undefined) return asked(ask);
    return mode === 'bypass' || allowed() ? ALLOW : byMode();
  }

  function decidePath(action: 'read' | 'edit', path: string): PermissionDecision {
    if (OPEN_DEVICES.has(path)) return ALLOW;
    const reason = protectedPaths.reason(action, path);
    if (reason !== undefined) return { behavior: 'deny', reason: `${path} is protected in every mode: ${reason}` };
    const inside = (action === 'read' ? readable : [workingDirectory]).some((directory) => isInside(directory, path));
    const concerns = (each: CompiledRule): boolean => each.rule.subject === action && (each.path?.covers(path) ?? true);
    // Without a pattern, `allow edit` means the files at hand; what lies outside has to be named.
    const allowed = (): boolean => find('allow', (each) => each.rule.subject === action && (each.path === undefined ? inside : each.path.matches(path))) !== undefined;
    return decideBy(action === 'read', concerns, allowed, () => {
      if (inside && (action === 'read' || mode === 'accept-edits')) return ALLOW;
      const outside = inside ? '' : ' outside the working directory';
      const reason = `${action === 'read' ? 'reading' : 'changing'} ${path}${outside} needs approval`;
      // Patterns have no blanks at their ends: the rule would be about the file without them.
      return { behavior: 'ask', reason, ...(/\s$/.test(path) ? {} : { suggestedRule: `${action}(${suggestPath(path)})` }) };
    });
  }

  /** This one file: what its name has of a pattern is escaped. */
  function suggestPath(path: string): string {
    const isBelow = isInside(workingDirectory, path) && path !== workingDirectory;
    return escapeGlob(isBelow ? `./${path.slice(workingDirectory.length + 1)}` : path);
  }

  function decideShell(source: string, cwd: string): PermissionDecision {
    const line = parseShellLine(source);
    const paths = decideNamedPaths(line, cwd);
    if (paths.behavior === 'deny') return paths;
    const redirections = decideRedirections(line, cwd);
    const concerns = (each: CompiledRule): boolean => each.rule.subject === 'shell' && (each.shell === undefined || mayRun(each.shell, line, source));
    const commands = decideBy(false, concerns, () => firstNotAllowed(line, cwd) === undefined && line.problems.length === 0, () => {
      if (line.problems.length > 0) {
        return {
          behavior: 'ask',
          reason: `this shell line cannot be checked against the rules (${line.problems.join('; ')}); a plainer one can`,
        };
      }
      const command = firstNotAllowed(line, cwd);
      const suggestedRule = command === undefined ? undefined : suggestShellRule(command);
      return {
        behavior: 'ask',
        reason: `running \`${command?.words.map((word) => word.text).join(' ') ?? source}\` needs approval`,
        ...(suggestedRule === undefined ? {} : { suggestedRule }),
      };
    });
    return strictest([paths, commands, redirections]);
  }

  function firstNotAllowed(line: ParsedShellLine, cwd: string): SimpleCommand | undefined {
    const allows = rules.filter((each) => each.rule.effect === 'allow' && each.rule.subject === 'shell').map((each) => each.shell ?? { words: [], open: true });
    if (allows.length === 0) return line.commands[0] ?? { words: [], assignments: [], redirections: [] };
    return line.commands.find(
      (command) => !isHarmless(command) && !staysInside(command, cwd) && !allows.some((pattern) => allowsCommand(pattern, command)),
    );
  }

  /** `cd src` inside the working directory asks for nothing that reading there would not. */
  function staysInside(command: SimpleCommand, cwd: string): boolean {
    const [name, target] = command.words;
    if (name?.text !== 'cd' || !name.literal || target === undefined || !target.literal || command.words.length !== 2 || command.assignments.length > 0) {
      return false;
    }
    return !target.text.startsWith('-') && readable.some((directory) => isInside(directory, resolveLinks(`${cwd}/${target.text}`)) && !target.text.startsWith('/'));
  }

  function decideRedirections(line: ParsedShellLine, cwd: string): PermissionDecision {
    const moves = line.commands.some(
      (command) => /^(?:cd|pushd|popd|chdir)$/.test(command.words[0]?.text ?? '') || command.words[0]?.literal === false,
    );
    return strictest(
      line.commands.flatMap((command) => command.redirections).map(({ action, target }) => {
        const isAbsolute = target.text.startsWith('/');
        if (target.literal && OPEN_DEVICES.has(target.text)) return ALLOW;
        if (target.literal && (isAbsolute || !moves)) {
          return decidePath(action, resolveLinks(isAbsolute ? target.text : `${cwd}/${target.text}`));
        }
        if (mode === 'bypass') return ALLOW;
        return {
          behavior: mode === 'plan' ? 'deny' : 'ask',
          reason: `it cannot be told which file \`${target.text}\` is that the line redirects to`,
        };
      }),
    );
  }

  /** Words that name a protected path, or one that a `deny` or `ask` rule is about. Best effort: programs open what they like. */
  function decideNamedPaths(line: ParsedShellLine, cwd: string): PermissionDecision {
    return strictest(
      namedPaths(allCommands(line), cwd, home).map(({ path, onlyRead }) => {
        const reason = protectedPaths.reason(onlyRead ? 'read' : 'name', path);
        if (reason !== undefined) return { behavior: 'deny', reason: `${path} is protected in every mode: ${reason}` };
        const concerns = (each: CompiledRule): boolean =>
          each.path !== undefined && (each.rule.subject === 'read' || (each.rule.subject === 'edit' && !onlyRead)) && each.path.covers(path);
        const deny = find('deny', concerns);
        if (deny !== undefined) return denied(deny);
        const ask = find('ask', concerns);
        return ask === undefined ? ALLOW : asked(ask);
      }),
    );
  }

  function decideNetwork(host: string): PermissionDecision {
    const name = host.toLowerCase().replace(/\.$/, '');
    const concerns = (each: CompiledRule): boolean => each.rule.subject === 'network' && matchesHost(each.rule.pattern, name);
    return decideBy(
      false,
      concerns,
      () => find('allow', concerns) !== undefined,
      () => ({ behavior: 'ask', reason: `reaching ${name} needs approval`, suggestedRule: `network(${name})` }),
    );
  }

  function decideTool(name: string): PermissionDecision {
    const concerns = (each: CompiledRule): boolean => namesTool(each.rule.subject, name);
    return decideBy(
      false,
      concerns,
      () => find('allow', concerns) !== undefined,
      () => ({ behavior: 'ask', reason: `the tool ${name} needs approval`, suggestedRule: name }),
    );
  }

  function decideAccess(access: Access): PermissionDecision {
    switch (access.action) {
      case 'read':
      case 'edit':
        return decidePath(access.action, access.path);
      case 'shell':
        return decideShell(access.command, access.cwd);
      case 'network':
        return decideNetwork(access.host);
      case 'tool':
        return decideTool(access.name);
    }
  }

  return {
    get mode() {
      return mode;
    },
    setMode: (next) => void (mode = next),
    decide(toolName, accesses) {
      // A rule may also name the tool itself: `deny grep`.
      const byName = (each: CompiledRule): boolean => each.rule.pattern === undefined && namesTool(each.rule.subject, toolName);
      const deny = find('deny', byName);
      if (deny !== undefined) return denied(deny);
      const ask = find('ask', byName);
      return strictest([...(ask === undefined ? [] : [asked(ask)]), ...accesses.map(decideAccess)]);
    },
    mayRead(path) {
      const concerns = (each: CompiledRule): boolean => each.rule.subject === 'read' && each.path !== undefined && each.path.covers(path);
      return protectedPaths.reason('read', path) === undefined
        && find('deny', concerns) === undefined
        && find('ask', concerns) === undefined;
    },
    add(rule) {
      if (rules.length >= agentLimits.rulesMax) {
        throw new AgentError('AGENT_BAD_RULE', `${rule.source}: more than ${agentLimits.rulesMax} rules`);
      }
      if (holdsHere(rule)) rules.push(compile(rule));
    },
  };
}

function strictest(decisions: readonly PermissionDecision[]): PermissionDecision {
  return decisions.reduce((worst, each) => (SEVERITY[each.behavior] > SEVERITY[worst.behavior] ? each : worst), ALLOW);
}

/** `mcp__github` names all tools of that server, `mcp` those of all servers. */
function namesTool(subject: string, name: string): boolean {
  return subject === name || (subject === 'mcp' && name.startsWith('mcp__')) || (subject.startsWith('mcp__') && name.startsWith(`${subject}__`));
}

function matchesHost(pattern: string | undefined, host: string): boolean {
  const wanted = pattern?.toLowerCase().replace(/\.$/, '');
  if (wanted === undefined || wanted === '*') return true;
  return wanted.startsWith('*.') ? host.endsWith(wanted.slice(1)) : host === wanted;
}
