/**
 * What `sx config list`, `get` and `path` print: the effective settings, one file's, the places. Secrets are masked in all of it.
 */
import {
  type Config,
  type ConfigFile,
  isKeyName,
  KEY_NAMES,
  type KeyName,
  keyRow,
  parseEnvText,
  type Setting,
  shownValue,
  type TierName,
  whereOf,
} from '@sx/config';

import type { Settings } from '../settings.ts';
import { terminalText } from '../terminal-text.ts';
import { readEnvFile } from './change-file.ts';

export interface ListOptions {
  /** What nobody set too. */
  readonly all: boolean;
  readonly showSource: boolean;
  readonly json: boolean;
}

const TIERS: readonly TierName[] = [
  'built-in',
  'credentials',
  'executable',
  'user',
  'project',
  'project-directory',
  'profile',
  'environment',
  'command-line',
];

/** `all` and `showSource` together: grouped by tier, low to high. */
export function listText({ config }: Settings, { all, showSource, json }: ListOptions): string {
  const rows = KEY_NAMES.flatMap((name) => {
    const setting = config.setting(name);
    return setting === undefined || (setting.tier === 'built-in' && !all) ? [] : [{ name, setting }];
  });
  if (json) return `${JSON.stringify(Object.fromEntries(rows.map(({ name }) => [name, describe(name, config)])))}\n`;
  if (rows.length === 0) return '# nothing is set; docs/configuration.md lists the keys\n';
  const line = ({ name, setting }: { name: KeyName; setting: Setting }): string => {
    const source = showSource ? `  # ${terminalText(whereOf(setting))}` : '';
    return `${name}=${terminalText(shownValue(keyRow(name), setting.value))}${source}\n`;
  };
  if (!all || !showSource) return rows.map(line).join('');
  return TIERS.flatMap((tier) => {
    const own = rows.filter(({ setting }) => setting.tier === tier);
    return own.length === 0 ? [] : [`# ${tier}\n`, ...own.map(line)];
  }).join('');
}

/** What one file says, whether it wins or not. Of an unknown key only the name is shown: nobody knows whether it is a secret. */
export function levelText(path: string, json: boolean): string {
  const entries = parseEnvText(readEnvFile(path).text, path).map(
    ({ key, value }) => ({ key, value: isKeyName(key) ? shownValue(keyRow(key), value) : '********' }),
  );
  if (json) return `${JSON.stringify(Object.fromEntries(entries.map(({ key, value }) => [key, { value, file: path }])))}\n`;
  return entries.length === 0
    ? `# nothing is set in ${terminalText(path)}\n`
    : entries.map(({ key, value }) => `${key}=${terminalText(value)}\n`).join('');
}

export function keyText(name: KeyName, { config }: Settings, { showSource, json }: Omit<ListOptions, 'all'>): string {
  if (json) return `${JSON.stringify({ key: name, ...describe(name, config) })}\n`;
  const setting = config.setting(name);
  const source = showSource ? `  # ${setting === undefined ? 'unset' : whereOf(setting)}` : '';
  return terminalText(`${shownValue(keyRow(name), setting?.value ?? '')}${source}\n`);
}

/** Every place that was looked at, low to high. */
export function pathText({ files }: Settings, json: boolean): string {
  if (json) return `${JSON.stringify(files)}\n`;
  const stateOf = ({ exists, trusted }: ConfigFile): string => (exists ? (trusted ? 'read' : 'not trusted') : 'absent');
  return files.map((file) => `${file.tier.padEnd(18)} ${stateOf(file).padEnd(11)} ${terminalText(file.path)}\n`).join('');
}

function describe(name: KeyName, config: Config): object {
  const setting = config.setting(name);
  if (setting === undefined) return { value: null, tier: null };
  return {
    value: shownValue(keyRow(name), setting.value),
    tier: setting.tier,
    ...(setting.file === undefined ? {} : { file: setting.file, line: setting.line }),
  };
}
