/**
 * The whole screen in one process, its terminal in memory: what somebody types, and what is to be seen then. Sessions are real,
 * in directories of their own; providers are the simulator.
 */
import { EventEmitter } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import type { Simulator } from '@sx/simulator';
import { createVirtualTerminal, type VirtualTerminal } from '@sx/testkit';
import { detectCapabilities } from '@sx/tui';

import { parseArguments } from '../../../src/cli/parse-arguments.ts';
import type { Interrupts } from '../../../src/interrupts.ts';
import type { Invocation } from '../../../src/invocation.ts';
import { runScreen } from '../../../src/modes/interactive/run-screen.ts';

export interface SittingOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly args?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Where it sits; without one it has neither home nor project. */
  readonly place?: Place;
  /** The ground colour, as OSC 11 says it; `none`: a terminal that answers nothing. Default dark. */
  readonly answers?: 'dark' | 'light' | 'none';
  /** The terminal has sixel. */
  readonly sixel?: boolean;
  /** Plays the recorded session. */
  readonly demo?: boolean;
}

export interface Sitting {
  readonly terminal: VirtualTerminal;
  /** What was set: raw or not. */
  readonly raw: readonly boolean[];
  /** All that was written. */
  output(): string;
  /** One chunk of input. */
  type(text: string | Uint8Array): void;
  resize(columns: number, rows: number): void;
  /** Once it stands on the terminal, below what stood there when `say` was last called. @throws after ten seconds, with all of it. */
  until(pattern: RegExp): Promise<string>;
  /** Looks after each frame. */
  when(condition: () => boolean): Promise<void>;
  /** Types a line, Enter, and waits for what it brings. */
  say(line: string, pattern: RegExp): Promise<string>;
  /** Ctrl-C twice. @returns the exit code. */
  leave(): Promise<number>;
  /** The terminal goes away. */
  hangUp(): void;
  readonly ended: Promise<number>;
}

/** An empty editor, nothing asked, nothing that runs. */
export const IDLE = /^(?![\s\S]*\n(?:working|stopping) \d+ s)[\s\S]*\n› ask, or type[^\n]*\n[^\n]*$/;
const TIMEOUT_MS = 10_000;

export function sit(options: SittingOptions = {}): Sitting {
  const { columns = 80, rows = 24, args = [], environment = {}, place, answers = 'dark', sixel = false, demo = false } = options;
  const terminal = createVirtualTerminal({ columns, rows, answers: answers !== 'none', sixel });
  const raw: boolean[] = [];
  const input = Object.assign(new EventEmitter(), {
    isTTY: true,
    isRaw: false,
    setRawMode(on: boolean) {
      raw.push(on);
      input.isRaw = on;
    },
    resume: () => undefined,
    pause: () => undefined,
  });
  let size = { columns, rows };
  let output = '';
  let from = -1;
  let answered = 0;
  let resized = (): void => undefined;
  let closed = (): void => undefined;
  let changed = (): void => undefined;
  const answer = (): void => {
    for (; answered < terminal.replies.length; answered += 1) {
      const reply = (terminal.replies[answered] ?? '').replace('1e1e/1e1e/1e1e', answers === 'light' ? 'fafa/fafa/fafa' : '1e1e/1e1e/1e1e');
      setImmediate(() => input.emit('data', Buffer.from(reply)));
    }
  };
  const stdout = {
    isTerminal: true,
    closed: false,
    fault: undefined,
    write(text: string) {
      output += text;
      terminal.write(text);
      answer();
      changed();
      return Promise.resolve();
    },
    onClosed: (listener: () => void) => void (closed = listener),
    size: () => size,
    onResize: (listener: () => void) => void (resized = listener),
  };
  const interrupts: Interrupts = {
    signal: new AbortController().signal,
    received: undefined,
    onLeave: () => undefined,
    finishFirst: () => undefined,
    lastWord: () => undefined, onInterrupt: () => () => undefined,
    suspend: () => () => undefined,
    abort: () => undefined,
  };
  const invocation: Invocation = {
    environment: { TERM: 'xterm-256color', PATH: process.env['PATH'], ...place?.environment, ...environment },
    workingDirectory: place?.project ?? '/',
    homedir: () => place?.home ?? '/nonexistent',
    userId: process.getuid?.(),
    program: { path: '/nonexistent', built: false },
    // Only what the screen uses of a stream.
    stdin: () => input as unknown as NodeJS.ReadStream,
    stdout,
    stderr: stdout,
    interrupts,
  };
  const ended = runScreen(
    invocation,
    parseArguments(demo ? ['demo'] : args),
    detectCapabilities(invocation.environment),
    { demo, pace: 0 },
  );

  const shown = (): string => terminal.text().slice(Math.max(0, from));
  const when = (condition: () => boolean, what = String(condition)): Promise<void> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        changed = () => undefined;
        reject(new Error(`${what} never came:\n${terminal.text()}`));
      }, TIMEOUT_MS);
      changed = () => {
        if (terminal.updating || !condition()) return;
        changed = () => undefined;
        clearTimeout(timer);
        resolve();
      };
      changed();
    });
  const until = async (pattern: RegExp): Promise<string> => {
    await when(() => pattern.test(shown()), String(pattern));
    return shown();
  };
  const type = (text: string | Uint8Array): void => void input.emit('data', Buffer.from(text));
  return {
    terminal,
    raw,
    output: () => output,
    type,
    resize(nextColumns, nextRows) {
      size = { columns: nextColumns, rows: nextRows };
      terminal.resize(nextColumns, nextRows);
      resized();
    },
    until,
    when,
    async say(line, pattern) {
      await until(IDLE);
      // Above the editor everything stays as it is.
      from = terminal.text().lastIndexOf('\n›');
      type(line);
      type('\r');
      return until(pattern);
    },
    async leave() {
      type('\u0003');
      type('\u0003');
      return ended;
    },
    hangUp: () => closed(),
    ended,
  };
}

/** A home and a project of one test, removed at its end, and the environment that leads to the simulator. */
export interface Place {
  readonly home: string;
  readonly project: string;
  readonly environment: Readonly<Record<string, string>>;
  put(path: string, content: string | Uint8Array): string;
  read(path: string): string;
  [Symbol.dispose](): void;
}

/** @param simulator - Of `codex`, signed in. Without one nothing is configured. */
export function createPlace(simulator?: Simulator): Place {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'sx-sitting-')));
  const put = (path: string, content: string | Uint8Array): string => {
    const file = join(root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content, { mode: 0o600 });
    return file;
  };
  mkdirSync(join(root, 'project', '.git'), { recursive: true });
  mkdirSync(join(root, 'home'));
  if (simulator !== undefined) put('home/.codex/auth.json', JSON.stringify(simulator.credentials().codexAuthFile));
  return {
    home: join(root, 'home'),
    project: join(root, 'project'),
    environment: simulator === undefined ? {} : {
      PROVIDER: 'codex',
      CODEX_API_URL: simulator.urls.codex,
      CODEX_OAUTH_URL: simulator.urls.oauth,
      ...(simulator.caFile === undefined ? {} : { CA_FILE: simulator.caFile }),
    },
    put,
    read: (path) => readFileSync(join(root, path), 'utf8'),
    [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }),
  };
}
