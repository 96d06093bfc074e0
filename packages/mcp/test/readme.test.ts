/** The program of the README, as it stands there, with a server of the tests. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

test('the program of the README lists the tools of a server', async () => {
  const folder = join(import.meta.dirname, '..');
  const program = /<!-- program: list -->\n```js\n([^]*?)```/.exec(readFileSync(join(folder, 'README.md'), 'utf8'))?.[1] ?? '';
  // Within the package, so that the workspaces are found.
  const directory = mkdtempSync(join(folder, 'test', '.readme-'));
  try {
    writeFileSync(join(directory, 'list.mjs'), program);
    const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=@sx/source', join(directory, 'list.mjs')], {
      env: { MCP_SERVER: `files:${process.execPath}:${join(folder, 'test/servers/stdio-server.mjs')} good`, PATH: process.env['PATH'] ?? '' },
      timeout: 20_000,
    });
    assert.match(stdout, /^mcp__files__echo\nmcp__files__environment\n/);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
