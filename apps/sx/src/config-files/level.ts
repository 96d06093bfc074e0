/** The files that `sx config` changes, by the word for each. Profiles are changed with an editor of the user's own. */
import { dirname, join } from 'node:path';
import { realpathSync } from 'node:fs';

import { ConfigError, ENV_FILE } from '@sx/config';

import type { Invocation } from '../invocation.ts';
import type { Settings } from '../settings.ts';

export type Level = 'global' | 'user' | 'project';

export interface LevelFile {
  readonly level: Level;
  readonly path: string;
}

/**
 * Any other word means the project, which is the default of the original.
 *
 * @throws {ConfigError} `CONFIG_NOT_WRITABLE` where there is no such place.
 */
export function levelFile(word: string | undefined, { program }: Invocation, settings: Settings): LevelFile {
  switch (word) {
    case 'global':
      if (!program.built) {
        throw new ConfigError('CONFIG_NOT_WRITABLE', 'there is no file beside the executable: this is not the built one');
      }
      return { level: 'global', path: join(dirname(realpathSync(program.path)), ENV_FILE) };
    case 'user':
      return { level: 'user', path: join(stateDirectoryOf(settings), ENV_FILE) };
    default:
      return { level: 'project', path: join(settings.projectRoot, '.scorpiox', ENV_FILE) };
  }
}

/** @throws {ConfigError} `CONFIG_NOT_WRITABLE` where there is no home. */
export function stateDirectoryOf({ home }: Settings): string {
  if (home.stateDirectory === undefined) {
    throw new ConfigError('CONFIG_NOT_WRITABLE', 'there is no home directory to store that in', {
      hint: 'set SX_HOME to an absolute path',
    });
  }
  return home.stateDirectory;
}
