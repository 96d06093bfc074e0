/**
 * One run of one candidate at one task, in a process of its own: warms up, measures, prints one JSON line.
 *
 * In: task, client, origin, CA file. CPU time is this process's, user and system, of the measured part only; memory is the peak
 * of the whole run.
 */
import { type ClientName, CLIENT_NAMES, createClient } from './clients.ts';

const [task = '', wanted = '', origin = '', caFile = ''] = process.argv.slice(2);
const name = CLIENT_NAMES.find((candidate) => candidate === wanted) satisfies ClientName | undefined;
if (name === undefined) throw new Error(`no client ${wanted}`);

const CONCURRENCY = 8;
const STREAMS = 1_000;
const client = await createClient(name, caFile, task === 'streams' ? STREAMS : CONCURRENCY);

async function repeat(times: number, run: () => Promise<unknown>): Promise<void> {
  let left = times;
  const worker = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await run();
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
}

interface Measured {
  readonly amount: number;
  readonly wallMs: number;
  readonly cpuMs: number;
}

async function measured(run: () => Promise<number>): Promise<Measured> {
  globalThis.gc?.();
  const cpu = process.cpuUsage();
  const startMs = performance.now();
  const amount = await run();
  const wallMs = performance.now() - startMs;
  const { user, system } = process.cpuUsage(cpu);
  return { amount, wallMs, cpuMs: (user + system) / 1_000 };
}

async function perform(): Promise<Measured> {
  const expect = (actual: number, least: number): number => {
    if (actual < least) throw new Error(`${name} at ${task}: ${actual}, not ${least}`);
    return actual;
  };
  switch (task) {
    case 'requests': {
      const one = async (): Promise<number> => expect(await client.text(`${origin}/json`), 1_024);
      await repeat(2_000, one);
      return measured(async () => (await repeat(10_000, one), 10_000));
    }
    case 'first-byte': {
      const waits: number[] = [];
      const one = async (): Promise<void> => {
        const startMs = performance.now();
        waits.push((await client.firstByteMs(`${origin}/json`)) - startMs);
      };
      for (let count = 0; count < 300; count += 1) await one();
      waits.length = 0;
      const result = await measured(async () => {
        for (let count = 0; count < 1_000; count += 1) await one();
        return 1_000;
      });
      // The figure of interest takes the place of the amount: median microseconds.
      return { ...result, amount: (waits.sort((a, b) => a - b)[500] ?? 0) * 1_000 };
    }
    case 'bulk':
      await client.count(`${origin}/bulk/64`);
      return measured(async () => expect(await client.count(`${origin}/bulk/512`), 512 * 1024 * 1024) / (1024 * 1024));
    case 'events-260':
    case 'events-16384': {
      const path = `${origin}/events/${task.slice(7)}`;
      await client.events(`${path}/32`);
      return measured(async () => expect(await client.events(`${path}/128`), 500_000));
    }
    case 'streams': {
      const events = 20;
      return measured(async () => {
        const counts = await Promise.all(Array.from({ length: STREAMS }, () => client.events(`${origin}/paced/${events}/100`)));
        return expect(counts.reduce((sum, count) => sum + count, 0), events * STREAMS);
      });
    }
    default:
      throw new Error(`no task ${task}`);
  }
}

const result = await perform();
client.close();
process.stdout.write(`${JSON.stringify({ ...result, peakMb: process.resourceUsage().maxRSS / 1024 })}\n`);
process.exit(0);
