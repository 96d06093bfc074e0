/**
 * A cage for shell commands, made by bubblewrap (`bwrap`) where it is installed.
 *
 * In: the directories that may be written. Out: a command line that runs another one inside: the file system read-only but for
 * those directories and an empty /tmp of its own, no network (not even this machine's loopback), its own processes, no privileges to gain, and
 * what is private hidden (the program's state, with its credentials). `find` says whether it works here: a kernel may forbid user namespaces
 * although the program is installed.
 * Left out: limits on memory and CPU; system calls stay what they are.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';

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

const PLACES = ['/usr/bin/bwrap', '/bin/bwrap', '/usr/local/bin/bwrap'];

/** Undefined, and why, where commands cannot be caged here. */
export function findSandbox(options: SandboxOptions): { readonly sandbox: Sandbox } | { readonly reason: string } {
  const program = options.program ?? PLACES.find((path) => existsSync(path));
  if (program === undefined) return { reason: 'bwrap is not installed' };
  const sandbox = createSandbox(program, options);
  const [command = program, ...args] = sandbox.wrap(['/bin/sh', '-c', ':'], '/');
  const { status, stderr, error } = spawnSync(command, args, { env: {}, encoding: 'utf8', timeout: 5_000 });
  if (status === 0) return { sandbox };
  return { reason: `bwrap does not work here: ${error?.message ?? stderr.trim().split('\n')[0] ?? `exit ${String(status)}`}` };
}

function createSandbox(program: string, { writable, hidden }: SandboxOptions): Sandbox {
  return {
    guarantee: 'in a sandbox: no network, writes only below the working directory',
    wrap(argv, cwd) {
      const places = [...new Set([...writable, ...(cwd === '/' ? [] : [cwd])])].filter((path) => existsSync(path));
      return [
        program, '--die-with-parent', '--new-session', '--unshare-all', '--cap-drop', 'ALL',
        '--ro-bind', '/', '/', '--dev', '/dev', '--proc', '/proc', '--tmpfs', '/tmp',
        ...places.flatMap((path) => ['--bind', path, path]),
        ...hidden.filter((path) => existsSync(path)).flatMap((path) => (statSync(path).isDirectory() ? ['--tmpfs', path] : ['--ro-bind', '/dev/null', path])),
        '--chdir', cwd, '--', ...argv,
      ];
    },
  };
}
