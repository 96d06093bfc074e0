/** The program of the README, as it stands there, run by a Node of its own against the simulator. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { promisify } from 'node:util';

import { createSimulator } from '@sx/simulator';

const folder = join(import.meta.dirname, '..');
const readme = readFileSync(join(folder, 'README.md'), 'utf8');

for (const protocol of ['chat', 'responses', 'messages']) {
  it(`the program of the README answers by ${protocol}`, async () => {
    const program = /<!-- program: stream -->\n```js\n([^]*?)```/.exec(readme)?.[1] ?? '';
    const simulator = await createSimulator({ tls: false, strict: true });
    // Within the package, so that the workspaces are found.
    const directory = mkdtempSync(join(folder, 'test', '.readme-'));
    try {
      assert.ok(program.split('\n').filter((line) => line.trim() !== '').length <= 21, 'about twenty lines');
      writeFileSync(join(directory, 'stream.mjs'), program);
      const { stdout } = await promisify(execFile)(
        process.execPath,
        ['--conditions=@sx/source', join(directory, 'stream.mjs'), '[scenario tools]'],
        { env: { ROUTER_URL: simulator.urls.router, ROUTER_PROTOCOL: protocol }, timeout: 20_000 },
      );
      assert.match(stdout, /All 3 tools have answered/);
      assert.ok(simulator.requests.filter(({ method }) => method === 'POST').length >= 2);
    } finally {
      rmSync(directory, { recursive: true });
      await simulator.close();
    }
  });
}
