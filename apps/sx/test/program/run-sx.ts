/** Runs the program as a user does: a process of its own, with an environment of its own, from sources or as built. */
import { spawn } from 'node:child_process';
import { closeSync, globSync, mkdirSync, mkdtempSync, openSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Bytes for standard input; `null`: a pipe that stays open and silent. Default: `/dev/null`. */
  readonly stdin?: string | Uint8Array | null;
  /** A regular file as standard input. */
  readonly stdinFile?: string;
  /** A command that ends in `exec "$@"`, such as `['sh', '-c', 'ulimit -f 1; exec "$@"', 'sh']`: the program and its arguments follow. */
  readonly through?: readonly string[];
  /** Called with the process once it runs. */
  readonly onStart?: (child: RunningSx) => void;
}

export interface RunningSx {
  kill(signal: NodeJS.Signals): void;
  onOutput(listener: (stream: 'stdout' | 'stderr', text: string) => void): void;
  closeStdout(): void;
  /** For `stdin: null`. */
  write(text: string): void;
  endStdin(): void;
}

const ROOT = join(import.meta.dirname, '../../../..');
const BUILT = join(ROOT, 'dist/sx');
const TIMEOUT_MS = 60_000;

export const FROM_SOURCES: readonly string[] = [process.execPath, '--conditions=@sx/source', join(ROOT, 'apps/sx/src/bin.ts')];

/** The executable where it is newer than every source, as `npm test` makes it; else the sources, which start more slowly. */
export const COMMAND: readonly string[] = isFresh() ? [BUILT] : FROM_SOURCES;

function isFresh(): boolean {
  const built = statSync(BUILT, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return globSync(['apps/sx/src/**/*.ts', 'packages/*/src/**/*.ts'], { cwd: ROOT }).every((file) => statSync(join(ROOT, file)).mtimeMs < built);
}

export async function runSx(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  const [command = '', ...first] = [...(options.through ?? []), ...COMMAND];
  const file = options.stdinFile === undefined ? undefined : openSync(options.stdinFile, 'r');
  const child = spawn(command, [...first, ...args], {
    cwd: options.cwd,
    env: { PATH: process.env['PATH'] ?? '', ...options.env },
    stdio: [file ?? (options.stdin === undefined ? 'ignore' : 'pipe'), 'pipe', 'pipe'],
    timeout: TIMEOUT_MS,
    killSignal: 'SIGKILL',
  });
  if (file !== undefined) closeSync(file);
  const { stdout, stderr } = child;
  if (stdout === null || stderr === null) throw new Error('no pipes');
  const listeners: ((stream: 'stdout' | 'stderr', text: string) => void)[] = [];
  const texts = { stdout: '', stderr: '' };
  for (const [name, stream] of [['stdout', stdout], ['stderr', stderr]] as const) {
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => {
      texts[name] += text;
      for (const listener of listeners) listener(name, text);
    });
  }
  child.stdin?.on('error', () => undefined);
  if (options.stdin !== undefined && options.stdin !== null) child.stdin?.end(options.stdin);
  options.onStart?.({ kill: (signal) => void child.kill(signal), onOutput: (listener) => void listeners.push(listener), closeStdout: () => stdout.destroy(), write: (text) => void child.stdin?.write(text), endStdin: () => void child.stdin?.end() });
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode, exitSignal) => resolve([exitCode, exitSignal]));
  });
  child.stdin?.destroy();
  return { code, signal, ...texts };
}

/** A home and a project of one test, removed at its end. */
export interface Sandbox {
  readonly home: string;
  readonly project: string;
  put(path: string, content: string | Uint8Array, mode?: number): string;
  remove(path: string): void;
  sx(args: readonly string[], options?: RunOptions): Promise<Finished>;
  [Symbol.dispose](): void;
}

export function createSandbox(): Sandbox {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'sx-program-')));
  const home = join(root, 'home');
  const project = join(root, 'project');
  mkdirSync(home);
  mkdirSync(join(project, '.git'), { recursive: true });
  return {
    home,
    project,
    put(path, content, mode = 0o600) {
      const file = join(root, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, content, { mode });
      return file;
    },
    remove: (path) => rmSync(join(root, path), { recursive: true, force: true }),
    sx: (args, options = {}) => runSx(args, { cwd: project, ...options, env: { HOME: home, ...options.env } }),
    [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }),
  };
}
