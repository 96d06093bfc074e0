/**
 * What of ours is inside, with hashes. In the executable the build put it there as an asset; unbuilt, the files themselves
 * are hashed, so that the answer is true in both.
 */
import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

export interface Manifest {
  /** The one file that the sources were bundled into; only in the executable. */
  readonly bundle?: { readonly bytes: number; readonly sha256: string };
  readonly files: readonly { readonly file: string; readonly sha256: string }[];
}

export async function embeddedManifest(program: { readonly path: string; readonly built: boolean }): Promise<Manifest> {
  if (!program.built) return sourceManifest(dirname(program.path));
  const { getAsset } = await import('node:sea');
  const { brotliDecompressSync } = await import('node:zlib');
  return readManifest(JSON.parse(brotliDecompressSync(getAsset('manifest.json.br')).toString()));
}

function readManifest(value: unknown): Manifest {
  const files: unknown = fieldOf(value, 'files');
  const bundle: unknown = fieldOf(value, 'bundle');
  if (!Array.isArray(files)) throw new TypeError('manifest.json: $.files is no array');
  return {
    bundle: { bytes: Number(fieldOf(bundle, 'bytes')), sha256: String(fieldOf(bundle, 'sha256')) },
    files: files.map((entry: unknown) => ({ file: String(fieldOf(entry, 'file')), sha256: String(fieldOf(entry, 'sha256')) })),
  };
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

/** `home` is `apps/sx/src` of the repository. */
function sourceManifest(home: string): Manifest {
  const root = resolve(home, '../../..');
  const paths = globSync(['apps/sx/src/**/*.ts', 'packages/*/src/**/*.ts'], { cwd: root })
    .filter((file) => !/^packages\/(simulator|testkit)\//.test(file))
    .sort();
  return { files: paths.map((file) => ({ file: relative(root, join(root, file)), sha256: createHash('sha256').update(readFileSync(join(root, file))).digest('hex') })) };
}
