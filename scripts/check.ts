/**
 * `npm run check`: types, import arrows, documents. Runs all of them, so that one fault does not hide another.
 * `npm run check -- --write` first writes the documents that are generated from tables in the code.
 */
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const steps: readonly (readonly string[])[] = [
  ...(process.argv.includes('--write') ? [['--conditions=@sx/source', 'scripts/write-docs.ts']] : []),
  ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.test.json'],
  ['scripts/check-imports.ts'],
  ['--conditions=@sx/source', 'scripts/check-docs.ts'],
];
let failed = 0;
for (const step of steps) {
  const { status } = spawnSync(process.execPath, step, { cwd: root, stdio: 'inherit' });
  if (status !== 0) failed += 1;
  else process.stdout.write(`ok: ${step.filter((word) => !word.startsWith('--')).join(' ')}\n`);
}
process.exitCode = failed === 0 ? 0 : 1;
