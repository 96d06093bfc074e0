/**
 * Skills of a session. The project's, `.scorpiox/skills` and `.claude/skills`, win over the user's, `SX_HOME/skills`, and those
 * over `ADDITIONAL_SKILLS`. A skill instructs the model, so what lies in the project counts only once its file is trusted as it
 * is.
 */
import { existsSync, realpathSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';

import { readSkills, type Skills } from '@sx/agent';
import { expandHome, isTrusted } from '@sx/config';

import type { Settings } from '../settings.ts';

/** Undefined where there is no directory of skills. */
export function composeSkills({ config, home, projectRoot, workingDirectory, trust, bare }: Settings): Skills | undefined {
  const own = home.stateDirectory === undefined ? undefined : join(home.stateDirectory, 'skills');
  const project = bare ? [] : [join(projectRoot, '.scorpiox', 'skills'), join(projectRoot, '.claude', 'skills')];
  const additional = config.list('ADDITIONAL_SKILLS').map(
    (path) => resolve(workingDirectory, expandHome(path, home.userDirectory)),
  );
  const directories = [...project, ...(own === undefined ? [] : [own]), ...additional].filter((path) => existsSync(path));
  if (directories.length === 0) return undefined;
  const isOwn = (path: string): boolean => own !== undefined && existsSync(own) && path.startsWith(`${realpathSync(own)}${sep}`);
  // A directory that the user added may lie in the project all the same, and be the repository's.
  const isProjects = (path: string): boolean => !isOwn(path) && path.startsWith(`${realpathSync(projectRoot)}${sep}`);
  return readSkills({ directories, trusts: (path, bytes) => !isProjects(path) || isTrusted(trust, path, bytes) });
}
