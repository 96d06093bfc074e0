/** The program of the README, as it stands there, run by a Node of its own; a virtual terminal reads what it writes. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, test } from 'node:test';

import { createVirtualTerminal } from '@sx/testkit';

const packageFolder = resolve(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'sx-readme-'));
mkdirSync(join(folder, 'node_modules', '@sx'), { recursive: true });
symlinkSync(packageFolder, join(folder, 'node_modules', '@sx', 'tui'));
after(() => rmSync(folder, { recursive: true }));

test('streams back what is typed and leaves the terminal as it was', async () => {
  const text = /<!-- program: echo -->\n```js\n([^]*?)```/.exec(readFileSync(join(packageFolder, 'README.md'), 'utf8'))?.[1];
  assert.ok(text !== undefined);
  writeFileSync(join(folder, 'echo.mjs'), text);
  const terminal = createVirtualTerminal({ columns: 80, rows: 24 });
  const child = spawn(process.execPath, ['--conditions=@sx/source', join(folder, 'echo.mjs')], { env: { TERM: 'xterm-256color' }, timeout: 20_000 });
  let stderr = '';
  child.stderr.on('data', (bytes) => (stderr += bytes));
  let left = false;
  let typed = false;
  child.stdout.on('data', (bytes) => {
    terminal.write(bytes);
    if (!typed && terminal.screen().includes('Say something')) {
      typed = true;
      child.stdin.write('- **hello** \u001b[200~中文\u001b[201~\r');
    }
    // The answer, and the editor empty again.
    if (!left && /• hello 中文[^]*Say something/.test(terminal.screen())) {
      left = true;
      child.stdin.write('\u0003');
      child.stdin.end();
    }
  });
  const code = await new Promise((done) => child.once('close', done));
  assert.deepEqual([code, stderr], [0, '']);
  assert.equal(terminal.screen(), '\n› - **hello** 中文\n\n• hello 中文');
  assert.deepEqual([terminal.unknown, terminal.trespasses, terminal.modes.has(2004), terminal.keyboardFlags, terminal.cursor.visible], [[], [], false, 0, true]);
});
