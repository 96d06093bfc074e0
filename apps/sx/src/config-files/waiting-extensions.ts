/**
 * What a project brings along beside its configuration, and which does not count yet: MCP servers, hooks, skills, commands,
 * allow rules. Each is trusted by its path, never along with something else, so that nobody vouches for what he has not seen.
 */
import { existsSync, realpathSync } from 'node:fs';
import { join, relative } from 'node:path';

import { configLimits, isTrusted, readFileOnce } from '@sx/config';

import type { Settings } from '../settings.ts';
import { filesOf } from './trust-file.ts';

export interface WaitingExtension {
  /** `3 hooks`. */
  readonly what: string;
  /** For `sx config trust`, seen from the working directory. */
  readonly path: string;
}

const PLACES: readonly { readonly path: string; readonly one: string; readonly many: string; readonly counts: RegExp; readonly holds?: RegExp }[] = [
  { path: '.mcp.json', one: 'file of MCP servers', many: '', counts: /./ },
  { path: '.scorpiox/permissions.txt', one: 'file of allow rules', many: '', counts: /./, holds: /^\s*allow\s/m },
  { path: '.scorpiox/hooks', one: 'hook', many: 'hooks', counts: /./ },
  { path: '.scorpiox/skills', one: 'skill', many: 'skills', counts: /[\\/]SKILL\.md$/ },
  { path: '.claude/skills', one: 'skill', many: 'skills', counts: /[\\/]SKILL\.md$/ },
  { path: '.scorpiox/commands', one: 'command', many: 'commands', counts: /\.md$/ },
];

export function waitingExtensions(settings: Settings): WaitingExtension[] {
  const { projectRoot, workingDirectory, home } = settings;
  if (settings.bare || join(projectRoot, '.scorpiox') === home.stateDirectory) return [];
  return PLACES.flatMap(({ path: place, one, many, counts, holds }) => {
    const path = join(projectRoot, place);
    if (!existsSync(path)) return [];
    const count = waitingAt(path, settings, (file, text) => counts.test(file) && (holds?.test(text()) ?? true));
    return count === 0 ? [] : [{ what: `${count} ${count === 1 ? one : many}`, path: relative(workingDirectory, path) }];
  });
}

/** What cannot be read is not counted: to trust it fails with the reason. */
function waitingAt(path: string, { trust }: Settings, counts: (file: string, text: () => string) => boolean): number {
  try {
    return filesOf(path).filter((file) => {
      const content = readFileOnce(file, configLimits.fileBytesMax);
      if (content === undefined || isTrusted(trust, realpathSync(file), content.bytes)) return false;
      return counts(file, () => Buffer.from(content.bytes).toString('utf8'));
    }).length;
  } catch {
    return 0;
  }
}
