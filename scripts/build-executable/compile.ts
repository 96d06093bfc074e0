/** TypeScript to CommonJS: the executable's loader knows no other module system that starts as fast. */
import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { root } from './root.ts';

/** Compiles everything that the executable may hold into `folder` (relative to the root) and returns it. */
export function compile(folder: string): string {
  rmSync(join(root, folder), { recursive: true, force: true });
  const project = join(root, dirname(folder), 'tsconfig.json');
  writeFileSync(project, JSON.stringify(projectFile(folder), null, 2));
  execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', project], { cwd: root, stdio: 'inherit' });
  return folder;
}

function projectFile(folder: string): object {
  const up = (path: string): string => join(root, path);
  return {
    extends: up('tsconfig.base.json'),
    compilerOptions: {
      composite: false,
      declaration: false,
      module: 'commonjs',
      moduleResolution: 'bundler',
      verbatimModuleSyntax: false,
      // The bundle defines the two helpers once, instead of every file for itself.
      noEmitHelpers: true,
      removeComments: true,
      // Errors belong to `npm run check`; here the same sources under CommonJS rules only have to be turned around.
      rootDir: root,
      outDir: up(folder),
      typeRoots: [up('node_modules/@types')],
    },
    include: [up('apps/sx/src'), up('packages/*/src')],
    exclude: [up('apps/sx/src/bin.ts'), up('packages/simulator'), up('packages/testkit')],
  };
}
