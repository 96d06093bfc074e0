import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import type { Server } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { issuer, issuerEnvironment, storedLogin } from './login-fixture.ts';
import { holdLoginPorts } from './login-ports.ts';
import { onTerminal } from './pseudo-terminal.ts';
import { createSandbox } from './run-sx.ts';
import { browse } from './test-browser.ts';

const KEY_FILE = '.scorpiox/credentials/anthropic.json';
const env = { PROVIDER: 'anthropic' };

describe('a key typed on a terminal', () => {
  test('is not shown, and can be corrected', async () => {
    using sandbox = createSandbox();
    const { output, code } = await onTerminal(sandbox, ['login', 'anthropic'], { env, steps: [{ until: /not shown\): $/, write: 'wrong\u0015sk-ant-marked-keyX\u007f\r' }] });
    assert.equal(code, 0);
    assert.equal(output, `API key for anthropic (not shown): \r\nstored in ${join(sandbox.home, KEY_FILE)}\r\n`);
    assert.equal(JSON.parse(readFileSync(join(sandbox.home, KEY_FILE), 'utf8')).api_key, 'sk-ant-marked-key');
  });

  for (const [rule, write, signal] of [['Ctrl-C', '\u0003', undefined], ['Ctrl-D', '\u0004', undefined], ['SIGTERM', undefined, 'SIGTERM']] as const) {
    test(`${rule} gives up, and the terminal echoes again`, async () => {
      using sandbox = createSandbox();
      const step = { until: /not shown\): $/, ...(write === undefined ? {} : { write }), ...(signal === undefined ? {} : { signal }) };
      const { output, code } = await onTerminal(sandbox, ['login', 'anthropic'], { env, steps: [step] });
      assert.equal(code, signal === undefined ? 130 : 143);
      assert.match(output, /the login was aborted \[NET_ABORTED\]/);
      assert.ok(!existsSync(join(sandbox.home, KEY_FILE)));
    });
  }
});

describe('a redirect pasted on a terminal', () => {
  let lock: Server;
  before(async () => {
    lock = await holdLoginPorts();
  });
  after(() => lock.close());

  test('is asked for again where it is wrong, then signs in', async () => {
    using sandbox = createSandbox();
    const address = (output: string): string => /^(https:\S+)\r$/m.exec(output)?.[1] ?? '';
    const { output, code } = await onTerminal(sandbox, ['login', 'codex'], {
      env: issuerEnvironment(),
      columns: 40,
      steps: [
        { until: /paste the address that it ends at here\.\r\n/, write: 'http://localhost:1455/auth/callback?code=x&state=other\n' },
        {
          until: /belongs to another login/,
          write: async (shown) => {
            const [page] = await browse(address(shown), issuer.caPem, () => undefined);
            return `${String(page?.headers['location'])}\n`;
          },
        },
      ],
    });
    assert.equal(code, 0);
    assert.match(output, /signed in as user@example\.test/);
    assert.equal(storedLogin(sandbox).mode, 0o600);
  });
});
