/**
 * The segments to a blob that Node's single-executable loader reads, by Node itself (`--experimental-sea-config`).
 *
 * All paths are relative: the text of `main` is stored in the blob. `--random-seed=1` makes the code cache the same in
 * every build (V8 seeds its hashes at random otherwise) and it is still accepted at run time. A code cache holds only for the
 * kind of machine that made it, so foreign targets go without.
 * `--min-semi-space-size=8` (MB; V8 begins with 1) spares a turn its collections of what it has just loaded.
 * `execArgvExtension: none` closes the executable to `NODE_OPTIONS`, `--disable-sigusr1` to the inspector's signal.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Bundle } from './bundle.ts';
import { packed, packSegments } from './pack.ts';
import { root } from './root.ts';
import { START } from './segments.ts';

interface BlobOptions {
  readonly bundle: Bundle;
  readonly manifest: string;
  readonly work: string;
  readonly codeCache: boolean;
}

export function makeBlob({ bundle, manifest, work, codeCache }: BlobOptions): string {
  const config = `${work}/sea-config.json`;
  const output = `${work}/sx.blob`;
  const assets = packSegments(bundle);
  const settings = {
    main: `${bundle.folder}/${START}.cjs`,
    output,
    disableExperimentalSEAWarning: true,
    useSnapshot: false,
    useCodeCache: codeCache,
    execArgv: ['--disable-sigusr1', '--min-semi-space-size=16'],
    execArgvExtension: 'none',
    assets: { 'manifest.json.br': packed(manifest), ...assets },
  };
  writeFileSync(join(root, config), JSON.stringify(settings));
  const { status, stderr } = spawnSync(process.execPath, ['--random-seed=1', '--experimental-sea-config', config], { cwd: root, env: {}, encoding: 'utf8' });
  if (status !== 0) throw new Error(`node --experimental-sea-config failed: ${stderr}`);
  return output;
}
