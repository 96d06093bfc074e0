/** Builds `dist/sx` where it is missing or older than anything that goes into it. For tests, demo and benchmarks. */
import { globSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { HOST_TARGET } from './base-node.ts';
import { buildExecutable } from './main.ts';
import { root } from './root.ts';

const INPUTS = ['apps/sx/src/**/*.ts', 'packages/*/src/**/*.ts', 'packages/*/package.json', 'scripts/build-executable/*.ts', 'tsconfig.base.json', 'package-lock.json'];

export async function ensureExecutable(): Promise<string> {
  const path = join(root, 'dist/sx');
  const built = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const stale = globSync(INPUTS, { cwd: root })
    .filter((file) => !/^packages\/(simulator|testkit)\//.test(file))
    .some((file) => statSync(join(root, file)).mtimeMs >= built);
  if (stale) buildExecutable(HOST_TARGET);
  return path;
}
