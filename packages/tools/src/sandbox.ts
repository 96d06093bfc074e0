/**
 * A cage for shell commands, made by bubblewrap (`bwrap`) where it is installed.
 *
 * In: the directories that may be written. Out: a command line that runs another one inside: the file system read-only but for
 * those directories and an empty /tmp of its own, no network (not even this machine's loopback, and none of the sockets in /run, where
 * daemons listen that would do outside what cannot be done inside), its own processes, no privileges to gain, and what is private hidden (the
 * program's state, with its credentials); git's hooks and configuration cannot be changed where they exist. `find` says whether it works here: a kernel may forbid user namespaces although the program
 * is installed.
 * Left out: limits on memory and CPU; system calls stay what they are; sockets of daemons outside of /run and /tmp can be reached.
 */
import { existsSync, realpathSync, statSync } from 'node:fs';

export interface Sandbox {
  /** Said behind each result, so that model and person know what held. */
  readonly guarantee: string;
  /** `argv` inside the cage. */
  wrap(argv: readonly string[], cwd: string): string[];
}

export interface SandboxOptions {
  /** Absolute; the working directory is always among them. */
  readonly writable: readonly string[];
  /** Absolute directories and files whose content must not be seen. */
  readonly hidden: readonly string[];
  /** Default: the usual places. */
  readonly program?: string;
}

/** Below a directory that may be written: what runs outside of the cage later, by git or by us. */
const STEERING = ['.git/config', '.git/hooks', '.scorpiox'];
const PLACES = ['/usr/bin/bwrap', '/bin/bwrap', '/usr/local/bin/bwrap'];

/** A cage that was tried, or why commands cannot be caged here. */
export type FoundSandbox = { readonly sandbox: Sandbox } | { readonly reason: string };

export async function findSandbox(options: SandboxOptions): Promise<FoundSandbox> {
  const { spawnSync } = await import('node:child_process');
  const program = options.program ?? PLACES.find((path) => existsSync(path));
  if (program === undefined) return { reason: 'bwrap is not installed' };
  const sandbox = createSandbox(program, options);
  const [command = program, ...args] = sandbox.wrap(['/bin/sh', '-c', ':'], '/');
  const { status, stderr, error } = spawnSync(command, args, { env: {}, encoding: 'utf8', timeout: 5_000 });
  if (status === 0) return { sandbox };
  return { reason: `bwrap does not work here: ${error?.message ?? (stderr.trim().split('\n')[0] || `exit ${String(status)}`)}` };
}

function createSandbox(program: string, { writable, hidden }: SandboxOptions): Sandbox {
  return {
    guarantee: 'in a sandbox: no network, writes only below the working directory and in a /tmp of its own',
    wrap(argv, cwd) {
      const places = [...new Set([...writable, ...(cwd === '/' ? [] : [cwd])])].filter((path) => existsSync(path));
      // A link cannot be covered; what it leads to can.
      const covered = hidden.filter((path) => existsSync(path)).map((path) => realpathSync(path));
      return [
        program, '--die-with-parent', '--new-session', '--unshare-all', '--cap-drop', 'ALL',
        '--ro-bind', '/', '/', '--dev', '/dev', '--proc', '/proc', '--tmpfs', '/tmp', '--tmpfs', '/run',
        // Where NixOS has its programs.
        '--ro-bind-try', '/run/current-system', '/run/current-system', '--ro-bind-try', '/run/wrappers', '/run/wrappers',
        ...places.flatMap((path) => ['--bind', path, path]),
        ...places.flatMap((place) => STEERING.map((name) => `${place}/${name}`)).flatMap((path) => ['--ro-bind-try', path, path]),
        ...covered.flatMap((path) => (statSync(path).isDirectory() ? ['--tmpfs', path] : ['--ro-bind', '/dev/null', path])),
        '--chdir', cwd, '--', ...argv,
      ];
    },
  };
}
