/** The program in a real terminal: a tmux server of the test's own, keys in, the screen as text out. */
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface TmuxOptions {
  readonly command: readonly string[];
  readonly cwd: string;
  /** The whole environment of the program, beside PATH and what tmux sets. */
  readonly env: Readonly<Record<string, string>>;
  /** A directory for the buffer of pastes. */
  readonly scratch: string;
  readonly columns?: number;
  readonly rows?: number;
  /** Starts it from a shell with job control, whose prompt is `$ `: what Ctrl-Z needs. */
  readonly fromShell?: boolean;
}

export interface TmuxTerminal {
  /** Names of keys as tmux has them: `Enter`, `Escape`, `BTab`, `C-c`. */
  keys(...names: string[]): void;
  type(text: string): void;
  /** As a terminal pastes: bracketed where the program asked for it. */
  paste(text: string): void;
  resize(columns: number, rows: number): void;
  screen(): string;
  /** With what has scrolled off, wrapped rows joined. */
  transcript(): string;
  cursor(): { readonly column: number; readonly row: number };
  /** Polls until the screen shows it. @throws after ten seconds, with the screen. */
  until(pattern: RegExp, what?: 'screen' | 'transcript'): Promise<string>;
  /** Of the process that tmux started. */
  pid(): number;
  /** As if the window were closed. */
  close(): void;
  /** The exit code, once the program has ended. */
  ended(): Promise<number>;
  [Symbol.dispose](): void;
}

const TIMEOUT_MS = 10_000;
const POLL_MS = 40;

export function openTmux({ command, cwd, env, scratch, columns = 80, rows = 24, fromShell = false }: TmuxOptions): TmuxTerminal {
  const socket = `sx-${randomUUID()}`;
  const tmux = (...args: string[]): string => execFileSync('tmux', ['-L', socket, '-f', '/dev/null', ...args], { encoding: 'utf8', env: { PATH: process.env['PATH'] ?? '', HOME: scratch, LANG: 'C.UTF-8', TERM: 'xterm-256color' }, stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 64 * 1024 * 1024 });
  const quote = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;
  const variables = Object.entries({ PATH: process.env['PATH'] ?? '', TERM: 'tmux-256color', LANG: 'C.UTF-8', ...env }).map(([name, value]) => quote(`${name}=${value}`));
  const run = `env -i ${variables.join(' ')} ${command.map(quote).join(' ')}; echo "ENDED $?"; stty -g > ${quote(join(scratch, 'stty-after'))}`;
  const line = `stty -g > ${quote(join(scratch, 'stty-before'))}; ${run}; sleep 1000`;
  const shell = ['env', "PS1=$ ", 'bash', '--norc', '--noprofile', '-i'];
  tmux('new-session', '-d', '-x', String(columns), '-y', String(rows), '-c', cwd, ...(fromShell ? shell : ['sh', '-c', line]));
  tmux('set-option', '-g', 'history-limit', '50000');
  tmux('set-option', '-g', 'window-size', 'manual');
  const screen = (): string => tmux('capture-pane', '-p').replace(/\n+$/, '');
  const transcript = (): string => tmux('capture-pane', '-p', '-J', '-S', '-').replace(/\n+$/, '');
  const until = async (pattern: RegExp, what: 'screen' | 'transcript' = 'screen'): Promise<string> => {
    const deadline = Date.now() + TIMEOUT_MS;
    for (;;) {
      const shown = what === 'screen' ? screen() : transcript();
      if (pattern.test(shown)) return shown;
      if (Date.now() > deadline) throw new Error(`${String(pattern)} never came; the ${what}:\n${shown}`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  };
  if (fromShell) {
    writeFileSync(join(scratch, 'run.sh'), run);
    tmux('send-keys', '-l', `. ${join(scratch, 'run.sh')}`);
    tmux('send-keys', 'Enter');
  }
  return {
    keys: (...names) => void tmux('send-keys', ...names),
    type: (text) => void tmux('send-keys', '-l', text),
    paste(text) {
      const file = join(scratch, 'paste');
      writeFileSync(file, text);
      tmux('load-buffer', file);
      tmux('paste-buffer', '-p', '-d');
    },
    resize: (width, height) => void tmux('resize-window', '-x', String(width), '-y', String(height)),
    screen,
    transcript,
    cursor() {
      const [column = '0', row = '0'] = tmux('display-message', '-p', '#{cursor_x} #{cursor_y}').trim().split(' ');
      return { column: Number(column), row: Number(row) };
    },
    until,
    pid: () => Number(tmux('display-message', '-p', '#{pane_pid}').trim()),
    close: () => void tmux('kill-server'),
    async ended() {
      const shown = await until(/^ENDED (\d+)$/m, 'transcript');
      return Number(/^ENDED (\d+)$/m.exec(shown)?.[1]);
    },
    [Symbol.dispose]() {
      try {
        tmux('kill-server');
      } catch {
        // It has ended already.
      }
    },
  };
}
