/**
 * Changes a `scorpiox-env.txt`: all changes or none, comments and order kept, what was there before a file that another program
 * changed meanwhile is not overwritten.
 *
 * A file of the project that was trusted stays so, because the change is the user's own; one that was not does not become it by this.
 */
import { type Config, ConfigError, configLimits, type KeyName, keyRow, readFileOnce, setInEnvText, unsetInEnvText, valueFault, writeFileWhole } from '@sx/config';

import type { Settings } from '../settings.ts';
import type { LevelFile } from './level.ts';
import { isTrustedNow, recordTrust } from './trust-file.ts';

/** Undefined: unset. */
export type KeyChanges = ReadonlyMap<KeyName, string | undefined>;

export interface FileText {
  /** Undefined: there is no file. */
  readonly bytes: Uint8Array | undefined;
  readonly text: string;
}

/** @throws {ConfigError} `CONFIG_UNREADABLE`, `CONFIG_TOO_LARGE`, `CONFIG_NOT_UTF8`. */
export function readEnvFile(path: string): FileText {
  const bytes = readFileOnce(path, configLimits.fileBytesMax)?.bytes;
  try {
    return { bytes, text: bytes === undefined ? '' : new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch (cause) {
    throw new ConfigError('CONFIG_NOT_UTF8', `${path} is not UTF-8 text`, { cause });
  }
}

/** @throws {ConfigError} `CONFIG_BAD_VALUE`, `CONFIG_BAD_LINE`, `CONFIG_TOO_LARGE`, `CONFIG_NOT_WRITABLE`. @returns notes for the user. */
export function changeKeys({ level, path }: LevelFile, changes: KeyChanges, settings: Settings): string[] {
  for (const [name, value] of changes) checkChange(name, value);
  const old = readEnvFile(path);
  let text = old.text;
  for (const [name, value] of changes) text = value === undefined ? unsetInEnvText(text, name, path) : setInEnvText(text, name, value, path);
  const isTrusted = level !== 'project' || isTrustedNow(path, old.bytes, settings);
  if (text !== old.text) storeText(path, text, old, { level, isTrusted }, settings);
  const ignored = isTrusted ? [] : [...changes].filter(([name, value]) => value !== undefined && keyRow(name).trust !== 'any').map(([name]) => name);
  return [...(ignored.length === 0 ? [] : [`${path} is not trusted, so ${ignored.join(', ')} does not count in it yet (sx config trust)`]), ...[...changes.keys()].flatMap((name) => shadowNote(name, level, settings))];
}

/** Keeps trust where there was some. @throws {ConfigError} `CONFIG_NOT_WRITABLE`, also where the file is not what it was when it was read. */
export function storeText(path: string, text: string, old: FileText, { level, isTrusted }: { readonly level: LevelFile['level']; readonly isTrusted: boolean }, settings: Settings): void {
  if (readEnvFile(path).text !== old.text) throw new ConfigError('CONFIG_NOT_WRITABLE', `${path} was changed by another program meanwhile; nothing was written`);
  writeFileWhole(path, text);
  if (level === 'project' && isTrusted) recordTrust(path, settings);
}

/** @throws {ConfigError} `CONFIG_BAD_VALUE`. */
export function checkChange(name: KeyName, value: string | undefined): void {
  const row = keyRow(name);
  const fault = value === undefined ? undefined : valueFault(row, value.trim());
  if (fault !== undefined) throw new ConfigError('CONFIG_BAD_VALUE', `${name}: ${fault}`);
  if (row.environmentOnly === true) throw new ConfigError('CONFIG_BAD_VALUE', `${name} counts only in the environment`);
}

const RANK: Readonly<Record<LevelFile['level'], readonly string[]>> = {
  global: ['user', 'project', 'project-directory', 'profile', 'environment', 'command-line'],
  user: ['project', 'project-directory', 'profile', 'environment', 'command-line'],
  // Its `.scorpiox/`, the higher one of the two.
  project: ['profile', 'environment', 'command-line'],
};

/** What sets the key above the file, and so hides what the file says. */
export function higherSetting(name: KeyName, level: LevelFile['level'], config: Config): string | undefined {
  const setting = config.setting(name);
  if (setting === undefined || !RANK[level].includes(setting.tier)) return undefined;
  return setting.file ?? (setting.tier === 'environment' ? 'the environment' : 'this command line');
}

/** A change that a higher tier hides is no mistake, but a surprise. */
function shadowNote(name: KeyName, level: LevelFile['level'], { config }: Settings): string[] {
  const higher = higherSetting(name, level, config);
  return higher === undefined ? [] : [`${name} is also set by ${higher}, which wins`];
}
