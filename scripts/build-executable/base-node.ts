/**
 * The Node that the executable is made of: the one pinned in the lock file, never whatever happens to run the script.
 *
 * For this machine npm has installed it. For another machine it is fetched with `npm pack` and its digest compared
 * with the lock file's `integrity` before a byte of it is used.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { root } from './root.ts';

export const TARGETS = ['linux-x64', 'linux-arm64'] as const;
export type Target = (typeof TARGETS)[number];
export const HOST_TARGET = `${process.platform}-${process.arch}`;

export function isTarget(value: string): value is Target {
  return TARGETS.some((target) => target === value);
}

interface Locked {
  readonly version: string;
  readonly integrity: string;
}

function locked(name: string): Locked {
  const lock: { packages?: Record<string, { version?: string; integrity?: string }> } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const entry = lock.packages?.[`node_modules/${name}`];
  if (entry?.version === undefined || entry.integrity === undefined) throw new Error(`package-lock.json has no integrity for ${name}`);
  return { version: entry.version, integrity: entry.integrity };
}

/** Path of the node binary for a target. */
export function baseNode(target: Target): string {
  const name = `node-${target}`;
  const { version, integrity } = locked(name);
  const installed = join(root, 'node_modules', name, 'bin/node');
  if (target === HOST_TARGET && existsSync(installed)) return installed;
  return fetched(name, version, integrity);
}

function fetched(name: string, version: string, integrity: string): string {
  const folder = join(root, 'build/base', `${name}-${version}`);
  const node = join(folder, 'package/bin/node');
  const archive = join(folder, `${name}-${version}.tgz`);
  if (!existsSync(archive)) {
    mkdirSync(folder, { recursive: true });
    execFileSync('npm', ['pack', '--silent', '--pack-destination', folder, `${name}@${version}`], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
  }
  const digest = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`;
  if (digest !== integrity) throw new Error(`${archive}: digest ${digest} is not the lock file's ${integrity}`);
  execFileSync('tar', ['-xzf', archive, '-C', folder, 'package/bin/node']);
  return node;
}
