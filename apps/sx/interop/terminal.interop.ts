/** The built program in tmux, as a person sees it: keys in, the screen as text out. Run by `npm run test:terminal`. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';

import { createSimulator, demoTask, type Simulator } from '@sx/simulator';

import { openDesk, READY, show } from './desk.ts';

const simulator: Simulator = await createSimulator();
const slow: Simulator = await createSimulator({ delayMs: 60 });
after(async () => {
  await simulator.close();
  await slow.close();
});

test('a turn asks before it edits and runs, shows the diff and the command, and does what it was allowed', async (t) => {
  using desk = openDesk({ on: simulator });
  const { terminal, sandbox } = desk;
  for (const [path, content] of Object.entries(demoTask.files)) sandbox.put(`project/${path}`, content);
  await terminal.until(READY);
  desk.say(demoTask.prompt);
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
  desk.say('/undo');
  await terminal.until(/given back: greeting\.txt/);
  assert.equal(readFileSync(join(sandbox.project, 'greeting.txt'), 'utf8'), demoTask.files['greeting.txt']);
  await desk.leave();
});

test('no, and why: the model hears the reason', async () => {
  using desk = openDesk({ on: simulator });
  const { terminal, sandbox } = desk;
  await terminal.until(READY);
  terminal.paste('[script]\ncall shell {"command":"touch made"}\nthen\necho');
  terminal.keys('Enter');
  await terminal.until(/\? touch made/);
  terminal.keys('Up', 'Enter');
  await terminal.until(/no: why not\?/);
  desk.say('use the write tool');
  await terminal.until(/the user declined, and says: use the write tool/);
  assert.equal(existsSync(join(sandbox.project, 'made')), false);
  await desk.leave();
});

test('typing during a turn steers at the next tool boundary, Tab queues it for after the turn', async (t) => {
  using desk = openDesk({ on: simulator });
  const { terminal } = desk;
  await terminal.until(READY);
  terminal.paste('[script]\nsay working on it\ncall shell {"command":"sleep 0.1"}\nthen\nsay the end of the script');
  terminal.keys('Enter');
  await terminal.until(/\? sleep 0\.1/);
  desk.say('look left');
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
  using desk = openDesk({ on: slow });
  const { terminal, sandbox } = desk;
  await terminal.until(READY);
  desk.say(`tell ${'a long story '.repeat(30)}[scenario text]`);
  await terminal.until(/The server answers/);
  desk.say('never mind');
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
  using desk = openDesk({ on: slow, columns: 100, rows: 30 });
  const { terminal } = desk;
  await terminal.until(READY);
  desk.say('[scenario text]');
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
  using desk = openDesk({ on: simulator });
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
  using desk = openDesk({ on: simulator, columns: 40, rows: 16 });
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
  using first = openDesk({ on: simulator });
  const { sandbox } = first;
  await first.terminal.until(READY);
  first.say('remember the otter');
  await first.terminal.until(/You said: remember the otter/);
  await first.leave();
  await first.terminal.until(/sx -r [0-9a-f]{8} goes on/, 'transcript');

  using second = openDesk({ on: simulator, sandbox, args: ['-c'] });
  show(t, 'resumed', await second.terminal.until(/› remember the otter[\s\S]*You said: remember the otter[\s\S]*codex gpt-5\.5/));
  second.say('/new');
  await second.terminal.until(/a new session/);
  second.say('/resume ');
  show(t, 'the list of sessions', await second.terminal.until(/session[\s\S]*❯ remember the otter/));
  second.terminal.keys('Enter');
  await second.terminal.until(/a new session[\s\S]*You said: remember the otter/, 'transcript');
  await second.leave();
});

test('a model that streams escape sequences changes nothing on the terminal', async () => {
  using desk = openDesk({ on: simulator });
  const { terminal } = desk;
  await terminal.until(READY);
  terminal.paste('[script]\nsay \u009b2Jred \u0007bell \u202eoverride');
  terminal.keys('Enter');
  await terminal.until(/\\u009b2Jred \\u0007bell \\u202eoverride/);
  await desk.leave();
});

test('the commands, one after the other', async (t) => {
  using desk = openDesk({ on: simulator, columns: 90, rows: 40, args: ['--permission-mode', 'accept-edits'] });
  const { terminal, sandbox } = desk;
  sandbox.put('project/a.txt', 'one\ntwo\n');
  sandbox.put('home/.scorpiox/commands/greet.md', '# Say hello\nsay hello to $1');
  await terminal.until(READY);
  desk.say('/greet otter');
  await terminal.until(/You said: #? ?Say hello|say hello to otter/);
  for (const [line, pattern] of [
    ['/usage', /tokens: \d+ in[\s\S]*plan/],
    ['/config', /PROVIDER=codex[\s\S]*sx config list shows all keys/],
    ['/effort low', /effort low from now on[\s\S]*· low ·/],
    ['/model gpt-5.6-terra', /codex gpt-5\.6-terra answers from now on/],
    ['/trace wire.trace', /every byte goes to wire\.trace/],
    ['/export talk.md', /written to .*talk\.md/],
  ] as const) {
    desk.say(line);
    show(t, line, await terminal.until(pattern));
  }
  terminal.paste('[script]\ncall read {"path":"a.txt"}\nthen\ncall edit {"path":"a.txt","oldText":"two","newText":"three"}');
  terminal.keys('Enter');
  await terminal.until(/Done after 2 tool results/);
  desk.say('/diff');
  show(t, '/diff', await terminal.until(/› \/diff\s+a\.txt\n[\s\S]*- two[\s\S]*\+ three/));
  desk.say('/undo');
  show(t, '/undo', await terminal.until(/given back: a\.txt/));
  assert.equal(readFileSync(join(sandbox.project, 'a.txt'), 'utf8'), 'one\ntwo\n');
  desk.say('/fork');
  show(t, '/fork', await terminal.until(/a copy goes on; sx -r [0-9a-f]{8}/));
  desk.say('in the copy');
  await terminal.until(/You said: [\s\S]*in the copy/);
  desk.say('/resume ');
  show(t, '/resume', await terminal.until(/session[\s\S]*❯ say hello to otter|❯ # Say hello/));
  terminal.keys('Escape');
  await terminal.until(/› ask, or type/);
  await desk.leave();
  assert.match(readFileSync(join(sandbox.project, 'wire.trace'), 'utf8'), /responses/);
  assert.match(readFileSync(join(sandbox.project, 'talk.md'), 'utf8'), /say hello to otter/);
});
