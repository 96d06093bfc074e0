/** Where hooks may lie. By itself, so that a session without them loads nothing more. */
import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';

import type { Settings } from '../settings.ts';

/** Directories that hold hooks; none where they are switched off. */
export function hookDirectories(
  { config, home, projectRoot, bare }: Settings,
): { readonly own: string | undefined; readonly project: string | undefined } {
  const at = (
    path: string | undefined,
  ): string | undefined => (config.on('HOOKS_ENABLED') && path !== undefined && existsSync(path) ? path : undefined);
  const own = at(home.stateDirectory === undefined ? undefined : join(home.stateDirectory, 'hooks'));
  const project = at(bare ? undefined : join(projectRoot, '.scorpiox', 'hooks'));
  // The home directory as project: its hooks are the user's.
  return {
    own,
    project: own !== undefined && project !== undefined && realpathSync(own) === realpathSync(project) ? undefined : project,
  };
}
