/**
 * “Always”: a rule in the user's `SX_HOME/permissions.txt`, in the section of this project, so that it holds nowhere else. A
 * relative path in it would count from wherever sx is run, so it is made absolute.
 *
 * The file is read, changed and replaced whole under a lock, so that two programs that answer at once keep both rules; nothing
 * is written that could not be read again. A new file has mode 0600; one that is there keeps its own.
 */
import { realpathSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import {
  addRuleLine, escapeGlob, formatSection, isSectionOf, parseRule, parseRules, type PermissionRule, sectionFault,
} from '@sx/agent';
import { configLimits, ConfigError, readFileOnce, writeFileWhole } from '@sx/config';
import { acquireFileLock, lockPathOf } from '@sx/net';

import { RULES_FILE } from '../../compose/permissions.ts';
import type { Settings } from '../../settings.ts';

/** What “always” would write, and where. */
export interface LastingRule {
  /** Without the effect. */
  readonly rule: string;
  readonly file: string;
  /** The line above it. */
  readonly section: string;
}

const LOCK_TIMEOUT_MS = 5_000;
/** No line of a text file holds these, or not only this path is meant. */
const UNWRITABLE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufffd]/;

/** Undefined where it cannot be kept: without a home, or for a name that no line of a file can hold. */
export function lastingRule(suggested: string, { home, projectRoot, workingDirectory }: Settings): LastingRule | undefined {
  const path = /^(read|edit)\(\.\/(.*)\)$/s.exec(suggested);
  const rule = path === null ? suggested : `${path[1]}(${join(escapeGlob(workingDirectory), path[2] ?? '')})`;
  if (home.stateDirectory === undefined || UNWRITABLE.test(rule) || sectionFault(projectRoot) !== undefined) return undefined;
  return { rule, file: join(home.stateDirectory, RULES_FILE), section: formatSection(projectRoot) };
}

/** @throws {ConfigError}, {NetError} of the lock; {AgentError} `AGENT_BAD_RULE`, also where somebody broke the file meanwhile. */
export async function storeRule({ rule, file, section }: LastingRule, { home, projectRoot }: Settings): Promise<PermissionRule> {
  const { stateDirectory, userDirectory } = home;
  if (stateDirectory !== undefined) await mkdir(stateDirectory, { recursive: true, mode: 0o700 });
  const lock = await acquireFileLock(lockPathOf(realPath(file)), { timings: { lockTimeoutMs: LOCK_TIMEOUT_MS } });
  try {
    const bytes = readFileOnce(file, configLimits.fileBytesMax)?.bytes ?? new Uint8Array();
    const text = decode(bytes, file);
    parseRules(text, file, { sections: true });
    const next = addRuleLine(text, `allow ${rule}`, (path) => isSectionOf(path, projectRoot, userDirectory), section);
    parseRules(next, file, { sections: true });
    if (next !== text) writeFileWhole(file, next);
  } finally {
    await lock.release();
  }
  return parseRule('allow', rule, `${file} ${section}`);
}

function decode(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new ConfigError('CONFIG_NOT_UTF8', `${file} is not UTF-8 text, so nothing was written`, { cause });
  }
}

function realPath(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return file;
  }
}

export function sessionRule(text: string): PermissionRule {
  return parseRule('allow', text, 'this session');
}
