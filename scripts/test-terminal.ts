/**
 * `npm run test:terminal`: the built program in tmux, from Debian's packages: keys in, the screen as text out. `SHOW_SCREENS=1`
 * prints the screens.
 *
 * Installs the package where it is absent. Exit code 77, with the reason, where that cannot be done.
 */
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const isInstalled = (): boolean => spawnSync('tmux', ['-V'], { stdio: 'ignore' }).status === 0;

function giveUp(reason: string): never {
  process.stderr.write(`test:terminal cannot run here: ${reason}\n`);
  process.exit(77);
}

if (process.platform === 'win32') giveUp('it needs tmux');
if (!isInstalled()) {
  spawnSync('apt-get', ['update', '-qq'], { stdio: 'ignore' });
  spawnSync('apt-get', ['install', '-y', '-qq', 'tmux'], { stdio: 'ignore', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } });
}
if (!isInstalled()) giveUp('tmux is missing and cannot be installed');
const files = ['terminal', 'first-run', 'leaving'].map((name) => `apps/sx/interop/${name}.interop.ts`);
process.exitCode = spawnSync(process.execPath, ['scripts/test.ts', ...files], { cwd: root, stdio: 'inherit' }).status ?? 1;
