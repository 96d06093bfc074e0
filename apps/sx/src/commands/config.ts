/** `sx config`: what is set, where, and to what; and changes of the files, which keep their comments and order. */
import { ConfigError, isKeyName, KEY_NAMES, type KeyName, keyRow, nearest } from '@sx/config';

import { CliError } from '../cli/cli-error.ts';
import type { ExitCode } from '../cli/exit-codes.ts';
import type { Arguments } from '../cli/parse-arguments.ts';
import { changeKeys } from '../config-files/change-file.ts';
import { levelFile } from '../config-files/level.ts';
import { keyText, levelText, listText, pathText } from '../config-files/show.ts';
import { trustFiles } from '../config-files/trust-file.ts';
import { waitingExtensions } from '../config-files/waiting-extensions.ts';
import type { Invocation } from '../invocation.ts';
import { loadSettings, type Settings } from '../settings.ts';
import { terminalText } from '../terminal-text.ts';
import { wantsLines } from '../wants-lines.ts';

const REPAIRS = ['set', 'unset', 'path', 'edit'];
const ACTIONS = ['list', 'get', 'set', 'unset', 'path', 'edit', 'trust', 'rules'];

export async function run(invocation: Invocation, args: Arguments): Promise<ExitCode> {
  const [action, ...words] = args.positionals;
  const isEditor = action === undefined && edits(invocation, args);
  // What repairs the configuration must not fail because it is broken.
  const settings = await loadSettings(invocation, args, { tolerant: isEditor || REPAIRS.includes(action ?? '') });
  if (isEditor) {
    const { runConfigEditor } = await import('../config-editor/terminal.ts');
    return runConfigEditor(invocation, args, settings);
  }
  await invocation.stdout.write(await answer(action ?? 'list', words, invocation, args, settings));
  return 0;
}

/** A screen is for somebody who sits there, asked for nothing else, and has a terminal that can do it. */
function edits(invocation: Invocation, args: Arguments): boolean {
  const { stdin, stdout, environment } = invocation;
  const asksForText = (['json', 'all', 'files', 'show-source'] as const).some((flag) => args.on(flag));
  if (asksForText || environment['TERM'] === 'dumb' || wantsLines(invocation)) return false;
  return stdout.isTerminal && stdin().isTTY === true;
}

async function answer(
  action: string,
  words: readonly string[],
  invocation: Invocation,
  args: Arguments,
  settings: Settings,
): Promise<string> {
  const shown = { all: args.on('all'), showSource: args.on('show-source'), json: args.on('json') };
  switch (action) {
    case 'list': {
      const level = args.value('level');
      const text = level === undefined
        ? listText(settings, shown)
        : levelText(levelFile(level, invocation, settings).path, shown.json);
      return args.on('files') && !shown.json ? `${pathText(settings, false)}\n${text}` : text;
    }
    case 'get':
      return keyText(keyOf(words[0]), settings, shown);
    case 'path':
      return pathText(settings, shown.json);
    case 'set':
      return change(keyOf(words[0]), await valueOf(keyOf(words[0]), words[1], invocation), invocation, args, settings);
    case 'unset':
      return change(keyOf(words[0]), undefined, invocation, args, settings);
    case 'edit':
      return edit(invocation, args, settings);
    case 'rules':
      return (await import('../config-files/show-rules.ts')).rulesText(settings, shown.json);
    case 'trust': {
      const files = words.length === 0 ? trustFiles(undefined, settings) : words.flatMap((word) => trustFiles(word, settings));
      const waiting = words[0] === undefined ? waitingExtensions(settings) : [];
      const done = files.map((file) => `trusted ${terminalText(file)} as it is now\n`);
      const left = waiting.map(({ what, path }) => `still not trusted: ${what} (sx config trust ${terminalText(path)})\n`);
      return [...done, ...left].join('') || 'nothing to trust: no file of the project waits for it\n';
    }
    default: {
      const near = nearest(action, ACTIONS);
      throw new CliError('CLI_UNKNOWN_COMMAND', `sx config does not know ${JSON.stringify(action.slice(0, 80))}`, {
        hint: near === undefined ? `it knows ${ACTIONS.join(', ')}` : `did you mean ${near}?`,
      });
    }
  }
}

async function change(
  name: KeyName,
  value: string | undefined,
  invocation: Invocation,
  args: Arguments,
  settings: Settings,
): Promise<string> {
  const file = levelFile(args.value('level'), invocation, settings);
  const notes = changeKeys(file, new Map([[name, value]]), settings);
  for (const note of notes) await invocation.stderr.write(`sx: ${terminalText(note)}\n`);
  return `${value === undefined ? 'unset' : 'set'} ${name} in ${terminalText(file.path)}\n`;
}

async function edit(invocation: Invocation, args: Arguments, settings: Settings): Promise<string> {
  const file = levelFile(args.value('level'), invocation, settings);
  const { editFile } = await import('../config-files/edit-file.ts');
  const { changed, warnings } = await editFile(invocation, file, settings);
  for (const warning of warnings) await invocation.stderr.write(`sx: ${terminalText(warning)}\n`);
  return changed ? `changed ${terminalText(file.path)}\n` : `${terminalText(file.path)} is as it was\n`;
}

/**
 * A secret need not stand in the arguments, where every process can read it: without a value it is asked for, or read from
 * standard input.
 */
async function valueOf(name: KeyName, word: string | undefined, invocation: Invocation): Promise<string> {
  if (word !== undefined || keyRow(name).secret === undefined) return required(word, 'a value');
  const { readSecret } = await import('../login/read-secret.ts');
  return readSecret(invocation, `${name} (not shown): `);
}

function keyOf(word: string | undefined): KeyName {
  const name = required(word, 'a key');
  if (isKeyName(name)) return name;
  const near = nearest(name, KEY_NAMES);
  throw new ConfigError('CONFIG_UNKNOWN_KEY', `no key ${JSON.stringify(name.slice(0, 80))}`, {
    hint: near === undefined ? 'docs/configuration.md lists the keys' : `did you mean ${near}?`,
  });
}

function required(word: string | undefined, what: string): string {
  if (word === undefined) {
    throw new CliError('CLI_MISSING_ARGUMENT', `sx config needs ${what}`, { hint: 'sx help config shows its arguments' });
  }
  return word;
}
