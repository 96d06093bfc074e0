/**
 * `npm run test:ssh`: our SSH client against OpenSSH and dropbear from Debian's packages, in every combination of algorithms both know;
 * then `dist/sx` as it fetches tokens from such a server.
 *
 * Installs the packages where they are absent. Exit code 77, with the reason, where that cannot be done or where it is not run as
 * root (the servers check passwords of a test user).
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

const NEEDED = { '/usr/sbin/sshd': 'openssh-server', '/usr/bin/ssh-keygen': 'openssh-client', '/usr/sbin/dropbear': 'dropbear-bin' };
const root = resolve(import.meta.dirname, '..');

function giveUp(reason: string): never {
  process.stderr.write(`test:ssh cannot run here: ${reason}\n`);
  process.exit(77);
}

if (process.platform !== 'linux' || process.getuid?.() !== 0) giveUp('it needs Linux and root, for servers that check a password');
const missing = Object.entries(NEEDED).filter(([path]) => !existsSync(path)).map(([, name]) => name);
if (missing.length > 0) {
  spawnSync('apt-get', ['update', '-qq'], { stdio: 'ignore' });
  spawnSync('apt-get', ['install', '-y', '-qq', ...missing], { stdio: 'ignore', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } });
}
const absent = Object.keys(NEEDED).filter((path) => !existsSync(path));
if (absent.length > 0) giveUp(`${absent.join(', ')} is missing and cannot be installed`);

// One after the other: they share the user that logs in.
const files = ['packages/ssh/interop/openssh.interop.ts', 'packages/ssh/interop/dropbear.interop.ts', 'apps/sx/interop/ssh-token.interop.ts'];
for (const file of files) {
  const { status } = spawnSync(process.execPath, ['scripts/test.ts', file], { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}
