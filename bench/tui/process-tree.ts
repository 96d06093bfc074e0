/** What a program and its children have used, read from `/proc` (Linux). */
import { readdirSync, readFileSync } from 'node:fs';

const TICK_MS = 10;

export interface Usage {
  readonly cpuMs: number;
  /** Voluntary context switches of all threads: each is a thread that had gone to sleep and was woken. */
  readonly wakeUps: number;
  /** Peak resident memory, summed over the processes that live. */
  readonly peakRssMb: number;
}

export function usageOfTree(root: number): Usage {
  const total = { cpuMs: 0, wakeUps: 0, peakRssMb: 0 };
  for (const pid of treeOf(root)) {
    for (const task of list(`/proc/${pid}/task`)) {
      const fields = read(`/proc/${pid}/task/${task}/stat`).split(') ').at(-1)?.split(' ') ?? [];
      // Nanoseconds on a processor, which the ticks of `stat` round.
      const nanoseconds = Number(read(`/proc/${pid}/task/${task}/schedstat`).split(' ')[0]);
      total.cpuMs += nanoseconds > 0 ? nanoseconds / 1e6 : (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * TICK_MS;
      total.wakeUps += Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(read(`/proc/${pid}/task/${task}/status`))?.[1] ?? 0);
    }
    total.peakRssMb += Number(/^VmHWM:\s+(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0) / 1_024;
  }
  return total;
}

/** Descendants first seen by their parent's id; what ended in between is left out. */
function treeOf(root: number): number[] {
  const parents = new Map<number, number>();
  for (const name of list('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const parent = Number(read(`/proc/${name}/stat`).split(') ').at(-1)?.split(' ')[1]);
    if (parent > 0) parents.set(Number(name), parent);
  }
  const found = [root];
  for (const pid of found) found.push(...[...parents].filter(([, parent]) => parent === pid).map(([child]) => child));
  return found;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function list(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
