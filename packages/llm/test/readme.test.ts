/** The program of the README, as it stands there. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { promisify } from 'node:util';

it('the program of the README defines a provider and reads its answer', async () => {
  const folder = join(import.meta.dirname, '..');
  const program = /<!-- program: toy -->\n```js\n([^]*?)```/.exec(readFileSync(join(folder, 'README.md'), 'utf8'))?.[1] ?? '';
  // Within the package, so that the workspaces are found.
  const directory = mkdtempSync(join(folder, 'test', '.readme-'));
  try {
    writeFileSync(join(directory, 'toy.mjs'), program);
    const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=@sx/source', join(directory, 'toy.mjs')], { env: {}, timeout: 20_000 });
    assert.equal(stdout, "https://api.example.com/stream [ { type: 'text', text: 'Hello' } ]\n");
  } finally {
    rmSync(directory, { recursive: true });
  }
});
