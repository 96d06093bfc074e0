/**
 * Each provider against its vendor's own SDK, on the same bytes from the same server, in turn, each in a process of its own; figures
 * are medians over the rounds. Ours run as published (`dist/`), like theirs. Ratios are theirs over ours: above 1 is in our favour.
 */
import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

import { median } from '../measure.ts';
import type { ClientName } from './clients.ts';
import type { Loaded } from './loaded.ts';
import type { Served } from './server.ts';

const ROUNDS = 5;
const EVENTS = 100_000;

interface Figures {
  readonly importMs: number;
  readonly coldUs: number;
  readonly warmUs: number;
  readonly cpuMsOf1000: number;
  readonly cpuMsPer1000: number;
  readonly eventsPerSecond: number;
}
const MEMBERS = ['importMs', 'coldUs', 'warmUs', 'cpuMsOf1000', 'cpuMsPer1000', 'eventsPerSecond'] as const satisfies readonly (keyof Figures)[];

const PAIRS: readonly (readonly [ours: ClientName, theirs: ClientName, helper?: ClientName])[] = [
  ['codex', 'openai SDK, responses', 'openai SDK, responses helper'],
  ['claude_code', '@anthropic-ai/sdk', '@anthropic-ai/sdk helper'],
  ['anthropic', '@anthropic-ai/sdk', '@anthropic-ai/sdk helper'],
  ['gemini', '@google/genai'],
  ['openai', 'openai SDK, chat', 'openai SDK, chat helper'],
  ['openai (responses)', 'openai SDK, responses', 'openai SDK, responses helper'],
  ['router', 'openai SDK, chat', 'openai SDK, chat helper'],
];

export async function benchProviders(): Promise<void> {
  const root = resolve(import.meta.dirname, '../..');
  execFileSync(join(root, 'node_modules/.bin/tsc'), ['-b'], { cwd: root, stdio: 'inherit' });
  const server = spawn(process.execPath, [join(import.meta.dirname, 'server.ts')], { stdio: ['pipe', 'pipe', 'inherit'] });
  try {
    const [line]: unknown[] = await once(createInterface(server.stdout), 'line');
    const { port, tlsPort, caFile }: Served = JSON.parse(String(line));
    const samples = new Map<ClientName, Figures[]>();
    const names = [...new Set(PAIRS.flat().filter((name) => name !== undefined))];
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const name of names) samples.set(name, [...(samples.get(name) ?? []), await measureClient(name, `http://127.0.0.1:${port}`)]);
    }
    reportTimes(new Map([...samples].map(([name, list]) => [name, medianOf(list)])));
    const load = (name: ClientName | 'FLOOR'): Promise<Loaded> => countLoaded(name, `https://localhost:${tlsPort}`, caFile);
    const floor = await load('FLOOR');
    const loads = new Map<ClientName, Load>();
    for (const name of names) loads.set(name, loadOver(floor, await load(name)));
    reportLoads(loads, sum(Object.values(floor.ofNode)));
  } finally {
    server.stdin.end();
  }
}

async function measureClient(name: ClientName, origin: string): Promise<Figures> {
  const { stdout } = await promisify(execFile)(process.execPath, [join(import.meta.dirname, 'client.ts'), name, origin, String(EVENTS)], { env: {}, timeout: 60_000 });
  return JSON.parse(stdout);
}

function medianOf(list: readonly Figures[]): Figures {
  const figures = Object.fromEntries(MEMBERS.map((member) => [member, median(list.map((each) => each[member]))]));
  return { importMs: 0, coldUs: 0, warmUs: 0, cpuMsOf1000: 0, cpuMsPer1000: 0, eventsPerSecond: 0, ...figures };
}

/** What a client loads beyond what a TLS socket loads. */
interface Load {
  readonly files: number;
  readonly fileKb: number;
  readonly modulesOfNode: number;
  readonly kbOfNode: number;
}

async function countLoaded(name: ClientName | 'FLOOR', origin: string, caFile: string): Promise<Loaded> {
  const { stdout } = await promisify(execFile)(process.execPath, [join(import.meta.dirname, 'loaded.ts'), name, origin], { env: { NODE_EXTRA_CA_CERTS: caFile }, timeout: 60_000 });
  return JSON.parse(stdout);
}

