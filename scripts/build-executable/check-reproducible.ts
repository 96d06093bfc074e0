/**
 * `npm run build:exe -- --check` builds the executable in two fresh folders and compares: the same sources must give the same
 * bytes.
 *
 * In: the files that git knows or would take, as they are in the work tree. Out: both digests, and whether they are equal.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { root } from './root.ts';

function buildIn(folder: string): string {
  execFileSync('sh', ['-c', 'git ls-files -z --cached --others --exclude-standard | tar -cf - --null -T - | tar -xf - -C "$0"', folder], { cwd: root });
  // Links of workspaces are relative, so a copy of node_modules points into the copy.
  execFileSync('cp', ['-a', 'node_modules', folder], { cwd: root });
  const { status, stderr } = spawnSync(process.execPath, ['scripts/build-executable/main.ts'], { cwd: folder, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return readFileSync(join(folder, 'dist/SHA256SUMS'), 'utf8').slice(0, 64);
}

export function checkReproducible(): boolean {
  const folders = [mkdtempSync(join(tmpdir(), 'sx-a-')), mkdtempSync(join(tmpdir(), 'sx-another-name-'))];
  try {
    const digests = folders.map((folder) => buildIn(folder));
    process.stdout.write(folders.map((folder, index) => `${digests[index] ?? ''}  ${folder}\n`).join(''));
    const same = new Set(digests).size === 1;
    process.stdout.write(same ? 'reproducible: both builds are identical\n' : 'NOT reproducible: the builds differ\n');
    return same;
  } finally {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  }
}
