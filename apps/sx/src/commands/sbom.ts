/**
 * `sx sbom`: everything that is inside, on a page. There is no third-party package to list; Node's own libraries are.
 *
 * A package's digest is that of its lines `<sha256>  <file>`, sorted, as `sha256sum` prints them from the root of the repository;
 * `--verbose` names every file with its own.
 */
import { createHash } from 'node:crypto';

import type { ExitCode } from '../cli/exit-codes.ts';
import type { Arguments } from '../cli/parse-arguments.ts';
import { embeddedManifest, type Manifest } from '../embedded-manifest.ts';
import type { Invocation } from '../invocation.ts';
import { VERSION } from '../version.ts';

export async function run({ program, stdout }: Invocation, args: Arguments): Promise<ExitCode> {
  const manifest = await embeddedManifest(program);
  const versions = Object.entries(process.versions).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '');
  await stdout.write(args.on('json') ? jsonReport(manifest, versions) : textReport(manifest, versions, args.on('verbose')));
  return 0;
}

function jsonReport(manifest: Manifest, versions: readonly [string, string][]): string {
  return `${JSON.stringify({ sx: VERSION, platform: process.platform, arch: process.arch, runtime: Object.fromEntries(versions), ...manifest })}\n`;
}

function textReport(manifest: Manifest, versions: readonly [string, string][], everyFile: boolean): string {
  const libraries = versions.filter(([name]) => name !== 'node').map(([name, version]) => `${name} ${version}`);
  const groups = byPackage(manifest);
  return [
    `sx ${VERSION} (${process.platform}-${process.arch}), MIT`,
    ...(manifest.bundle === undefined ? ['unbuilt: sources run by Node itself'] : [`bundle ${manifest.bundle.bytes} bytes, sha256 ${manifest.bundle.sha256}`]),
    '',
    `Node ${process.versions.node}, with its own libraries:`,
    ...wrapped(libraries, 100),
    '',
    'npm packages of others: none',
    '',
    `Our files, ${manifest.files.length} in ${groups.size} packages, by sha256 (each of them: --verbose, --json):`,
    ...[...groups].flatMap(([name, files]) => (everyFile ? [`  ${name}`, ...files.map(fileLine)] : [packageLine(name, files)])),
    '',
  ].join('\n');
}

interface HashedFile {
  readonly file: string;
  readonly sha256: string;
}

function packageLine(name: string, files: readonly HashedFile[]): string {
  const sums = files.map(({ file, sha256 }) => `${sha256}  ${file}\n`).join('');
  return `  ${name.padEnd(30)} ${String(files.length).padStart(3)} files  ${createHash('sha256').update(sums).digest('hex')}`;
}

function fileLine({ file, sha256 }: HashedFile): string {
  return `    ${sha256}  ${file}`;
}

function byPackage({ files }: Manifest): Map<string, HashedFile[]> {
  const groups = new Map<string, HashedFile[]>();
  for (const entry of files) {
    const name = entry.file.split('/').slice(0, 2).join('/');
    groups.set(name, [...(groups.get(name) ?? []), entry]);
  }
  return groups;
}

function wrapped(words: readonly string[], width: number, indent = '  '): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of words) {
    if (line !== '' && indent.length + line.length + word.length + 3 > width) {
      lines.push(indent + line);
      line = '';
    }
    line += line === '' ? word : ` · ${word}`;
  }
  return line === '' ? lines : [...lines, indent + line];
}
