/** The program of the README, as it stands there, run by a Node of its own against the simulator. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

import { createSimulator } from '@sx/simulator';

test('the program of the README, of thirty lines or so, runs tools by its rules and prints the answer', async () => {
  const folder = join(import.meta.dirname, '..');
  const program = /<!-- program: review -->\n```js\n([^]*?)```/.exec(readFileSync(join(folder, 'README.md'), 'utf8'))?.[1] ?? '';
  const lines = program.trimEnd().split('\n').length;
  assert.ok(lines >= 20 && lines <= 34, `${lines} lines`);
  const simulator = await createSimulator({ tls: false, strict: true });
  // Within the package, so that the workspaces are found.
  const directory = mkdtempSync(join(folder, 'test', '.readme-'));
  try {
    writeFileSync(join(directory, 'review.mjs'), program);
    writeFileSync(join(directory, 'auth.json'), JSON.stringify(simulator.credentials().codexAuthFile), { mode: 0o600 });
    writeFileSync(join(directory, 'greeting.txt'), 'hello from a file\n');
    const prompt = '[script]\ncall read {"path":"greeting.txt"}\ncall write {"path":"made.txt","content":"x"}\nthen\ncall read {"path":"made.txt"}\ncall read {"path":"greeting.txt"}\nthen\necho';
    const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--conditions=@sx/source', 'review.mjs', prompt], {
      cwd: directory,
      env: { CODEX_API_URL: simulator.urls.codex, AUTH_FILE: join(directory, 'auth.json') },
      timeout: 20_000,
    });
    assert.match(stdout, /hello from a file/);
    assert.match(stderr, /^read greeting\.txt\nwrite made\.txt\nread made\.txt\nread greeting\.txt\n$/);
    // Nobody allowed it to write.
    assert.match(JSON.stringify(simulator.requests.at(-1)?.body), /made\.txt[^"]*needs approval/);
  } finally {
    rmSync(directory, { recursive: true });
    await simulator.close();
  }
});
