/**
 * Changes a `scorpiox-env.txt`: all changes or none, comments and order kept, what was there before a file that another program
 * changed meanwhile is not overwritten.
 *
 * A file of the project that was trusted stays so, because the change is the user's own; one that was not does not become it by
 * this.
 */
import { existsSync, lstatSync, realpathSync, statSync } from 'node:fs';
import { dirname, sep } from 'node:path';

import {
  type Config,
  ConfigError,
  configLimits,
  type KeyName,
  keyRow,
  readFileOnce,
  setInEnvText,
  unsetInEnvText,
  valueFault,
  writeFileWhole,
} from '@sx/config';

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

/**
 * @throws {ConfigError} `CONFIG_BAD_VALUE`, `CONFIG_BAD_LINE`, `CONFIG_TOO_LARGE`, `CONFIG_NOT_WRITABLE`.
 *
 * @returns notes for the user.
 */
export function changeKeys({ level, path }: LevelFile, changes: KeyChanges, settings: Settings): string[] {
  for (const [name, value] of changes) checkChange(name, value);
  const old = readEnvFile(path);
  let text = old.text;
  for (const [name, value] of changes) {
    text = value === undefined ? unsetInEnvText(text, name, path) : setInEnvText(text, name, value, path);
  }
  const isTrusted = level !== 'project' || isTrustedNow(path, old.bytes, settings);
  if (text !== old.text) storeText(path, text, old, { level, isTrusted }, settings);
  const ignored = isTrusted
    ? []
    : [...changes].filter(([name, value]) => value !== undefined && keyRow(name).trust !== 'any').map(([name]) => name);
  return [
    ...(ignored.length === 0
      ? []
      : [`${path} is not trusted, so ${ignored.join(', ')} does not count in it yet (sx config trust)`]),
    ...[...changes.keys()].flatMap((name) => shadowNote(name, level, settings)),
    ...secretNotes({ level, path }, changes),
  ];
}

/** A secret in a place where others may find it. */
function secretNotes({ level, path }: LevelFile, changes: KeyChanges): string[] {
  const isSecret = (name: KeyName, value = ''): boolean => value !== '' && keyRow(name).secret === true;
  const secrets = [...changes].filter(([name, value]) => isSecret(name, value)).map(([name]) => name);
  if (secrets.length === 0) return [];
  const mode = statSync(path, { throwIfNoEntry: false })?.mode ?? 0;
  return [
    ...(level === 'project'
      ? [`${secrets.join(', ')} is a secret, and ${path} may end up in a repository: --level user keeps it out`]
      : []),
    ...((mode & 0o077) === 0 ? [] : [`other users may read ${path}: chmod 600`]),
  ];
}

/**
 * Keeps trust where there was some.
 *
 * @throws {ConfigError} `CONFIG_NOT_WRITABLE`, also where the file is not what it was when it was read.
 */
export function storeText(
  path: string,
  text: string,
  old: FileText,
  { level, isTrusted }: { readonly level: LevelFile['level']; readonly isTrusted: boolean },
  settings: Settings,
): void {
  if (readEnvFile(path).text !== old.text) {
    throw new ConfigError('CONFIG_NOT_WRITABLE', `${path} was changed by another program meanwhile; nothing was written`);
  }
  if (level === 'project') checkInside(path, settings.projectRoot);
  writeFileWhole(path, text);
  if (level === 'project' && isTrusted) recordTrust(path, Buffer.from(text), settings);
}

/** A link that came with the project must not make us write elsewhere. @throws {ConfigError} `CONFIG_NOT_WRITABLE`. */
function checkInside(path: string, projectRoot: string): void {
  const root = `${realpathSync(projectRoot)}${sep}`;
  for (const place of [dirname(path), path]) {
    if (lstatSync(place, { throwIfNoEntry: false })?.isSymbolicLink() !== true) continue;
    const target = existsSync(place) ? realpathSync(place) : undefined;
    if (target?.startsWith(root) !== true) {
      throw new ConfigError('CONFIG_NOT_WRITABLE', `${place} is a link that leads out of the project; nothing was written`);
    }
  }
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
