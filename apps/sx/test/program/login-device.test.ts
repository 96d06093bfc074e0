import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { login, LOGIN_FILE, storedLogin } from './login-fixture.ts';
import { createSandbox } from './run-sx.ts';

describe('the login by device code', () => {
  test('shows page and code on lines of their own, waits while it is pending, and stores the login', async () => {
    using sandbox = createSandbox();
    const { code, stdout, stderr } = await login(sandbox, { args: ['--device'] });
    assert.deepEqual([code, stderr], [0, '']);
    assert.match(stdout, /\n\nhttps:\/\/\S+\/codex\/device\n\n/);
    assert.match(stdout, /\n\n[0-9A-F]{4}-[0-9A-F]{4}\n\n/);
    assert.equal(storedLogin(sandbox).mode, 0o600);
  });

  for (const [rule, scenario, exit, says] of [
    ['is declined', 'denied', 41, /it was declined|was denied/],
    ['expires', 'device-expired', 41, /the code was not used in time/],
    ['is not offered', 'device-disabled', 62, /this issuer offers no device login \[PROVIDER_UNSUPPORTED\]\n {4}sign in with the browser instead/],
  ] as const) {
    test(`one that ${rule} is an error`, async () => {
      using sandbox = createSandbox();
      const { code, stderr } = await login(sandbox, { scenario, args: ['--device'] });
      assert.match(stderr, says);
      assert.equal(code, exit);
      assert.ok(!existsSync(join(sandbox.home, LOGIN_FILE)));
    });
  }

  test('one that stays pending ends in time', async () => {
    using sandbox = createSandbox();
    const { code, stderr } = await login(sandbox, { scenario: 'device-pending', args: ['--device', '--timeout', '1'] });
    assert.equal(code, 41);
    assert.match(stderr, /the code was not used in time/);
  });

  test('slow_down is obeyed, for five seconds more', async () => {
    using sandbox = createSandbox();
    const before = Date.now();
    assert.equal((await login(sandbox, { scenario: 'device-slow-down', args: ['--device', '--timeout', '6'] })).code, 41);
    assert.ok(Date.now() - before >= 5_000);
  });

  test('Ctrl-C ends the wait', async () => {
    using sandbox = createSandbox();
    const { code } = await login(sandbox, { scenario: 'device-pending', args: ['--device'], onAddress: (_url, sx) => sx.kill('SIGINT') });
    assert.equal(code, 130);
  });
});
