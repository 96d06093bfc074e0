/**
 * Process groups that must not outlive the program. A child that was started `detached` leads a group of its own: what it starts is in it,
 * and a signal to the group reaches all of them. One listener on the process for all groups: more than ten would be warned of.
 */
const groups = new Set<number>();

/** A group that is gone already is no fault. */
export function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // Nobody is left in it.
  }
}

/** @returns Takes it back: the group has ended. */
export function killGroupOnExit(pid: number | undefined): () => void {
  if (pid === undefined) return () => undefined;
  if (groups.size === 0) process.once('exit', killGroups);
  groups.add(pid);
  return () => {
    groups.delete(pid);
    if (groups.size === 0) process.removeListener('exit', killGroups);
  };
}

function killGroups(): void {
  for (const pid of groups) signalGroup(pid, 'SIGKILL');
}
