/** `sx config`: what is set, where, and to what; and changes of the files, which keep their comments and order. */
import { appendFileSync, mkdirSync, realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';

import {
  ConfigError,
  configLimits,
  contentHash,
  ENV_FILE,
  formatTrustRecord,
  isKeyName,
  isTrusted,
  KEY_NAMES,
  type KeyName,
  keyRow,
  nearest,
  readFileOnce,
  setInEnvText,
  shownValue,
  unsetInEnvText,
  valueFault,
  whereOf,
  writeFileWhole,
} from '@sx/config';

import { CliError } from '../cli/cli-error.ts';
import type { ExitCode } from '../cli/exit-codes.ts';
import type { Arguments } from '../cli/parse-arguments.ts';
import type { Invocation } from '../invocation.ts';
import { loadSettings, type Settings } from '../settings.ts';
import { terminalText } from '../terminal-text.ts';

export async function run(invocation: Invocation, args: Arguments): Promise<ExitCode> {
  const settings = await loadSettings(invocation, args);
  const [action = 'list', ...words] = args.positionals;
  await invocation.stdout.write(answer(action, words, settings, args));
  return 0;
}

function answer(action: string, words: readonly string[], settings: Settings, args: Arguments): string {
  switch (action) {
    case 'list':
      return list(settings, args);
    case 'get':
      return get(keyOf(words[0]), settings, args);
    case 'path':
      return settings.files.map((file) => `${file.tier.padEnd(18)} ${file.exists ? (file.trusted ? 'read       ' : 'not trusted') : 'absent     '} ${terminalText(file.path)}\n`).join('');
    case 'set':
      return change(keyOf(words[0]), required(words[1], 'a value'), settings, args);
    case 'unset':
      return change(keyOf(words[0]), undefined, settings, args);
    case 'trust':
      return trust(words[0], settings);
    default: {
      const known = ['list', 'get', 'set', 'unset', 'path', 'trust'];
      const near = nearest(action, known);
      throw new CliError('CLI_UNKNOWN_COMMAND', `sx config does not know ${JSON.stringify(action.slice(0, 80))}`, { hint: near === undefined ? `it knows ${known.join(', ')}` : `did you mean ${near}?` });
    }
  }
}

function list({ config }: Settings, args: Arguments): string {
  const rows = KEY_NAMES.flatMap((name) => {
    const setting = config.setting(name);
    return setting === undefined || setting.tier === 'built-in' ? [] : [{ name, setting }];
  });
  if (args.on('json')) return `${JSON.stringify(Object.fromEntries(rows.map(({ name }) => [name, describe(name, config)])))}\n`;
  const lines = rows.map(({ name, setting }) => `${name}=${terminalText(shownValue(keyRow(name), setting.value))}${args.on('show-source') ? `  # ${terminalText(whereOf(setting))}` : ''}\n`);
  return lines.length === 0 ? '# nothing is set; docs/configuration.md lists the keys\n' : lines.join('');
}

function get(name: KeyName, { config }: Settings, args: Arguments): string {
  if (args.on('json')) return `${JSON.stringify({ key: name, ...describe(name, config) })}\n`;
  const setting = config.setting(name);
  const source = args.on('show-source') ? `  # ${setting === undefined ? 'unset' : whereOf(setting)}` : '';
  return terminalText(`${shownValue(keyRow(name), setting?.value ?? '')}${source}\n`);
}

function describe(name: KeyName, config: Settings['config']): object {
  const setting = config.setting(name);
  if (setting === undefined) return { value: null, tier: null };
  return { value: shownValue(keyRow(name), setting.value), tier: setting.tier, ...(setting.file === undefined ? {} : { file: setting.file, line: setting.line }) };
}

/** A file that was trusted stays so, because the change is the user's own; one that was not does not become it by this. */
function change(name: KeyName, value: string | undefined, settings: Settings, args: Arguments): string {
  const row = keyRow(name);
  const fault = value === undefined ? undefined : valueFault(row, value);
  if (fault !== undefined) throw new ConfigError('CONFIG_BAD_VALUE', `${name}: ${fault}`);
  if (row.environmentOnly === true) throw new ConfigError('CONFIG_BAD_VALUE', `${name} counts only in the environment`);
  const level = args.value('level') ?? 'project';
  const directory = level === 'user' ? stateDirectoryOf(settings) : join(settings.projectRoot, '.scorpiox');
  const file = join(directory, ENV_FILE);
  const old = readFileOnce(file, configLimits.fileBytesMax);
  const text = old === undefined ? '' : Buffer.from(old.bytes).toString('utf8');
  const trusted = level === 'project' && (old === undefined || isTrusted(settings.trust, realpathSync(file), old.bytes));
  const fresh = value === undefined ? unsetInEnvText(text, name, file) : setInEnvText(text, name, value, file);
  if (fresh !== text) writeFileWhole(file, fresh);
  if (trusted && fresh !== text) record(file, settings);
  return `${value === undefined ? 'unset' : 'set'} ${name} in ${terminalText(file)}\n`;
}

function trust(path: string | undefined, settings: Settings): string {
  const project = settings.files.filter((file) => file.exists && !file.trusted && file.tier !== 'executable').map((file) => file.path);
  const files = path === undefined ? project : [resolve(settings.workingDirectory, path)];
  if (files.length === 0) return 'nothing to trust: no file of the project waits for it\n';
  for (const file of files) record(file, settings);
  return files.map((file) => `trusted ${terminalText(file)} as it is now\n`).join('');
}

function record(file: string, settings: Settings): void {
  const content = readFileOnce(file, configLimits.fileBytesMax);
  if (content === undefined) throw new ConfigError('CONFIG_UNREADABLE', `${file} does not exist`);
  const directory = stateDirectoryOf(settings);
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    appendFileSync(join(directory, 'trust.jsonl'), formatTrustRecord({ path: realpathSync(file), sha256: contentHash(content.bytes), atMs: Date.now() }), { mode: 0o600 });
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    throw new ConfigError('CONFIG_NOT_WRITABLE', `${join(directory, 'trust.jsonl')} cannot be written (${code})`, { cause });
  }
}

function stateDirectoryOf({ home }: Settings): string {
  if (home.stateDirectory === undefined) throw new ConfigError('CONFIG_NOT_WRITABLE', 'there is no home directory to store that in', { hint: 'set SX_HOME to an absolute path' });
  return home.stateDirectory;
}

function keyOf(word: string | undefined): KeyName {
  const name = required(word, 'a key');
  if (isKeyName(name)) return name;
  const near = nearest(name, KEY_NAMES);
  throw new ConfigError('CONFIG_UNKNOWN_KEY', `no key ${JSON.stringify(name.slice(0, 80))}`, { hint: near === undefined ? 'docs/configuration.md lists the keys' : `did you mean ${near}?` });
}

function required(word: string | undefined, what: string): string {
  if (word === undefined) throw new CliError('CLI_MISSING_ARGUMENT', `sx config needs ${what}`, { hint: 'sx help config shows its arguments' });
  return word;
}
