/**
 * `npm run bench` and `npm run bench:net`: installs the peers into `bench/` when they are not there, builds what is stale, and
 * runs the groups named by the arguments (all but `net` and `tui` without any). Other arguments are the group's own: `-- start-up one-shot`,
 * `-- net events-260 --rounds 3`.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { ensureExecutable } from './build-executable/ensure.ts';

const root = resolve(import.meta.dirname, '..');
const bench = join(root, 'bench');
await ensureExecutable();
const { dependencies }: { dependencies: Record<string, string> } = JSON.parse(readFileSync(join(bench, 'package.json'), 'utf8'));
const missing = Object.keys(dependencies).some((name) => !existsSync(join(bench, 'node_modules', name)));
if (missing) execFileSync('npm', ['ci', '--ignore-scripts', '--loglevel=error'], { cwd: bench, stdio: 'inherit' });

const args = process.argv.slice(2);
const isGroup = (arg: string): boolean => existsSync(join(bench, arg, 'main.ts'));
const groups = args.filter(isGroup);
const own = args.filter((arg) => !isGroup(arg));
const files = groups.length === 0 ? ['main.ts'] : groups.map((group) => `${group}/main.ts`);
for (const file of files) {
  const { status } = spawnSync(process.execPath, ['--conditions=@sx/source', '--expose-gc', join(bench, file), ...own], { cwd: bench, stdio: 'inherit' });
  if (status !== 0) process.exitCode = status ?? 1;
}
