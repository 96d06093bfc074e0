/**
 * “Always”: a rule of the user's, at the end of `SX_HOME/permissions.txt`. A relative path in it would count from wherever sx is
 * run, so it is made absolute.
 */
import { appendFileSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { parseRule, type PermissionRule } from '@sx/agent';

import { stateDirectoryOf } from '../../config-files/level.ts';
import type { Settings } from '../../settings.ts';
import { lastingRule } from './approval.ts';

/** @throws {ConfigError} without a home directory; what the file system throws. */
export function storeRule(text: string, settings: Settings): PermissionRule {
  const directory = stateDirectoryOf(settings);
  const file = join(directory, 'permissions.txt');
  const rule = parseRule('allow', lastingRule(text, settings.workingDirectory), file);
  if (/[\r\n]/.test(rule.text)) throw new Error('a rule of several lines cannot be stored');
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  appendFileSync(file, `${endsLine(file) ? '' : '\n'}allow ${rule.text}\n`, { mode: 0o600 });
  return rule;
}

function endsLine(file: string): boolean {
  try {
    const text = readFileSync(file, 'utf8');
    return text === '' || text.endsWith('\n');
  } catch {
    return true;
  }
}

export function sessionRule(text: string): PermissionRule {
  return parseRule('allow', text, 'this session');
}
