/** `sx sbom`: everything that is inside, on a page. There is no third-party package to list; Node's own libraries are. */
import type { ExitCode } from '../cli/exit-codes.ts';
import type { Arguments } from '../cli/parse-arguments.ts';
import { embeddedManifest, type Manifest } from '../embedded-manifest.ts';
import type { Invocation } from '../invocation.ts';
import { VERSION } from '../version.ts';

export async function run({ program, stdout }: Invocation, args: Arguments): Promise<ExitCode> {
  const manifest = await embeddedManifest(program);
  const versions = Object.entries(process.versions).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '');
  await stdout.write(args.on('json') ? jsonReport(manifest, versions) : textReport(manifest, versions));
  return 0;
}

function jsonReport(manifest: Manifest, versions: readonly [string, string][]): string {
  return `${JSON.stringify({ sx: VERSION, platform: process.platform, arch: process.arch, runtime: Object.fromEntries(versions), ...manifest })}\n`;
}

function textReport(manifest: Manifest, versions: readonly [string, string][]): string {
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
    `Our files, ${manifest.files.length} in ${groups.size} packages, with the beginning of their sha256 (--json has all of it):`,
    ...[...groups].flatMap(([name, files]) => [`  ${name}`, ...wrapped(files.map(({ file, sha256 }) => `${file.slice(name.length + 1).replace(/^src\//, '')} ${sha256.slice(0, 12)}`), 120, '    ')]),
    '',
  ].join('\n');
}

function byPackage({ files }: Manifest): Map<string, { file: string; sha256: string }[]> {
  const groups = new Map<string, { file: string; sha256: string }[]>();
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
