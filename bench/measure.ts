/**
 * Measuring other processes and printing ratios.
 *
 * Every comparison interleaves its candidates, round by round, so that a noisy neighbour hits both; figures are medians.
 * CPU comes from the shell's `time` (milliseconds), peak memory from GNU time, wall time from our own clock.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Sample {
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly peakRssMb: number;
}

export interface Candidate {
  readonly name: string;
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/**
 * A freshly written executable is mapped in larger pieces than one that was read from disk, which reads as 20 to 30 MB more of resident
 * memory. Where we may (root), the page cache is dropped, so that all candidates start alike.
 */
export function dropPageCache(): void {
  try {
    spawnSync('sync');
    writeFileSync('/proc/sys/vm/drop_caches', '3');
  } catch {
    process.stdout.write('page cache not dropped (not root): peak memory of freshly built files reads too high\n');
  }
}

export function requireGnuTime(): void {
  if (existsSync('/usr/bin/time')) return;
  spawnSync('apt-get', ['install', '-y', 'time'], { stdio: 'ignore' });
  if (existsSync('/usr/bin/time')) return;
  process.stderr.write('this benchmark needs GNU time (Debian package "time"), which cannot be installed here\n');
  process.exit(77);
}

/** Runs a command once. The environment holds what the candidate asks for and nothing else. Does not block: servers may live in this process. */
export async function measure({ name, command, env = {}, cwd = tmpdir() }: Candidate): Promise<Sample> {
  const folder = mkdtempSync(join(tmpdir(), 'sx-bench-'));
  const memory = join(folder, 'rss');
  const script = `TIMEFORMAT='%3U %3S'; time /usr/bin/time -f %M -o "${memory}" "$@" >/dev/null 2>"${folder}/stderr" </dev/null`;
  const started = process.hrtime.bigint();
  const child = spawn('/bin/bash', ['-c', script, 'measure', ...command], { cwd, env: { ...env }, stdio: ['ignore', 'ignore', 'pipe'] });
  let times = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (times += text));
  const [status]: unknown[] = await once(child, 'close');
  const wallMs = Number(process.hrtime.bigint() - started) / 1e6;
  if (status !== 0) throw new Error(`${name} failed with ${String(status)}: ${readFileSync(join(folder, 'stderr'), 'utf8')}`);
  const [user = 0, system = 0] = times.trim().split(' ').map(Number);
  const peakRssMb = Number(readFileSync(memory, 'utf8').trim().split('\n').at(-1)) / 1024;
  rmSync(folder, { recursive: true });
  return { wallMs, cpuMs: (user + system) * 1000, peakRssMb };
}

/** Runs all candidates `rounds` times, interleaved, after one round that is thrown away. */
export async function compare(candidates: readonly Candidate[], rounds: number): Promise<Map<string, Sample>> {
  const samples = new Map<string, Sample[]>(candidates.map(({ name }) => [name, []]));
  for (let round = 0; round <= rounds; round += 1) {
    for (const candidate of candidates) {
      const sample = await measure(candidate);
      if (round > 0) samples.get(candidate.name)?.push(sample);
    }
  }
  return new Map([...samples].map(([name, list]) => [name, medianSample(list)]));
}

function medianSample(list: readonly Sample[]): Sample {
  return {
    wallMs: median(list.map(({ wallMs }) => wallMs)),
    cpuMs: median(list.map(({ cpuMs }) => cpuMs)),
    peakRssMb: median(list.map(({ peakRssMb }) => peakRssMb)),
  };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

/** One table, the first row being what the others are compared with. */
export function printTable(title: string, samples: ReadonlyMap<string, Sample>, aims: Readonly<Record<string, string>> = {}): void {
  const [[baseName, base] = ['', { wallMs: 1, cpuMs: 1, peakRssMb: 1 }]] = [...samples];
  process.stdout.write(`\n${title}\n`);
  const row = (cells: readonly string[]): void => void process.stdout.write(`  ${cells.map((cell, index) => (index === 0 ? cell.padEnd(34) : cell.padStart(10))).join(' ')}\n`);
  row(['', 'wall ms', 'cpu ms', 'rss MB', '× wall', '× cpu', '× rss']);
  for (const [name, sample] of samples) {
    const ratio = (value: number, of: number): string => (name === baseName ? '1' : (value / of).toFixed(2));
    row([
      name,
      sample.wallMs.toFixed(1),
      sample.cpuMs.toFixed(1),
      sample.peakRssMb.toFixed(1),
      ratio(sample.wallMs, base.wallMs),
      ratio(sample.cpuMs, base.cpuMs),
      ratio(sample.peakRssMb, base.peakRssMb),
    ]);
    if (aims[name] !== undefined) process.stdout.write(`    aim: ${aims[name]}\n`);
  }
}

export function printMachine(versions: Readonly<Record<string, string>>): void {
  const { model = 'unknown processor' } = cpus()[0] ?? {};
  const listed = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  process.stdout.write(`machine: ${cpus().length} × ${model.trim()}, ${process.platform} ${process.arch}; node ${process.version}; ${listed.join(', ')}\n`);
}

/** Version of an installed peer, as its own package file says. */
export function peerVersion(name: string): string {
  const manifest: { version: string } = JSON.parse(readFileSync(join(import.meta.dirname, 'node_modules', name, 'package.json'), 'utf8'));
  return manifest.version;
}
