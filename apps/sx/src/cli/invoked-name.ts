/**
 * The names of the original's tools: called by one of them, the program takes that tool's flags. Pure: name and words in, our own
 * words out.
 *
 * A name is that of the call (`argv[0]`), so that a link works; where that says nothing, the file's own, so that a copy does.
 */
import { CliError } from './cli-error.ts';

type Translate = (words: readonly string[]) => string[];

const TOOLS: ReadonlyMap<string, Translate> = new Map([
  ['scorpiox-config', configWords],
  ['scorpiox-codex-fetchtoken', (words) => tokenWords('codex', words)],
  ['scorpiox-claudecode-fetchtoken', (words) => tokenWords('claude_code', words)],
]);

export const TOOL_NAMES: readonly string[] = [...TOOLS.keys()];

/**
 * Undefined where the program was called by a name of its own.
 *
 * @throws {CliError} `CLI_UNKNOWN_FLAG`, `CLI_MISSING_VALUE`, `CLI_BAD_VALUE`.
 */
export function toolWords(calledAs: string, executable: string, words: readonly string[]): string[] | undefined {
  const called = baseName(calledAs);
  const translate = TOOLS.get(called) ?? (called === 'sx' ? undefined : TOOLS.get(baseName(executable)));
  return translate?.(words);
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/**
 * `--get KEY`, `--set KEY VALUE [--level L]`, `--dump [--show-source] [--files] [--level L]`, `--json KEY`, `--verbose`; none:
 * the editor.
 */
function configWords(words: readonly string[]): string[] {
  const rest = [...words];
  const action: string[] = [];
  const flags: string[] = [];
  const operand = (flag: string): string => {
    const value = rest.shift();
    if (value === undefined) throw new CliError('CLI_MISSING_VALUE', `${flag} needs a value`);
    return value;
  };
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    switch (word) {
      case '--get':
        action.push('get', operand(word));
        break;
      case '--set':
        action.push('set', operand(word), operand(word));
        break;
      case '--json':
        action.push('get', operand(word));
        flags.push('--json');
        break;
      case '--dump':
        action.push(rest.includes('--files') ? 'path' : 'list');
        flags.push(...(rest.includes('--files') ? [] : ['--all']));
        break;
      case '--files':
        // Of `--dump`, which has looked.
        break;
      case '--verbose':
        action.push('list');
        flags.push('--all', '--files', '--show-source', '--verbose');
        break;
      case '--level':
        flags.push(word, operand(word));
        break;
      case '--show-source':
        flags.push(word);
        break;
      default:
        if (isGeneral(word)) flags.push(word);
        else throw unknownFlag(
          'scorpiox-config',
          word,
          '--get, --set, --dump, --json, --level, --show-source, --files and --verbose',
        );
    }
  }
  return ['config', ...flags, '--', ...action];
}

const SOURCES: Readonly<Record<string, string>> = { local: 'local', ssh: 'ssh', remote: 'remote', http: 'remote' };

/**
 * `-config` (what is configured, which is also the default), `-local`, `-ssh`, `-remote` or `-http`; `--verbose`. It prints the
 * token itself.
 */
function tokenWords(provider: string, words: readonly string[]): string[] {
  const flags = words.flatMap((word) => {
    const name = /^--?([a-z]+)$/.exec(word)?.[1] ?? '';
    const source = Object.hasOwn(SOURCES, name) ? SOURCES[name] : undefined;
    if (source !== undefined) return ['--source', source];
    if (name === 'config') return [];
    if (name === 'tcp') {
      throw new CliError('CLI_BAD_VALUE', `${word}: sx fetches no tokens from a raw TCP server`, {
        hint: '-local, -ssh and -remote are the sources',
      });
    }
    if (word === '--verbose' || isGeneral(word)) return [word];
    throw unknownFlag(
      `scorpiox-${provider === 'codex' ? 'codex' : 'claudecode'}-fetchtoken`,
      word,
      '-config, -local, -ssh, -remote, -http and --verbose',
    );
  });
  return ['token', provider, '--show', ...flags];
}

function isGeneral(word: string): boolean {
  return ['--help', '-h', '--version', '-V', '--debug'].includes(word);
}

function unknownFlag(tool: string, word: string, known: string): CliError {
  return new CliError('CLI_UNKNOWN_FLAG', `${tool}: unknown flag ${JSON.stringify(word.slice(0, 80)).slice(1, -1)}`, {
    hint: `it knows ${known}`,
  });
}
