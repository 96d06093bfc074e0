/** The built program in tmux when it is left, suspended, or what it runs is killed. Run by `npm run test:terminal`. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';

import { createSimulator, type Simulator } from '@sx/simulator';

import { createSandbox } from '../test/program/run-sx.ts';
import { openDesk, READY, show } from './desk.ts';

const simulator: Simulator = await createSimulator();
const slow: Simulator = await createSimulator({ delayMs: 60 });
after(async () => {
  await simulator.close();
  await slow.close();
});

test('terminated from outside, it gives the terminal back', async () => {
  using desk = openDesk({ on: simulator });
  await desk.terminal.until(READY);
  desk.say('!kill -TERM $PPID');
  assert.equal(await desk.terminal.ended(), 143);
});

test('Ctrl-Z gives the terminal to the shell, fg draws the screen again with what was typed', async (t) => {
  using desk = openDesk({ on: simulator, fromShell: true });
  const { terminal, sandbox } = desk;
  await terminal.until(READY);
  terminal.type('half a');
  await terminal.until(/› half a\n/);
  for (let round = 0; round < 2; round += 1) {
    terminal.keys('C-z');
    await terminal.until(/Stopped[\s\S]*\$ ?$/);
    desk.say(`stty -a | grep -ow '[-]*icanon' > ${sandbox.home}/mode; echo the-shell-${round}`);
    show(t, 'suspended', await terminal.until(new RegExp(`^the-shell-${round}\n\\$ ?$`, 'm')));
    assert.equal(readFileSync(join(sandbox.home, 'mode'), 'utf8').trim(), 'icanon', 'lines are cooked');
    desk.say('fg');
    show(t, 'continued', await terminal.until(/the-shell[\s\S]*› half a[^\n]*\n.*codex gpt-5\.5/));
  }
  terminal.type(' prompt');
  await terminal.until(/› half a prompt\n/);
  assert.equal(terminal.cursor().column, 2 + 'half a prompt'.length);
  terminal.keys('Enter');
  await terminal.until(/You said: half a prompt/);
  desk.say('/quit');
  await terminal.until(/\$ ?$/);
});

test('suspended in mid-turn, the turn waits and goes on', async () => {
  using desk = openDesk({ on: slow, fromShell: true });
  const { terminal } = desk;
  await terminal.until(READY);
  desk.say('[scenario text]');
  await terminal.until(/The server answers/);
  terminal.keys('C-z');
  const stopped = await terminal.until(/Stopped[\s\S]*\$ ?$/);
  assert.doesNotMatch(stopped, /survive the cuts/);
  desk.say('fg');
  const whole = await terminal.until(/survive the cuts[\s\S]*› ask, or type/, 'transcript');
  assert.equal(whole.split('survive the cuts').length - 1, 1);
  desk.say('/quit');
  await terminal.until(/\$ ?$/);
});

test('an editor that is killed leaves the screen, the keyboard and the prompt as they were', async (t) => {
  const sandbox = createSandbox();
  const editor = sandbox.put('home/editor', '#!/bin/sh\nprintf "\\033[?1049h\\033[?25l\\033[?1000hEDITING"\nstty raw -echo\nkill -9 $$\n', 0o755);
  using desk = openDesk({ on: simulator, sandbox, editor });
  const { terminal } = desk;
  await terminal.until(READY);
  desk.say('remember the otter');
  await terminal.until(/You said: remember the otter/);
  terminal.type('half a');
  terminal.keys('C-g');
  show(t, 'after an editor that was killed', await terminal.until(/You said: remember the otter[\s\S]*ended with SIGKILL; nothing was changed[\s\S]*› half a\n/, 'transcript'));
  desk.say(' prompt');
  const whole = await terminal.until(/You said: half a prompt/, 'transcript');
  assert.match(whole, /You said: remember the otter/, 'the scroll-back is the one from before');
  assert.doesNotMatch(whole, /EDITING/);
  await desk.leave();
});

test('a child that is killed is a result, and the screen goes on', async () => {
  using desk = openDesk({ on: simulator });
  const { terminal } = desk;
  await terminal.until(READY);
  desk.say('!kill -9 $$');
  await terminal.until(/killed by SIGKILL[\s\S]*› ask/);
  desk.say('!echo gone > /dev/tty || echo no terminal of ours');
  await terminal.until(/\/dev\/tty is protected/);
  desk.say('still here?');
  await terminal.until(/<\/note>still here\?\n/);
  await desk.leave();
});

test('a window that is closed in mid-stream: the process ends, what was said is on file, and -r goes on with it', async () => {
  using desk = openDesk({ on: slow });
  const { terminal, sandbox } = desk;
  await terminal.until(READY);
  desk.say('[scenario text]');
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

  using again = openDesk({ on: simulator, sandbox, args: ['-r', file.replace(/^.*?([0-9a-f]{8})[0-9a-f-]*\.jsonl$/, '$1')] });
  await again.terminal.until(/The server answers[\s\S]*› ask/);
  await again.leave();
});
