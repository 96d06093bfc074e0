/** The program of the README, as it stands there, run by a Node of its own against the simulator. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { promisify } from 'node:util';

import { createSimulator } from '@sx/simulator';

it('the program of the README answers', async () => {
  const folder = join(import.meta.dirname, '..');
  const program = /<!-- program: stream -->\n```js\n([^]*?)```/.exec(readFileSync(join(folder, 'README.md'), 'utf8'))?.[1] ?? '';
  const simulator = await createSimulator({ tls: false, strict: true });
  // Within the package, so that the workspaces are found.
  const directory = mkdtempSync(join(folder, 'test', '.readme-'));
  try {
    assert.ok(program.split('\n').filter((line) => line.trim() !== '').length <= 23, 'about twenty lines');
    writeFileSync(join(directory, 'stream.mjs'), program);
    const file = join(directory, 'credentials.json');
    // Expired: the program has to renew it first.
    writeFileSync(file, JSON.stringify(simulator.credentials({ expiresInSeconds: -1 }).claudeCredentialsFile), { mode: 0o600 });
    const env = { CLAUDE_CODE_API_URL: simulator.urls.anthropic, TOKEN_URL: `${simulator.url}/v1/oauth/token`, CREDENTIALS_FILE: file };
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--conditions=@sx/source', join(directory, 'stream.mjs'), '[scenario tools]'],
      { env, timeout: 20_000 },
    );
    assert.match(stdout, /All 3 tools have answered/);
    assert.deepEqual(simulator.requests.filter(({ path }) => path.endsWith('/messages')).map(({ status }) => status), [200, 200]);
  } finally {
    rmSync(directory, { recursive: true });
    await simulator.close();
  }
});
