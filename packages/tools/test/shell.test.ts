import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { test } from 'node:test';

import { toolLimits } from '../src/limits.ts';
import { createShellTool } from '../src/shell.ts';
import { createFixture } from './tool-fixture.ts';

const fixture = createFixture();
const { root, context, progress, write, call } = fixture;
const shell = createShellTool();
const run = (command: string, more = {}, runContext = {}) => call(shell, { command, ...more }, runContext);

function isAlive(pid: number): boolean {
  try {
    // A zombie that nobody reaped is dead all the same.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 5_000;
  while (!condition()) {
    assert.ok(Date.now() < deadline, 'it never came true');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

test('runs in the working directory and reports output and exit code', async () => {
  const output = await run('pwd; echo err >&2');
  assert.match(output.text, new RegExp(`^${root}\nerr\n\\[exit 0 after \\d+\\.\\d s\\]$`));
  assert.equal(output.isError, false);
  assert.match((await run('exit 3')).text, /^\[exit 3 after/);
  assert.equal((await run('exit 3')).isError, true);
  assert.match((await run('kill -9 $$')).text, /killed by SIGKILL/);
  assert.match((await run('printf no-newline')).text, /^no-newline\n\[exit 0/);
});

test('works with a plain sh, and says where a shell cannot be started', async () => {
  assert.match((await call(createShellTool({ shellPath: '/bin/sh' }), { command: 'echo ok' })).text, /^ok/);
  assert.match((await call(createShellTool({ shellPath: '/nonexistent' }), { command: 'x' })).text, /could not be started/);
});

test('standard input is at its end', async () => assert.match((await run('cat; read x; echo "got $?"')).text, /^got 1/));

test('a child gets the child environment and nothing else', async () => {
  process.env['SX_TEST_API_KEY'] = 'sekrit';
  const { text } = await run('env', {}, { childEnvironment: { PATH: context.childEnvironment['PATH'], GREETING: 'hi', BASH_ENV: '/tmp/x', ENV: '/tmp/x' } });
  delete process.env['SX_TEST_API_KEY'];
  assert.match(text, /GREETING=hi/);
  assert.doesNotMatch(text, /sekrit|BASH_ENV|^ENV=/m);
});

test('secrets are masked, also where a line came in two pieces', async () => {
  const { text } = await run('printf hunt; sleep 0.05; echo er2');
  assert.match(text, /^\[redacted\]\n/);
  assert.doesNotMatch(progress.join(''), /hunter2/);
});

test('control characters and broken UTF-8 do no harm', async () => {
  const { text } = await run(String.raw`printf '\033[31mred\033[0m \033]0;title\007bell\007 \377\376 a\000b\n10%%\r50%%\r100%%\nc\r\nd\n'`);
  assert.equal(text.split('\n[exit')[0], 'red bell \ufffd\ufffd ab\n100%\nc\nd');
});

test('a long output shows start and end, and the whole is in a file', async () => {
  const { text } = await run('seq 1 20000');
  assert.ok(text.length < toolLimits.shellOutputCharsMax + 1_000);
  assert.match(text, /^1\n2\n/);
  assert.match(text, /\n20000\n\[exit 0/);
  assert.match(text, /\[… \d+ characters left out …\]/);
  const path = /the whole is in (\S+);/.exec(text)?.[1] ?? assert.fail(text.slice(-300));
  assert.equal(readFileSync(path, 'utf8'), Array.from({ length: 20_000 }, (_, index) => `${index + 1}\n`).join(''));
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.equal(statSync(context.outputDirectory).mode & 0o777, 0o700);
});

test('a short output makes no file', async () => {
  rmSync(context.outputDirectory, { recursive: true, force: true });
  await run('echo short');
  assert.ok(!existsSync(context.outputDirectory));
});

test('an output directory that cannot be made costs the file, not the command', async () => {
  const blocked = write('blocked', '');
  const { text, isError } = await run('seq 1 20000', {}, { outputDirectory: `${blocked}/x` });
  assert.equal(isError, false);
  assert.match(text, /the whole could not be kept/);
});

test('an endless output is stopped, and memory and disk stay bounded', async () => {
  const { text, isError } = await run('yes 0123456789012345678901234567890123456789012345678901234567890123456789');
  assert.equal(isError, true);
  assert.match(text, /stopped: more than \d+ bytes of output/);
  const sizes = readdirSync(context.outputDirectory).map((name) => statSync(`${context.outputDirectory}/${name}`).size);
  assert.ok(Math.max(...sizes) <= toolLimits.shellOutputBytesMax);
});

test('an endless line is passed on in pieces', async () => {
  const { text } = await run('head -c 300000 /dev/zero | tr "\\0" x');
  assert.ok(text.length < toolLimits.shellOutputCharsMax + 1_000);
  assert.match(text, /exit 0/);
});

test('a timeout kills the whole process group', async () => {
  const { text, isError } = await run('sleep 1000 & echo $! > pid1; sleep 1001 & echo $! > pid2; wait', { timeoutMs: 300 });
  assert.equal(isError, true);
  assert.match(text, /stopped: it took longer than 300 ms/);
  await until(() => ['pid1', 'pid2'].every((name) => !isAlive(Number(readFileSync(`${root}/${name}`, 'utf8')))));
});

test('an abort kills the whole process group, also what ignores SIGTERM', async () => {
  const controller = new AbortController();
  const running = run('trap "" TERM; (trap "" TERM; echo $BASHPID > deaf; while :; do sleep 0.1; done) & echo ready; wait; while :; do sleep 0.1; done', {}, {
    signal: controller.signal,
    onProgress: () => controller.abort(),
  });
  const { text } = await running;
  assert.match(text, /^ready\n\[stopped: interrupted by the user/);
  await until(() => !isAlive(Number(readFileSync(`${root}/deaf`, 'utf8'))));
});

test('what survives the shell because it ignores SIGTERM is killed with the group', async () => {
  const controller = new AbortController();
  await run('(trap "" TERM; exec >/dev/null 2>&1; echo $BASHPID > deaf2; while :; do sleep 0.1; done) & while [ ! -s deaf2 ]; do :; done; echo ready; wait', {}, {
    signal: controller.signal,
    onProgress: () => controller.abort(),
  });
  await until(() => !isAlive(Number(readFileSync(`${root}/deaf2`, 'utf8'))));
});

test('a signal that was aborted before stops at once', async () => {
  assert.match((await run('sleep 100', {}, { signal: AbortSignal.abort() })).text, /interrupted/);
});

test('a process left behind that holds the output open does not hang the call', async () => {
  const { text } = await run('sleep 30 & echo $! > left; echo done');
  const left = Number(readFileSync(`${root}/left`, 'utf8'));
  assert.match(text, /^done\n\[exit 0 after \d\.\d s; a process it started is still running and no longer heard\]$/);
  assert.ok(isAlive(left));
  process.kill(left);
});

test('a working directory that vanished is an answer', async () => {
  assert.match((await run('pwd', {}, { workingDirectory: `${root}/gone` })).text, /The working directory .*gone is gone/);
});

test('runs only the command that was approved', async () => {
  const output = await shell.run({ command: 'touch evil' }, { ...context, approved: [{ action: 'shell', command: 'ls', cwd: root }] });
  assert.equal(output.isError, true);
  assert.ok(!existsSync(`${root}/evil`));
});

for (const [input, expected] of [
  [{}, /`command` must be a string/],
  [{ command: '  ' }, /is empty/],
  [{ command: 'a\0b' }, /NUL/],
  [{ command: 'x'.repeat(200_000) }, /Put it into a file/],
  [{ command: 'x', timeoutMs: 600_001 }, /from 1 to 600000/],
  [{ command: 'x', timeoutMs: -1 }, /from 1 to 600000/],
  [{ command: ['ls'] }, /got an array/],
] as const) {
  test(`refuses ${JSON.stringify(input).slice(0, 50)}`, async () => assert.match((await call(shell, input)).text, expected));
}
