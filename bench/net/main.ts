/**
 * `npm run bench:net`: `@sx/net` against undici, node:https and fetch with eventsource-parser, and against a bare TLS socket.
 *
 * Every round runs every candidate once, in turn, in a process of its own against one server process; figures are medians over
 * the rounds. `@sx/net` runs as it is published, from `dist`. What counts is CPU time: on a shared machine wall time is mostly other
 * people's. Ratios over 1 are in our favour.
 * Arguments name tasks, none means all; `--rounds N` (default 5).
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';

import { median, peerVersion, printMachine } from '../measure.ts';
import type { ClientName } from './clients.ts';

interface Task {
  readonly id: string;
  readonly title: string;
  readonly unit: string;
  readonly clients: readonly ClientName[];
  /** What is compared, per client: larger is better. */
  readonly score: (run: Run) => number;
  readonly scoreTitle: string;
  readonly aims: Partial<Record<ClientName, number>>;
}

interface Run {
  readonly amount: number;
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly peakMb: number;
}

const PEERS: readonly ClientName[] = ['sx', 'undici', 'node:https', 'fetch'];
const STREAM_PEERS: readonly ClientName[] = ['sx', 'sx loop', 'undici', 'node:https', 'fetch'];
const perCpuSecond = ({ amount, cpuMs }: Run): number => (amount / cpuMs) * 1_000;
const TASKS: readonly Task[] = [
  {
    id: 'requests',
    title: 'GET of 1 KB JSON, TLS keep-alive, 8 at a time',
    unit: 'requests',
    clients: PEERS,
    score: perCpuSecond,
    scoreTitle: 'per CPU s',
    aims: { undici: 1.3 },
  },
  {
    id: 'first-byte',
    title: 'time to first byte, one at a time, connection kept',
    unit: 'µs',
    clients: PEERS,
    score: ({ amount }) => 1e6 / amount,
    scoreTitle: '1 / time',
    aims: {},
  },
  {
    id: 'bulk',
    title: 'download of 512 MiB',
    unit: 'MiB',
    clients: [...PEERS, 'bare socket'],
    score: perCpuSecond,
    scoreTitle: 'per CPU s',
    aims: { 'bare socket': 0.95 },
  },
  {
    id: 'events-260',
    title: 'event stream, chunks of 260 bytes',
    unit: 'events',
    clients: STREAM_PEERS,
    score: perCpuSecond,
    scoreTitle: 'per CPU s',
    aims: { undici: 1.5 },
  },
  {
    id: 'events-16384',
    title: 'event stream, chunks of 16 KiB',
    unit: 'events',
    clients: STREAM_PEERS,
    score: perCpuSecond,
    scoreTitle: 'per CPU s',
    aims: { undici: 1.5 },
  },
  {
    id: 'streams',
    title: '1,000 streams at once, 20 events each, 100 ms apart',
    unit: 'events',
    clients: PEERS,
    score: perCpuSecond,
    scoreTitle: 'per CPU s',
    aims: {},
  },
];

const args = process.argv.slice(2);
const roundsAt = args.indexOf('--rounds');
const rounds = roundsAt === -1 ? 5 : Number(args[roundsAt + 1]);
const names = args.filter((arg, index) => !arg.startsWith('--') && (roundsAt === -1 || index !== roundsAt + 1));

const root = join(import.meta.dirname, '../..');
execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-b', join(root, 'packages/net')], { stdio: 'inherit' });

const server = spawn(process.execPath, ['--conditions=@sx/source', join(import.meta.dirname, 'server.ts')], {
  stdio: ['pipe', 'pipe', 'inherit'],
  env: {},
});
const [port = '', caFile = ''] = await new Promise<string[]>(
  (resolve) => server.stdout.once('data', (line: Buffer) => resolve(line.toString().trim().split(' '))),
);

function runOnce(task: Task, client: ClientName): Run {
  const args = [
    '--expose-gc',
    '--no-warnings',
    join(import.meta.dirname, 'client.ts'),
    task.id,
    client,
    `https://localhost:${port}`,
    caFile,
  ];
  const { stdout, stderr, status } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    env: { NODE_EXTRA_CA_CERTS: caFile },
    timeout: 120_000,
  });
  if (status !== 0) throw new Error(`${client} at ${task.id} failed: ${stderr}`);
  return JSON.parse(stdout);
}

function medianRun(runs: readonly Run[]): Run {
  const of = (pick: (run: Run) => number): number => median(runs.map(pick));
  return {
    amount: of(({ amount }) => amount),
    wallMs: of(({ wallMs }) => wallMs),
    cpuMs: of(({ cpuMs }) => cpuMs),
    peakMb: of(({ peakMb }) => peakMb),
  };
}

printMachine({
  undici: peerVersion('undici'),
  'eventsource-parser': peerVersion('eventsource-parser'),
  'built-in undici': process.versions['undici'] ?? '?',
});
process.stdout.write(`medians of ${rounds} rounds, candidates in turn; sx ÷ peer over 1 is in favour of sx\n`);
for (const task of TASKS.filter(({ id }) => names.length === 0 || names.includes(id))) {
  const runs = new Map<ClientName, Run[]>(task.clients.map((client) => [client, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const client of task.clients) runs.get(client)?.push(runOnce(task, client));
  }
  const medians = new Map([...runs].map(([client, list]) => [client, medianRun(list)]));
  const ours = medians.get('sx');
  process.stdout.write(`\n${task.title}\n`);
  const row = (cells: readonly string[]): void => void process.stdout.write(
    `  ${cells.map((cell, index) => (index === 0 ? cell.padEnd(14) : cell.padStart(13))).join('')}\n`,
  );
  row(['', task.unit, 'wall ms', 'cpu ms', task.scoreTitle, 'sx ÷ peer', 'peak MB', 'aim']);
  for (const [client, run] of medians) {
    const ratio = ours === undefined || client.startsWith('sx') ? '' : (task.score(ours) / task.score(run)).toFixed(2);
    const aim = task.aims[client];
    row([
      client,
      run.amount.toFixed(0),
      run.wallMs.toFixed(0),
      run.cpuMs.toFixed(0),
      task.score(run).toFixed(0),
      ratio,
      run.peakMb.toFixed(0),
      aim === undefined ? '' : `≥ ${aim}`,
    ]);
  }
}
server.stdin.end();
