/**
 * A program at a pseudo-terminal (`script` of util-linux) of one size, with what a terminal answers when it is asked.
 *
 * In: a command line, keys. Out: its bytes, counted, and the moment at which a pattern is seen in them. All programs get the same
 * answers: to a cursor position, device attributes and colours, as xterm gives them; to the kitty protocol none, as of most.
 * `script` is a process beside the program's tree, so what it costs is nobody's.
 */
import { spawn } from 'node:child_process';

export const COLUMNS = 120;
export const ROWS = 40;
const KEPT_CHARS = 65_536;
const WAIT_MS = 60_000;

export interface Program {
  /** A line for `sh`, without quotes around it. */
  readonly command: string;
  readonly env: Readonly<Record<string, string>> & { readonly HOME: string };
  readonly cwd: string;
}

export interface Terminal {
  /** Of the program. */
  readonly pid: number;
  readonly home: string;
  /** Written by the program so far. */
  readonly bytes: number;
  write(text: string): void;
  /** Resolves with the time at which the output since the last call matches. Escape sequences are left out of it. */
  until(pattern: RegExp): Promise<number>;
  end(): Promise<void>;
}

const ANSWERS: readonly (readonly [query: RegExp, answer: string])[] = [
  [/\u001b\[6n/g, '\u001b[1;1R'],
  [/\u001b\[0?c/g, '\u001b[?62;22c'],
  [/\u001b\]10;\?(?:\u0007|\u001b\\)/g, '\u001b]10;rgb:cccc/cccc/cccc\u001b\\'],
  [/\u001b\]11;\?(?:\u0007|\u001b\\)/g, '\u001b]11;rgb:1e1e/1e1e/1e1e\u001b\\'],
];
const SEQUENCE = /\u001b(?:\[[0-?]*[ -/]*[@-~]|[\]P_^X][^\u0007\u001b]*(?:\u0007|\u001b\\)|[ -/]*[0-~])/g;
/** What may be the beginning of a sequence. */
const OPEN = /\u001b(?:\[[0-?]*[ -/]*|[\]P_^X][^\u0007\u001b]*\u001b?|[ -/]*)?$/;

export async function openTerminal({ command, env, cwd }: Program): Promise<Terminal> {
  const line = `stty -echo rows ${ROWS} cols ${COLUMNS}; echo "PID $$"; exec ${command}`;
  const surroundings = { PATH: '/usr/bin:/bin', TERM: 'xterm-256color', SHELL: '/bin/sh', ...env };
  const child = spawn('script', ['-qefc', line, '/dev/null'], { cwd, env: surroundings });
  const closed = new Promise<void>((done) => child.once('close', () => done()));
  let pid = 0;
  let bytes = 0;
  let open = '';
  let text = '';
  let check: (() => void) | undefined;
  child.stdin.on('error', () => undefined);
  child.stderr.resume();
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    bytes += Buffer.byteLength(piece);
    const whole = open + piece;
    open = OPEN.exec(whole)?.[0] ?? '';
    const closedPart = whole.slice(0, whole.length - open.length);
    for (const [query, answer] of ANSWERS) for (const _ of closedPart.matchAll(query)) child.stdin.write(answer);
    text = (text + closedPart.replace(SEQUENCE, '')).slice(-KEPT_CHARS);
    check?.();
  });
  const until = (pattern: RegExp): Promise<number> =>
    new Promise((done, fail) => {
      const timer = setTimeout(() => {
        check = undefined;
        const shown = JSON.stringify(text.slice(-2_000));
        fail(new Error(`${command}: ${String(pattern)} did not come in ${WAIT_MS} ms; it showed ${shown}`));
      }, WAIT_MS);
      check = () => {
        if (!pattern.test(text)) return;
        const at = performance.now();
        clearTimeout(timer);
        text = '';
        check = undefined;
        done(at);
      };
      check();
    });
  return new Promise((ready) => {
    check = () => {
      const found = /PID (\d+)/.exec(text)?.[1];
      if (found === undefined) return;
      check = undefined;
      pid = Number(found);
      text = text.slice(text.indexOf(found) + found.length);
      bytes = 0;
      ready({
        pid,
        home: env.HOME,
        get bytes() {
          return bytes;
        },
        write: (keys) => void child.stdin.write(keys),
        until,
        async end() {
          try {
            process.kill(pid, 'SIGKILL');
          } catch {
            // It has ended.
          }
          child.kill();
          await closed;
        },
      });
    };
  });
}
