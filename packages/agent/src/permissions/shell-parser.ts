/**
 * Takes a shell line apart far enough to know every program it would start and every file it redirects to.
 *
 * In: text as given to `sh -c`. Out: the simple commands in it, wherever they stand (lists, pipes, groups, subshells,
 * loops, conditions, substitutions, here-documents), and a list of problems. No problem means: understood, so that
 * `bash` and `dash` alike run no command that is not in the list. Whatever the two shells read differently, or what can
 * run text that is not visible as a command, is a problem and not guessed at: functions, `case`, `[[ ]]`, arithmetic with
 * names (`$((x))` evaluates what `x` holds), `$'…'`, arrays, `&>`, process substitution, `${x@P}`, `${!x}`. Parsing goes
 * on after a problem, because deny rules want to see as much as there is.
 *
 * Grammar: POSIX.1-2024, Shell Command Language, 2.2 to 2.10. Not a judge of syntax: a line that the shell refuses may
 * pass, as it runs nothing that is not listed.
 */
import { agentLimits } from '../limits.ts';

export interface ShellWord {
  /** Quotes removed; expansions stand as written. */
  readonly text: string;
  /** The program gets exactly `text`: no expansion, no pattern, no brace, no tilde. */
  readonly literal: boolean;
}

export interface ShellRedirection {
  readonly action: 'read' | 'edit';
  readonly target: ShellWord;
}

export interface SimpleCommand {
  readonly words: readonly ShellWord[];
  /** Names set before the command, or by an assignment or `for` of its own. */
  readonly assignments: readonly string[];
  readonly redirections: readonly ShellRedirection[];
}

export interface ParsedShellLine {
  readonly commands: readonly SimpleCommand[];
  /** Why the line is not understood; empty when it is. */
  readonly problems: readonly string[];
}

