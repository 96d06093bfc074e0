/**
 * Who holds a lock, precisely enough to tell whether that process still lives.
 *
 * A pid alone is not enough: it is reused, after a reboot it means somebody else, and in another container it names
 * another process. So a holder writes boot id, pid namespace and start time beside it (Linux, from /proc; elsewhere they
 * are absent). Where the two cannot be compared the answer is `unknown`, and the heartbeat decides.
 */
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** A process, so that another one can tell whether it still lives. */
export interface ProcessIdentity {
  /** In its own pid namespace. */
  readonly pid: number;
  /** Host name. */
  readonly host: string;
  /** Changes with every boot. */
  readonly bootId?: string | undefined;
  /** Differs between containers: `pid:[…]`. */
  readonly pidNamespace?: string | undefined;
  /** In clock ticks since boot. */
  readonly startTime?: string | undefined;
}

/** Of this process. Never throws: what the system does not tell is absent. */
export function ownIdentity(): ProcessIdentity {
  return {
    pid: process.pid,
    host: hostname(),
    bootId: readOr(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
    pidNamespace: readOr(() => readlinkSync('/proc/self/ns/pid')),
    startTime: startTimeOf('self'),
  };
}

/** `unknown` where the holder cannot be seen from here: another host, another container. */
export function livenessOf(holder: ProcessIdentity, own: ProcessIdentity): 'alive' | 'dead' | 'unknown' {
  // A shared directory: the other machine's processes cannot be seen from here.
  if (holder.host !== own.host) return 'unknown';
  if (holder.bootId !== undefined && own.bootId !== undefined && holder.bootId !== own.bootId) return 'dead';
  if (holder.pidNamespace !== own.pidNamespace) return 'unknown';
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    // EPERM: it exists, under another user.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return 'dead';
  }
  const startTime = startTimeOf(String(holder.pid));
  return holder.startTime !== undefined && startTime !== undefined && startTime !== holder.startTime ? 'dead' : 'alive';
}

/** From parsed JSON, undefined where it is none. Other members are ignored. */
export function parseIdentity(value: unknown): ProcessIdentity | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const read = (name: string): unknown => Object.getOwnPropertyDescriptor(value, name)?.value;
  const textAt = (name: string): string | undefined => {
    const text = read(name);
    return typeof text === 'string' ? text : undefined;
  };
  const pid = read('pid');
  const host = textAt('host');
  if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid <= 0 || host === undefined) return undefined;
  return { pid, host, bootId: textAt('bootId'), pidNamespace: textAt('pidNamespace'), startTime: textAt('startTime') };
}

/** Field 22 of /proc/pid/stat; the name before it is in parentheses and may hold anything. */
function startTimeOf(pid: string): string | undefined {
  return readOr(() => {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // A zombie has ended: it only waits for its parent.
    return fields[0] === 'Z' ? 'ended' : fields[19];
  });
}

function readOr<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
