/** A desk for one person: the built program in tmux, in a home and a project of its own, against the simulator. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Simulator } from '@sx/simulator';

import { COMMAND, createSandbox, type Sandbox } from '../test/program/run-sx.ts';
import { openTmux, type TmuxTerminal } from './tmux-terminal.ts';

export interface Desk {
  readonly sandbox: Sandbox;
  readonly terminal: TmuxTerminal;
  /** Types a line and Enter. */
  say(line: string): void;
  /** Leaves, and checks that the terminal is as it was. */
  leave(): Promise<void>;
  [Symbol.dispose](): void;
}

export interface DeskOptions {
  readonly on: Simulator;
  readonly args?: readonly string[];
  readonly sandbox?: Sandbox;
  /** Instead of what leads to the simulator. */
  readonly env?: Readonly<Record<string, string>>;
  /** Beside it. */
  readonly editor?: string;
  readonly columns?: number;
  readonly rows?: number;
  /** From a shell with job control. */
  readonly fromShell?: boolean;
}

export function openDesk({ on, args = [], sandbox = createSandbox(), env, editor, columns, rows, fromShell = false }: DeskOptions): Desk {
  sandbox.put('home/.codex/auth.json', JSON.stringify(on.credentials().codexAuthFile));
  const ca = on.caFile === undefined ? {} : { CA_FILE: on.caFile };
  const signedIn = { PROVIDER: 'codex', CODEX_API_URL: on.urls.codex, CODEX_OAUTH_URL: on.urls.oauth, ...ca };
  const configured = { ...(env ?? signedIn), ...(editor === undefined ? {} : { EDITOR: editor }) };
  const terminal = openTmux({
    command: [...COMMAND, ...args], cwd: sandbox.project, scratch: sandbox.home, env: { HOME: sandbox.home, ...configured },
    fromShell, ...(columns === undefined ? {} : { columns }), ...(rows === undefined ? {} : { rows }),
  });
  return {
    sandbox,
    terminal,
    say(line) {
      terminal.type(line);
      terminal.keys('Enter');
    },
    async leave() {
      terminal.keys('C-c', 'C-c');
      assert.equal(await terminal.ended(), 0);
      await terminal.until(/ENDED/, 'transcript');
      while (!existsSync(join(sandbox.home, 'stty-after'))) await new Promise((resolve) => setTimeout(resolve, 20));
      assert.equal(readFileSync(join(sandbox.home, 'stty-after'), 'utf8'), readFileSync(join(sandbox.home, 'stty-before'), 'utf8'), 'the terminal is as it was');
    },
    [Symbol.dispose]() {
      terminal[Symbol.dispose]();
      sandbox[Symbol.dispose]();
    },
  };
}

/** The prompt, with somebody behind it. */
export const READY = /ask, or type \/ for commands[\s\S]*codex gpt-5\.5/;

/** A screen for people who read the output of the tests. */
export function show(t: { diagnostic(text: string): void }, title: string, screen: string): void {
  if (process.env['SHOW_SCREENS'] === '1') t.diagnostic(`${title}\n${screen}\n`);
}