/** After these the next word is a command again. */
const OPENING_WORDS: ReadonlySet<string> = new Set(['if', 'then', 'else', 'elif', 'while', 'until', 'do', '!', '{']);
const CLOSING_WORDS: ReadonlySet<string> = new Set(['fi', 'done', '}']);
const REFUSED_WORDS: ReadonlySet<string> = new Set(['case', 'esac', 'select', 'function', 'coproc', '[[', ']]', 'in']);
const SIMPLE_EXPANSION = /\{(?:#?[A-Za-z_]\w*|[0-9@*#?$!-])(?:(?::?[-+?]|%%?|##?)[\w./:@ *-]*)?\}/y;
const ASSIGNMENT = /^([A-Za-z_]\w*)\+?=/;

interface HereDocument {
  readonly delimiter: string;
  readonly quoted: boolean;
  readonly stripTabs: boolean;
  readonly depth: number;
}

interface Draft {
  words: ShellWord[];
  assignments: string[];
  redirections: ShellRedirection[];
  isFor: boolean;
  /** A group, subshell or loop just ended: only redirections may follow. */
  compoundEnded: boolean;
}

export function parseShellLine(source: string): ParsedShellLine {
  return parse(source, 0, 'line');
}

/** `body`: of a here-document, where only expansions mean something. */
function parse(source: string, depth: number, kind: 'line' | 'body'): ParsedShellLine {
  const commands: SimpleCommand[] = [];
  const problems = new Set<string>();
  const hereDocuments: HereDocument[] = [];
  let at = 0;
  let nesting = depth;

  const problem = (text: string): void => void problems.add(text);
  if (source.length > agentLimits.shellLineCharsMax) {
    return { commands, problems: [`it is longer than ${agentLimits.shellLineCharsMax} characters`] };
  }
  // A terminal may show such a line differently from how it runs.
  if (/[\u0000-\u0008\u000b-\u001f\u007f]/.test(source)) problem('it holds control characters');
  // The shell joins the lines first, so that `$` and what follows it meet.
  if (source.includes('$\\\n')) problem('it continues a line inside an expansion');

  const peek = (offset = 0): string => source[at + offset] ?? '';
  const startsWith = (text: string): boolean => source.startsWith(text, at);

  function parseNested(text: string, nestedKind: 'line' | 'body'): void {
    if (nesting + 1 > agentLimits.shellDepthMax) return problem('it is nested too deeply');
    const inner = parse(text, nesting + 1, nestedKind);
    commands.push(...inner.commands);
    for (const each of inner.problems) problem(each);
  }

  function skipBlanks(): void {
    for (;;) {
      if (peek() === ' ' || peek() === '\t') at++;
      else if (startsWith('\\\n')) at += 2;
      else break;
    }
    if (peek() === '#') while (at < source.length && peek() !== '\n') at++;
  }

  function parseList(closing: ')' | 'end'): void {
    if (++nesting > agentLimits.shellDepthMax) {
      problem('it is nested too deeply');
      at = source.length;
    }
    let draft = newDraft();
    const flush = (): void => {
      addCommand(draft);
      draft = newDraft();
    };
    for (;;) {
      skipBlanks();
      if (at >= source.length) {
        if (closing === ')') problem('a parenthesis is not closed');
        break;
      }
      const c = peek();
      if (c === '\n') {
        at++;
        flush();
        readHereDocuments();
      } else if (c === ';' || c === '|' || c === '&') {
        if (startsWith(';;')) problem('`case` is not followed');
        if (startsWith('&>')) problem('`&>` means different things in different shells');
        at += startsWith('&&') || startsWith('||') || startsWith('|&') ? 2 : 1;
        flush();
      } else if (c === ')') {
        at++;
        if (closing === ')') break;
        problem('a parenthesis is not opened');
        flush();
      } else if (c === '(') {
        if (peek(1) === '(') problem('arithmetic commands are not followed');
        if (draft.words.length + draft.assignments.length > 0 || draft.compoundEnded) {
          problem('functions and arrays are not followed');
          flush();
        }
        at++;
        parseList(')');
        // The body of a function is a command like any other.
        draft.compoundEnded = problems.size === 0;
      } else if (/^\d*[<>]/.test(source.slice(at, at + 12))) parseRedirection(draft);
      else parseCommandWord(draft);
    }
    flush();
    if (closing === ')' && hereDocuments.some((document) => document.depth === nesting)) problem('a here-document crosses a parenthesis');
    nesting--;
  }

  function addCommand(draft: Draft): void {
    if (draft.isFor) {
      const name = draft.words[0];
      if (name === undefined || !name.literal || draft.redirections.length > 0) problem('this `for` is not followed');
      else draft.assignments.push(name.text);
      draft.words = [];
    }
    if (draft.words.length + draft.assignments.length + draft.redirections.length === 0) return;
    commands.push({ words: draft.words, assignments: draft.assignments, redirections: draft.redirections });
  }

  function parseCommandWord(draft: Draft): void {
    const start = at;
    const { word, plain } = parseWord();
    if (at === start) {
      problem(`an unexpected ${JSON.stringify(peek())}`);
      at++;
      return;
    }
    const commandPosition = draft.words.length + draft.assignments.length + draft.redirections.length === 0;
    if (plain && commandPosition && !draft.compoundEnded && !draft.isFor) {
      if (OPENING_WORDS.has(word.text)) return;
      if (word.text === 'for') {
        draft.isFor = true;
        return;
      }
    }
    if (plain && draft.words.length === 0 && CLOSING_WORDS.has(word.text)) {
      draft.compoundEnded = true;
      return;
    }
    if (draft.compoundEnded) problem('a word follows the end of a group');
    if (plain && draft.words.length === 0 && !draft.isFor && REFUSED_WORDS.has(word.text)) problem(`\`${word.text}\` is not followed`);
    const assigned = draft.words.length === 0 && !draft.isFor ? ASSIGNMENT.exec(source.slice(start, at))?.[1] : undefined;
    if (assigned !== undefined) draft.assignments.push(assigned);
    else draft.words.push(word);
  }

  /** `plain`: without any quotes, so that it may be a reserved word. */
  function parseWord(): { word: ShellWord; plain: boolean } {
    let text = '';
    let literal = true;
    let plain = true;
    let bracket = false;
    let brace = false;
    let braceList = false;
    if (peek() === '~') literal = false;
    while (at < source.length && !/[ \t\n;&|()<>]/.test(peek())) {
      const c = peek();
      if (startsWith('\\\n')) at += 2;
      else if (c === '\\') {
        text += peek(1) === '' ? '\\' : peek(1);
        plain = false;
        at += 2;
      } else if (c === "'") {
        const end = source.indexOf("'", at + 1);
        if (end === -1) problem('a quote is not closed');
        text += quoted(source.slice(at + 1, end === -1 ? source.length : end));
        plain = false;
        at = end === -1 ? source.length : end + 1;
      } else if (c === '"') {
        at++;
        const inner = parseExpandable('"');
        text += quoted(inner.text);
        literal &&= inner.literal;
        plain = false;
      } else if (c === '$' || c === '`') {
        const inner = parseExpansion(false);
        text += inner.text;
        literal &&= inner.literal;
      } else {
        if (c === '*' || c === '?' || (c === ']' && bracket)) literal = false;
        bracket ||= c === '[';
        brace ||= c === '{';
        braceList ||= brace && (c === ',' || startsWith('..'));
        if (c === '}' && braceList) literal = false;
        text += c;
        at++;
      }
    }
    return { word: { text, literal }, plain };
  }

  function quoted(text: string): string {
    if (text.includes('\n') && hereDocuments.length > 0) problem('a quoted line break stands before a here-document');
    return text;
  }

  /** Up to the closing double quote, or, for the body of a here-document, to the end. */
  function parseExpandable(closing: '"' | 'end'): ShellWord {
    let text = '';
    let literal = true;
    for (;;) {
      if (at >= source.length) {
        if (closing === '"') problem('a quote is not closed');
        return { text, literal };
      }
      const c = peek();
      if (closing === '"' && c === '"') {
        at++;
        return { text, literal };
      }
      if (startsWith('\\\n')) at += 2;
      else if (c === '\\' && /[$`"\\]/.test(peek(1))) {
        text += peek(1);
        at += 2;
      } else if (c === '$' || c === '`') {
        const inner = parseExpansion(true);
        text += inner.text;
        literal &&= inner.literal;
      } else {
        text += c;
        at++;
      }
    }
  }

  function parseExpansion(inDoubleQuotes: boolean): ShellWord {
    const start = at;
    const taken = (literal: boolean): ShellWord => ({ text: source.slice(start, at), literal });
    if (peek() === '`') {
      parseBackticks();
      return taken(false);
    }
    at++;
    if (startsWith('((')) {
      const number = /\(\([\s\d+*/%()-]*\)\)/y;
      number.lastIndex = at;
      if (number.test(source)) {
        at = number.lastIndex;
        return taken(false);
      }
      problem('arithmetic with names is not followed');
    }
    if (peek() === '(') {
      at++;
      parseList(')');
      return taken(false);
    }
    if (peek() === '{') {
      SIMPLE_EXPANSION.lastIndex = at;
      if (SIMPLE_EXPANSION.test(source)) at = SIMPLE_EXPANSION.lastIndex;
      else {
        problem('this form of ${…} is not followed');
        at++;
      }
      return taken(false);
    }
    if (peek() === '[' || (!inDoubleQuotes && (peek() === "'" || peek() === '"'))) problem(`\`$${peek()}\` means different things in different shells`);
    const name = /(?:[A-Za-z_]\w*|[0-9@*#?$!-])/y;
    name.lastIndex = at;
    if (!name.test(source)) return taken(true);
    at = name.lastIndex;
    return taken(false);
  }

  function parseBackticks(): void {
    let text = '';
    at++;
    while (at < source.length && peek() !== '`') {
      if (peek() === '\\' && /[`\\$"]/.test(peek(1))) {
        // Inside double quotes `\"` loses its backslash, outside it keeps it: too subtle to guess.
        if (peek(1) === '"') problem('a quote is escaped inside backticks');
        at++;
      }
      text += peek();
      at++;
    }
    if (at >= source.length) problem('a backtick is not closed');
    at++;
    parseNested(text, 'line');
  }

  function parseRedirection(draft: Draft): void {
    while (/\d/.test(peek())) at++;
    const operator = ['<<<', '<<-', '<<', '<&', '<>', '<(', '>>', '>&', '>|', '>(', '<', '>'].find(startsWith) ?? '<';
    at += operator.length;
    if (operator === '<(' || operator === '>(') {
      problem('process substitution is not followed');
      parseList(')');
      return;
    }
    skipBlanks();
    const start = at;
    const { word } = parseWord();
    if (at === start) return problem('a redirection names no file');
    if (operator === '<<' || operator === '<<-') {
      const raw = source.slice(start, at);
      if (/[$`]|\\\n/.test(raw)) problem('the end of a here-document is not plain');
      hereDocuments.push({ delimiter: word.text, quoted: /["'\\]/.test(raw), stripTabs: operator === '<<-', depth: nesting });
    } else if (operator === '<&' || operator === '>&') {
      if (/^(?:\d+-?|-)$/.test(word.text) && word.literal) return;
      draft.redirections.push({ action: 'edit', target: word });
    } else if (operator !== '<<<') draft.redirections.push({ action: operator === '<' ? 'read' : 'edit', target: word });
  }

  function readHereDocuments(): void {
    for (const document of hereDocuments.splice(0)) {
      const start = at;
      let end = -1;
      while (at < source.length && end === -1) {
        const lineEnd = source.indexOf('\n', at);
        const line = source.slice(at, lineEnd === -1 ? source.length : lineEnd);
        if ((document.stripTabs ? line.replace(/^\t+/, '') : line) === document.delimiter) end = at;
        at = lineEnd === -1 ? source.length : lineEnd + 1;
      }
      if (end === -1) problem('a here-document is not ended');
      if (document.quoted) continue;
      const body = source.slice(start, end === -1 ? source.length : end);
      // The shell joins such lines before it looks for the delimiter.
      if (body.includes('\\\n')) problem('a here-document continues a line');
      parseNested(body, 'body');
    }
  }

  if (kind === 'line') parseList('end');
  else parseExpandable('end');
  if (hereDocuments.length > 0) problem('a here-document is not ended');
  return { commands, problems: [...problems] };
}

function newDraft(): Draft {
  return { words: [], assignments: [], redirections: [], isFor: false, compoundEnded: false };
}
