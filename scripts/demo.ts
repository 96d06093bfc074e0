/**
 * `npm run demo`: a whole agent turn on this machine. Builds `dist/sx` where it is stale, starts the simulator, gives sx a real task in a
 * temporary folder, and shows the answer and the file that it changed.
 *
 * Nothing of the user's is touched: sx gets an environment of its own with a temporary home. Exit code: that of sx, or 1
 * where the file is not what the task asks for.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';

import { demoTask } from '@sx/simulator';

import { ensureExecutable } from './build-executable/ensure.ts';
import { root } from './build-executable/root.ts';

const sx = await ensureExecutable();
const home = mkdtempSync(join(tmpdir(), 'sx-demo-'));
const folder = join(home, 'task');
for (const [path, content] of Object.entries(demoTask.files)) {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), content);
}

const simulator = spawn(process.execPath, ['--conditions=@sx/source', 'packages/simulator/src/main.ts', '--strict'], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
try {
  const [line]: unknown[] = await once(createInterface(simulator.stdout), 'line');
  const served: { codex: string; caFile: string; credentials: { codex: string } } = JSON.parse(String(line));
  const say = (text: string): void => void process.stdout.write(`${text}\n`);
  say(`simulator  ${served.codex}`);
  say(`folder     ${folder}`);
  say(`prompt     ${demoTask.prompt}\n`);
  const args = ['-p', demoTask.prompt, '--provider', 'codex', '--cd', folder, '--allow', 'edit', '--allow', 'shell(sh src/greet.sh)', '--include-partial-messages'];
  const env = { HOME: home, PATH: process.env['PATH'] ?? '', CODEX_API_URL: served.codex, CODEX_CREDENTIALS_FILE: served.credentials.codex, CA_FILE: served.caFile };
  const agent = spawn(sx, args, { env, stdio: ['ignore', 'inherit', 'inherit'] });
  const [code]: unknown[] = await once(agent, 'exit');
  say('\ngreeting.txt before and after:');
  let changed = true;
  for (const [path, expected] of Object.entries(demoTask.expectedFiles)) {
    const after = readFileSync(join(folder, path), 'utf8');
    changed &&= after === expected;
    say(`- ${demoTask.files['greeting.txt'].trimEnd()}\n+ ${after.trimEnd()}`);
  }
  process.exitCode = code === 0 && !changed ? 1 : Number(code);
} finally {
  simulator.kill('SIGTERM');
  rmSync(home, { recursive: true, force: true });
}
