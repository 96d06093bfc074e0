/**
 * What a program and all that it started have used, read from `/proc` (Linux).
 *
 * A program may leave work to a daemon, which is nobody's child. Each program has a HOME of its own, which a daemon inherits: by
 * that it is found, counted, and ended with the run.
 */
import { readdirSync, readFileSync } from 'node:fs';

const TICK_MS = 10;

export interface Usage {
  readonly cpuMs: number;
  /** Voluntary context switches of all threads: each is a thread that had gone to sleep and was woken. */
  readonly wakeUps: number;
  /** Peak resident memory, summed over the processes that live. */
  readonly peakRssMb: number;
}

export interface Started {
  readonly pid: number;
  /** Of this program alone. */
  readonly home: string;
}

export function usageOf(program: Started): Usage {
  const total = { cpuMs: 0, wakeUps: 0, peakRssMb: 0 };
  for (const pid of processesOf(program)) {
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

/** Ends what still runs with this HOME, or one below it. */
export function endAllAt(home: string): void {
  for (const pid of pids()) {
    if (!homeOf(pid)?.startsWith(home)) continue;
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended.
    }
  }
}

/** Descendants, then daemons and what they started; what ended in between is left out. */
function processesOf({ pid: root, home }: Started): Set<number> {
  const parents = new Map(pids().map((pid) => [pid, parentOf(pid)] as const));
  // What holds the terminal has the same environment, and is not the program's.
  const terminal = parents.get(root);
  const found = new Set([root, ...[...parents.keys()].filter((pid) => pid !== terminal && homeOf(pid) === home)]);
  for (const pid of found) for (const [child, parent] of parents) if (parent === pid) found.add(child);
  return found;
}

function pids(): number[] {
  return list('/proc').filter((name) => /^\d+$/.test(name)).map(Number);
}

function parentOf(pid: number): number {
  return Number(read(`/proc/${pid}/stat`).split(') ').at(-1)?.split(' ')[1]);
}

function homeOf(pid: number): string | undefined {
  return /(?:^|\0)HOME=([^\0]*)/.exec(read(`/proc/${pid}/environ`))?.[1];
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
