/** Where the state directory is: `SX_HOME`, else `~/.scorpiox`; none where the machine has no home for us. */
import { statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';

import { ConfigError } from './config-error.ts';

export interface Home {
  /** The user's home directory, for `~/`; undefined where there is none, or where it does not exist. */
  readonly userDirectory: string | undefined;
  /** Absolute; undefined: sessions are ephemeral and nothing is stored. It need not exist yet. */
  readonly stateDirectory: string | undefined;
}

/**
 * @param homedir - `os.homedir`, which throws where HOME is unset and the user has no passwd entry.
 * @throws {ConfigError} `CONFIG_BAD_HOME` where `SX_HOME` is a relative path, or `~/…` without a home.
 */
export function findHome(environment: Readonly<Record<string, string | undefined>>, homedir: () => string): Home {
  const userDirectory = absoluteOr(homedir);
  const wanted = environment['SX_HOME'];
  if (wanted === undefined || wanted === '') {
    return { userDirectory, stateDirectory: userDirectory === undefined ? undefined : join(userDirectory, '.scorpiox') };
  }
  const stateDirectory = expandHome(wanted, userDirectory);
  if (!isAbsolute(stateDirectory)) {
    throw new ConfigError('CONFIG_BAD_HOME', 'SX_HOME is not an absolute path', { hint: 'start it with / or, where there is a home directory, with ~/' });
  }
  return { userDirectory, stateDirectory };
}

function absoluteOr(homedir: () => string): string | undefined {
  try {
    const found = homedir();
    // `HOME=/nonexistent` is the usual way to say that there is none; root could create it, and must not.
    return isAbsolute(found) && statSync(found).isDirectory() ? found : undefined;
  } catch {
    return undefined;
  }
}

/** `~` and `~/x` by the home directory; everything else, and all where there is no home, stays as it is. */
export function expandHome(path: string, userDirectory: string | undefined): string {
  if (userDirectory === undefined || (path !== '~' && !path.startsWith('~/'))) return path;
  return join(userDirectory, path.slice(1));
}
