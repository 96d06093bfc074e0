import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { test } from 'node:test';

import { findSandbox } from '../src/sandbox.ts';
import { createShellTool } from '../src/shell.ts';
import { createFixture } from './tool-fixture.ts';

const { root, write, call } = createFixture();

/** Without bubblewrap: a program that takes the same arguments, writes them down and runs the command without any cage. */
function standIn(): string {
  const path = write('bin/bwrap', `#!/bin/sh\necho "$@" >> "${root}/argv"\nwhile [ "$1" != "--" ]; do shift; done\nshift\nexec "$@"\n`);
  chmodSync(path, 0o755);
  return path;
}

test('the cage is read-only but for the directories named, without network and privileges, and hides what is private', async () => {
  const secret = write('private/token', 'hunter2');
  const found = await findSandbox({ writable: [], hidden: [`${root}/private`, secret], program: standIn() });
  assert.ok('sandbox' in found);
  const { text } = await call(createShellTool({ sandbox: async () => found }), { command: 'echo ok' });
  assert.match(text, /^ok\n\[exit 0 after \d+\.\d s; in a sandbox: no network, writes only below the working directory and in a \/tmp of its own\]$/);
  const argv = readFileSync(`${root}/argv`, 'utf8').trim().split('\n').at(-1) ?? '';
  for (const part of ['--die-with-parent', '--unshare-all', '--cap-drop ALL', '--ro-bind / /', '--tmpfs /tmp', '--tmpfs /run', `--bind ${root} ${root}`, `--tmpfs ${root}/private`, `--ro-bind /dev/null ${secret}`, `--chdir ${root} --`]) {
    assert.ok(argv.includes(part), `${part} in ${argv}`);
  }
  assert.ok(argv.indexOf(`--bind ${root}`) < argv.indexOf(`--tmpfs ${root}/private`), 'what is hidden stays hidden below a directory that may be written');
});

test('where it is not installed or does not work, the reason is said', async () => {
  assert.deepEqual(await findSandbox({ writable: [], hidden: [], program: '/nonexistent/bwrap' }), { reason: 'bwrap does not work here: spawnSync /nonexistent/bwrap ENOENT' });
  const failing = write('bin/failing', '#!/bin/sh\necho "setting up uid map: Permission denied" >&2\nexit 1\n');
  chmodSync(failing, 0o755);
  assert.deepEqual(await findSandbox({ writable: [], hidden: [], program: failing }), { reason: 'bwrap does not work here: setting up uid map: Permission denied' });
});

test('a cage that cannot be had is looked for once, and each result says that it does not hold', async () => {
  let asked = 0;
  const shell = createShellTool({ sandbox: () => Promise.resolve({ reason: `bwrap is not installed (${++asked})` }) });
  for (let round = 0; round < 2; round++) {
    assert.match((await call(shell, { command: 'echo ok' })).text, /^ok\n\[exit 0 after \d+\.\d s; not in a sandbox: bwrap is not installed \(1\)\]$/);
  }
});

test('the real one holds what it says', async (context) => {
  const found = await findSandbox({ writable: [], hidden: [] });
  // Where there is no bubblewrap, the other tests of this file are what can be shown.
  if (!('sandbox' in found)) return context.diagnostic(found.reason);
  mkdirSync(`${root}/home/private`, { recursive: true });
  write('home/private/token', 'secret');
  const server = createServer((socket) => socket.end('reached')).listen(0, '127.0.0.1');
  context.after(() => server.close());
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  symlinkSync(`${root}/home/private`, `${root}/home/link`);
  const caged = await findSandbox({ writable: [], hidden: [`${root}/home/link`] });
  assert.ok('sandbox' in caged);
  const run = (command: string) => call(createShellTool({ sandbox: async () => caged, shellPath: '/bin/bash' }), { command });
  assert.match((await run('echo written > here && cat here')).text, /^written/);
  assert.match((await run('touch /etc/sx-was-here 2>&1; touch /var/tmp/sx-was-here 2>&1')).text, /Read-only file system[\s\S]*Read-only file system/);
  assert.match((await run(`cat < /dev/tcp/127.0.0.1/${port}`)).text, /refused|unreachable/i);
  assert.match((await run('ls home/private; cat home/private/token 2>&1')).text, /No such file/);
  assert.match((await run('echo x > /tmp/only-inside; ls /tmp')).text, /only-inside/);
  assert.equal(existsSync('/tmp/only-inside'), false);
  mkdirSync(`${root}/.git/hooks`, { recursive: true });
  assert.match((await run('echo evil > .git/hooks/post-commit; mv .git/hooks x; echo fine > .git/index && cat .git/index')).text, /Read-only file system[\s\S]*busy[\s\S]*\nfine/);
  assert.match((await run('ls -A /run | grep -v -e current-system -e wrappers; echo none')).text, /^none/);
  assert.match((await run('ps ax 2>/dev/null | wc -l || true; echo $$')).text, /\n\[exit 0/);
  const { text } = await call(createShellTool({ sandbox: async () => caged }), { command: 'sleep 321', timeoutMs: 100 });
  assert.match(text, /longer than 100 ms/);
  assert.doesNotMatch(execFileSync('ps', ['ax'], { encoding: 'utf8' }), /sleep 321/);
});
