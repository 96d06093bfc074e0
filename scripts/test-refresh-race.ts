/**
 * `npm run test:refresh-race`: real `dist/sx` processes against an issuer whose refresh tokens work once. First the short form, which is
 * part of `npm test` too, then many rounds and kills at any moment.
 *
 * `unshare` and `mount` are used where the system lets this user have a mount namespace; without one the full disk is a file size limit.
 */
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
for (const file of ['apps/sx/test/program/refresh-race.test.ts', 'apps/sx/interop/refresh-race.interop.ts']) {
  const { status } = spawnSync(process.execPath, ['scripts/test.ts', file], { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}