function loadOver(floor: Loaded, { files, ofNode }: Loaded): Load {
  const own = Object.entries(files).filter(([url]) => !url.includes('/bench/providers/'));
  const more = Object.entries(ofNode).filter(([id]) => !Object.hasOwn(floor.ofNode, id));
  const kb = (entries: readonly (readonly [string, number])[]): number => sum(entries.map(([, bytes]) => bytes)) / 1_000;
  return { files: own.length, fileKb: kb(own), modulesOfNode: more.length, kbOfNode: kb(more) };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function reportLoads(loads: ReadonlyMap<ClientName, Load>, floorBytes: number): void {
  const floorKb = floorBytes / 1_000;
  process.stdout.write(`\n  code loaded up to the end of the first answer over TLS, without comments; beyond the ${floorKb.toFixed(0)} kB of Node that any TLS socket loads\n`);
  print(['', 'files', 'kB', 'of Node', 'kB', 'modules', 'kB in sum']);
  for (const [name, { files, fileKb, modulesOfNode, kbOfNode }] of loads) {
    print([name, String(files), fileKb.toFixed(0), String(modulesOfNode), kbOfNode.toFixed(0), String(files + modulesOfNode), (fileKb + kbOfNode).toFixed(0)]);
  }
  process.stdout.write('\n  theirs over ours\n');
  print(['', 'files', 'kB', 'modules', 'kB in sum', 'with socket']);
  for (const [ours, theirs] of PAIRS) {
    const [a, b] = [loads.get(ours), loads.get(theirs)];
    if (a === undefined || b === undefined) continue;
    const ratio = (of: (load: Load) => number): string => (of(b) / of(a)).toFixed(1);
    const kb = ({ fileKb, kbOfNode }: Load): number => fileKb + kbOfNode;
    print([ours, ratio(({ files }) => files), ratio(({ fileKb }) => fileKb), ratio(({ files, modulesOfNode }) => files + modulesOfNode), ratio(kb), ratio((load) => kb(load) + floorKb)]);
  }
  process.stdout.write('    aim: kB in sum at least 10\n');
}

function print(cells: readonly string[]): void {
  process.stdout.write(`  ${cells.map((cell, index) => (index === 0 ? cell.padEnd(30) : cell.padStart(12))).join(' ')}\n`);
}

function reportTimes(figures: ReadonlyMap<ClientName, Figures>): void {
  process.stdout.write(`\nproviders against the vendors' SDKs, ${EVENTS} events over plain loopback, median of ${ROUNDS} interleaved rounds in processes of their own\n`);
  print(['', 'import ms', 'cold µs', 'warm µs', 'CPU ms/1st', 'CPU ms/1000', 'events/s']);
  for (const [name, each] of figures) {
    print([name, each.importMs.toFixed(0), each.coldUs.toFixed(0), each.warmUs.toFixed(0), each.cpuMsOf1000.toFixed(1), each.cpuMsPer1000.toFixed(2), String(Math.round(each.eventsPerSecond))]);
  }
  process.stdout.write('\n  theirs over ours: cold and warm are from the first byte of the response to the first piece of text; the helper puts the message together, as ours does\n');
  print(['', 'import', 'cold', 'warm', 'CPU 1st', 'CPU', 'CPU helper', 'events/s']);
  for (const [ours, theirs, helper = theirs] of PAIRS) {
    const [a, b, c] = [figures.get(ours), figures.get(theirs), figures.get(helper)];
    if (a === undefined || b === undefined || c === undefined) continue;
    const ratio = (member: keyof Figures): string => (b[member] / a[member]).toFixed(1);
    print([ours, ratio('importMs'), ratio('coldUs'), ratio('warmUs'), ratio('cpuMsOf1000'), ratio('cpuMsPer1000'), (c.cpuMsPer1000 / a.cpuMsPer1000).toFixed(1), (a.eventsPerSecond / b.eventsPerSecond).toFixed(1)]);
  }
  process.stdout.write('  CPU 1st is that of the first 1,000 events of a process, CPU and events/s those after a warm-up of 40,000\n    aim: warm and CPU at least 2\n');
}
