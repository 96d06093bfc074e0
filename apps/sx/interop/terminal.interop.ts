/** The built program in tmux, as a person sees it: keys in, the screen as text out. Run by `npm run test:terminal`. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';

import { createSimulator, demoTask, type Simulator } from '@sx/simulator';

import { COMMAND, createSandbox, type Sandbox } from '../test/program/run-sx.ts';
import { openTmux, type TmuxTerminal } from './tmux-terminal.ts';

/** In the shape of the vendor's keys. */
const KEY = `sk-ant-api03-${'k'.repeat(40)}`;
const simulator: Simulator = await createSimulator({ apiKey: KEY });
const slow: Simulator = await createSimulator({ delayMs: 60 });
const device: Simulator = await createSimulator({ deviceIntervalSeconds: 0.02 });
after(async () => {
  await simulator.close();
  await slow.close();
  await device.close();
});

interface Desk {
  readonly sandbox: Sandbox;
  readonly terminal: TmuxTerminal;
  /** Leaves, and checks that the terminal is as it was. */
  leave(): Promise<void>;
  [Symbol.dispose](): void;
}

interface Sitting {
  readonly args?: readonly string[];
  readonly on?: Simulator;
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

function sit({ args = [], on = simulator, sandbox = createSandbox(), env, editor, columns, rows, fromShell = false }: Sitting = {}): Desk {
  sandbox.put('home/.codex/auth.json', JSON.stringify(on.credentials().codexAuthFile));
  const signedIn = { PROVIDER: 'codex', CODEX_API_URL: on.urls.codex, CODEX_OAUTH_URL: on.urls.oauth, ...(on.caFile === undefined ? {} : { CA_FILE: on.caFile }) };
  const configured = { ...(env ?? signedIn), ...(editor === undefined ? {} : { EDITOR: editor }) };
  const terminal = openTmux({
    command: [...COMMAND, ...args], cwd: sandbox.project, scratch: sandbox.home, env: { HOME: sandbox.home, ...configured },
    fromShell, ...(columns === undefined ? {} : { columns }), ...(rows === undefined ? {} : { rows }),
  });
  return {
    sandbox,
    terminal,
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

const READY = /ask, or type \/ for commands[\s\S]*codex gpt-5\.5/;

/** A screen for people who read the output of the tests. */
function show(t: { diagnostic(text: string): void }, title: string, screen: string): void {
  if (process.env['SHOW_SCREENS'] === '1') t.diagnostic(`${title}\n${screen}\n`);
}

test('the first run walks through provider, key and model, and ends in a working prompt', async (t) => {
  using desk = sit({ env: { ANTHROPIC_API_URL: simulator.urls.anthropic, ...(simulator.caFile === undefined ? {} : { CA_FILE: simulator.caFile }) } });
  const { terminal, sandbox } = desk;
  sandbox.remove('home/.codex');
  show(t, 'first run', await terminal.until(/1\/3 provider/));
  terminal.type('anthr');
  await terminal.until(/1\/3 provider {2}anthr/);
  terminal.keys('Enter');
  await terminal.until(/2\/3 API key for anthropic/);
  terminal.paste(`${KEY}\n`);
  const hidden = await terminal.until(/› •+/);
  show(t, 'first run, key', hidden);
  assert.ok(!hidden.includes('sk-ant'), 'the key is not shown');
  terminal.keys('Enter');
  show(t, 'first run, model', await terminal.until(/3\/3 model/));
  terminal.keys('Enter');
  await terminal.until(/anthropic answers; ask away/);
  assert.match(readFileSync(join(sandbox.home, '.scorpiox/scorpiox-env.txt'), 'utf8'), /^PROVIDER=anthropic$/m);
  terminal.type('hello there');
  terminal.keys('Enter');
  await terminal.until(/You said: hello there/);
  await desk.leave();
});

test('every step of the first run can be skipped', async () => {
  using desk = sit({ env: {} });
  const { terminal } = desk;
  await terminal.until(/1\/3 provider/);
  terminal.keys('Escape');
  await terminal.until(/skipped: \/login/);
  terminal.type('hi');
  terminal.keys('Enter');
  await terminal.until(/no model answers yet/);
  await terminal.until(/› hi/);
  terminal.keys('C-c');
  terminal.type('/quit');
  terminal.keys('Enter');
  assert.equal(await terminal.ended(), 0);
});

test('a turn asks before it edits and runs, shows the diff and the command, and does what it was allowed', async (t) => {
  using desk = sit();
  const { terminal, sandbox } = desk;
  for (const [path, content] of Object.entries(demoTask.files)) sandbox.put(`project/${path}`, content);
  await terminal.until(READY);
  terminal.type(demoTask.prompt);
  terminal.keys('Enter');
  const diff = await terminal.until(/\? edit greeting\.txt[\s\S]*1\. Yes, once[\s\S]*4\. No, and tell why/);
  show(t, 'approval of an edit', diff);
  assert.match(diff, /- *Hello, wrold![\s\S]*\+ *Hello, world!/);
  assert.equal(readFileSync(join(sandbox.project, 'greeting.txt'), 'utf8'), demoTask.files['greeting.txt'], 'nothing happens before the answer');
  terminal.keys('Enter');
  const shell = await terminal.until(/\$ sh src\/greet\.sh[\s\S]*\? sh src\/greet\.sh/);
  show(t, 'approval of a command', shell);
  assert.equal(shell.split('+ Hello, world!').length - 1, 1, 'the diff that was approved is not shown again');
  terminal.type('3');
  show(t, 'the end of the turn', await terminal.until(/is now world/));
  assert.equal(readFileSync(join(sandbox.project, 'greeting.txt'), 'utf8'), demoTask.expectedFiles['greeting.txt']);
  assert.match(readFileSync(join(sandbox.home, '.scorpiox/permissions.txt'), 'utf8'), /^allow shell\(sh src\/greet\.sh\)$/m);
  terminal.type('/undo');
  terminal.keys('Enter');
  await terminal.until(/given back: greeting\.txt/);
  assert.equal(readFileSync(join(sandbox.project, 'greeting.txt'), 'utf8'), demoTask.files['greeting.txt']);
  await desk.leave();
});

test('no, and why: the model hears the reason', async () => {
  using desk = sit();
  const { terminal, sandbox } = desk;
  await terminal.until(READY);
  terminal.paste('[script]\ncall shell {"command":"touch made"}\nthen\necho');
  terminal.keys('Enter');
  await terminal.until(/\? touch made/);
  terminal.keys('Up', 'Enter');
  await terminal.until(/no: why not\?/);
  terminal.type('use the write tool');
  terminal.keys('Enter');
  await terminal.until(/the user declined, and says: use the write tool/);
  assert.equal(existsSync(join(sandbox.project, 'made')), false);
  await desk.leave();
});

test('typing during a turn steers at the next tool boundary, Tab queues it for after the turn', async (t) => {
  using desk = sit();
  const { terminal } = desk;
  await terminal.until(READY);
  terminal.paste('[script]\nsay working on it\ncall shell {"command":"sleep 0.1"}\nthen\nsay the end of the script');
  terminal.keys('Enter');
  await terminal.until(/\? sleep 0\.1/);
  terminal.type('look left');
  terminal.keys('Enter');
  await terminal.until(/steers: look left/);
  terminal.type('and then right');
  terminal.keys('Tab');
  show(t, 'steering and queue', await terminal.until(/steers: look left[\s\S]*queued: and then right/));
  terminal.keys('Enter');
  const whole = await terminal.until(/You said: look left[\s\S]*You said: and then right/, 'transcript');
  assert.doesNotMatch(whole, /^the end of the script/m, 'the model was steered');
  await desk.leave();
});

test('Esc stops the turn, keeps what was said, and gives back what was typed', async (t) => {
  using desk = sit({ on: slow });
  const { terminal, sandbox } = desk;
  await terminal.until(READY);
  terminal.type(`tell ${'a long story '.repeat(30)}[scenario text]`);
  terminal.keys('Enter');
  await terminal.until(/The server answers/);
  terminal.type('never mind');
  terminal.keys('Enter');
  await terminal.until(/steers: never mind/);
  terminal.keys('Escape');
  show(t, 'stopped', await terminal.until(/The server answers[\s\S]*stopped[\s\S]*› never mind/));
  terminal.keys('C-c');
  await desk.leave();
  const [project = ''] = readdirSync(join(sandbox.home, '.scorpiox/sessions'));
  const [file = ''] = readdirSync(join(sandbox.home, '.scorpiox/sessions', project)).filter((name) => name.endsWith('.jsonl'));
  assert.match(readFileSync(join(sandbox.home, '.scorpiox/sessions', project, file), 'utf8'), /The server answers/);
});

test('resized in mid-stream, the live region wraps anew and the transcript has each line once', async (t) => {
  using desk = sit({ on: slow, columns: 100, rows: 30 });
  const { terminal } = desk;
  await terminal.until(READY);
  terminal.type('[scenario text]');
  terminal.keys('Enter');
  await terminal.until(/The server answers/);
  terminal.resize(44, 20);
  await new Promise((resolve) => setTimeout(resolve, 300));
  terminal.resize(120, 40);
  const whole = await terminal.until(/survive the cuts[\s\S]*› ask, or type/, 'transcript');
  show(t, 'after two resizes', whole);
  assert.equal(whole.split('The server answers').length - 1, 1, 'nothing is left of earlier frames');
  await desk.leave();
});

test('10,000 pasted lines become a chip, and are sent whole', async (t) => {
  using desk = sit();
  const { terminal } = desk;
  await terminal.until(READY);
  terminal.paste(Array.from({ length: 10_000 }, (_, index) => `line ${index}`).join('\n'));
  show(t, 'a paste', await terminal.until(/\[Pasted text #1, 10,000 lines\]/));
  terminal.keys('Enter');
  await terminal.until(/You said: line 0/, 'transcript');
  assert.match(JSON.stringify(simulator.requests.at(-1)), /line 9999/);
  await desk.leave();
});

test('wide characters and emoji keep the cursor where the text ends', async (t) => {
  using desk = sit({ columns: 40, rows: 16 });
  const { terminal } = desk;
  await terminal.until(/› ask[\s\S]*codex gpt-5\.5/);
  terminal.type('日本語の入力');
  const screen = await terminal.until(/› 日本語の入力/);
  show(t, 'wide characters at 40 columns', screen);
  assert.equal(terminal.cursor().column, 2 + 12);
  terminal.keys('Left', 'Left', 'BSpace');
  await terminal.until(/› 日本語入力/);
  assert.equal(terminal.cursor().column, 2 + 6);
  terminal.keys('Enter');
  await terminal.until(/You said: 日本語入力/);
  await desk.leave();
});

test('a session is left and resumed: by the flag, and from the list', async (t) => {
  using first = sit();
  const { sandbox } = first;
  await first.terminal.until(READY);
  first.terminal.type('remember the otter');
  first.terminal.keys('Enter');
  await first.terminal.until(/You said: remember the otter/);
  await first.leave();
  await first.terminal.until(/sx -r [0-9a-f]{8} goes on/, 'transcript');

  using second = sit({ sandbox, args: ['-c'] });
  show(t, 'resumed', await second.terminal.until(/› remember the otter[\s\S]*You said: remember the otter[\s\S]*codex gpt-5\.5/));
  second.terminal.type('/new');
  second.terminal.keys('Enter');
  await second.terminal.until(/a new session/);
  second.terminal.type('/resume ');
  second.terminal.keys('Enter');
  show(t, 'the list of sessions', await second.terminal.until(/session[\s\S]*❯ remember the otter/));
  second.terminal.keys('Enter');
  await second.terminal.until(/a new session[\s\S]*You said: remember the otter/, 'transcript');
  await second.leave();
});

test('a model that streams escape sequences changes nothing on the terminal', async () => {
  using desk = sit();
  const { terminal } = desk;
  await terminal.until(READY);
  terminal.paste('[script]\nsay \u009b2Jred \u0007bell \u202eoverride');
  terminal.keys('Enter');
  await terminal.until(/\\u009b2Jred \\u0007bell \\u202eoverride/);
  await desk.leave();
});

test('terminated from outside, it gives the terminal back', async () => {
  using desk = sit();
  await desk.terminal.until(READY);
  desk.terminal.type('!kill -TERM $PPID');
  desk.terminal.keys('Enter');
  assert.equal(await desk.terminal.ended(), 143);
});

test('Ctrl-Z gives the terminal to the shell, fg draws the screen again with what was typed', async (t) => {
  using desk = sit({ fromShell: true });
  const { terminal, sandbox } = desk;
  await terminal.until(READY);
  terminal.type('half a');
  await terminal.until(/› half a\n/);
  for (let round = 0; round < 2; round += 1) {
    terminal.keys('C-z');
    await terminal.until(/Stopped[\s\S]*\$ ?$/);
    terminal.type(`stty -a | grep -ow '[-]*icanon' > ${sandbox.home}/mode; echo the-shell-${round}`);
    terminal.keys('Enter');
    show(t, 'suspended', await terminal.until(new RegExp(`^the-shell-${round}\n\\$ ?$`, 'm')));
    assert.equal(readFileSync(join(sandbox.home, 'mode'), 'utf8').trim(), 'icanon', 'lines are cooked');
    terminal.type('fg');
    terminal.keys('Enter');
    show(t, 'continued', await terminal.until(/the-shell[\s\S]*› half a[^\n]*\n.*codex gpt-5\.5/));
  }
  terminal.type(' prompt');
  await terminal.until(/› half a prompt\n/);
  assert.equal(terminal.cursor().column, 2 + 'half a prompt'.length);
  terminal.keys('Enter');
  await terminal.until(/You said: half a prompt/);
  terminal.type('/quit');
  terminal.keys('Enter');
  await terminal.until(/\$ ?$/);
});

test('suspended in mid-turn, the turn waits and goes on', async () => {
  using desk = sit({ fromShell: true, on: slow });
  const { terminal } = desk;
  await terminal.until(READY);
  terminal.type('[scenario text]');
  terminal.keys('Enter');
  await terminal.until(/The server answers/);
  terminal.keys('C-z');
  const stopped = await terminal.until(/Stopped[\s\S]*\$ ?$/);
  assert.doesNotMatch(stopped, /survive the cuts/);
  terminal.type('fg');
  terminal.keys('Enter');
  const whole = await terminal.until(/survive the cuts[\s\S]*› ask, or type/, 'transcript');
  assert.equal(whole.split('survive the cuts').length - 1, 1);
  terminal.type('/quit');
  terminal.keys('Enter');
  await terminal.until(/\$ ?$/);
});

test('an editor that is killed leaves the screen, the keyboard and the prompt as they were', async (t) => {
  const sandbox = createSandbox();
  const editor = sandbox.put('home/editor', '#!/bin/sh\nprintf "\\033[?1049h\\033[?25l\\033[?1000hEDITING"\nstty raw -echo\nkill -9 $$\n', 0o755);
  using desk = sit({ sandbox, editor });
  const { terminal } = desk;
  await terminal.until(READY);
  terminal.type('remember the otter');
  terminal.keys('Enter');
  await terminal.until(/You said: remember the otter/);
  terminal.type('half a');
  terminal.keys('C-g');
  show(t, 'after an editor that was killed', await terminal.until(/You said: remember the otter[\s\S]*ended with SIGKILL; nothing was changed[\s\S]*› half a\n/, 'transcript'));
  terminal.type(' prompt');
  terminal.keys('Enter');
  const whole = await terminal.until(/You said: half a prompt/, 'transcript');
  assert.match(whole, /You said: remember the otter/, 'the scroll-back is the one from before');
  assert.doesNotMatch(whole, /EDITING/);
  await desk.leave();
});

test('a child that is killed is a result, and the screen goes on', async () => {
  using desk = sit();
  const { terminal } = desk;
  await terminal.until(READY);
  terminal.type('!kill -9 $$');
  terminal.keys('Enter');
  await terminal.until(/killed by SIGKILL[\s\S]*› ask/);
  terminal.type('!echo gone > /dev/tty || echo no terminal of ours');
  terminal.keys('Enter');
  await terminal.until(/\/dev\/tty is protected/);
  terminal.type('still here?');
  terminal.keys('Enter');
  await terminal.until(/<\/note>still here\?\n/);
  await desk.leave();
});

test('a window that is closed in mid-stream: the process ends, what was said is on file, and -r goes on with it', async () => {
  using desk = sit({ on: slow });
  const { terminal, sandbox } = desk;
  await terminal.until(READY);
  terminal.type('[scenario text]');
  terminal.keys('Enter');
  await terminal.until(/The server answers/);
  const children = readFileSync(`/proc/${terminal.pid()}/task/${terminal.pid()}/children`, 'utf8').trim().split(' ').map(Number);
  const [sx = assert.fail('no child')] = children;
  terminal.close();
  const deadline = Date.now() + 8_000;
  while (existsSync(`/proc/${sx}`) && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
  assert.ok(!existsSync(`/proc/${sx}`), 'the process has ended');
  const [project = ''] = readdirSync(join(sandbox.home, '.scorpiox/sessions'));
  const [file = ''] = readdirSync(join(sandbox.home, '.scorpiox/sessions', project)).filter((name) => name.endsWith('.jsonl'));
  assert.match(readFileSync(join(sandbox.home, '.scorpiox/sessions', project, file), 'utf8'), /The server answers[\s\S]*"outcome":"interrupted"/);

  using again = sit({ sandbox, args: ['-r', file.replace(/^.*?([0-9a-f]{8})[0-9a-f-]*\.jsonl$/, '$1')] });
  await again.terminal.until(/The server answers[\s\S]*› ask/);
  await again.leave();
});

test('the first run signs in with a code for the browser', async (t) => {
  using desk = sit({
    on: device,
    env: { CODEX_API_URL: device.urls.codex, CODEX_OAUTH_URL: device.urls.oauth, PROVIDER: '', ...(device.caFile === undefined ? {} : { CA_FILE: device.caFile }) },
  });
  const { terminal, sandbox } = desk;
  sandbox.remove('home/.codex');
  await terminal.until(/1\/3 provider/);
  terminal.keys('Enter');
  await terminal.until(/2\/3 login/);
  terminal.keys('Enter');
  show(t, 'signed in with a code', await terminal.until(/enter this code there[\s\S]*signed in[\s\S]*3\/3 model/));
  terminal.keys('Enter');
  await terminal.until(/codex answers; ask away/);
  terminal.type('hello there');
  terminal.keys('Enter');
  await terminal.until(/You said: hello there/);
  await desk.leave();
});

test('everything skipped, the demo is there to look around', async (t) => {
  using desk = sit({ env: {} });
  const { terminal, sandbox } = desk;
  sandbox.remove('home/.codex');
  await terminal.until(/1\/3 provider/);
  terminal.keys('Escape');
  await terminal.until(/skipped: \/login/);
  terminal.type('/demo');
  terminal.keys('Enter');
  show(t, 'the demo', await terminal.until(/🦦/u));
  await desk.leave();
});
