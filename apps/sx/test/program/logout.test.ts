import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { issuer, issuerEnvironment, LOGIN_FILE } from './login-fixture.ts';
import { createSandbox, type Sandbox } from './run-sx.ts';

describe('sx logout', () => {
  const signIn = (sandbox: Sandbox, path = `home/${LOGIN_FILE}`): void => void sandbox.put(path, JSON.stringify(issuer.credentials().codexAuthFile));

  test('revokes at the issuer, deletes the file, and says so', async () => {
    using sandbox = createSandbox();
    signIn(sandbox);
    issuer.clearJournal();
    const { code, stdout } = await sandbox.sx(['logout', 'codex'], { env: issuerEnvironment() });
    assert.deepEqual([code, stdout], [0, `deleted ${join(sandbox.home, LOGIN_FILE)}\nthe issuer revoked the login\n`]);
    assert.ok(!existsSync(join(sandbox.home, LOGIN_FILE)));
    const [revocation] = issuer.requests;
    assert.equal(revocation?.route, 'oauth.revoke');
    assert.deepEqual(Object.keys(Object(revocation?.body)), ['token', 'token_type_hint', 'client_id']);
    assert.match((await sandbox.sx(['logout', 'codex'], { env: issuerEnvironment() })).stdout, /^nobody is signed in to codex\n$/);
  });

  for (const scenario of ['server-error', 'html-200', 'reset']) {
    test(`deletes the file also where the issuer answers with ${scenario}`, async () => {
      using sandbox = createSandbox();
      signIn(sandbox);
      const { code, stdout } = await sandbox.sx(['logout', 'codex'], { env: issuerEnvironment(scenario) });
      assert.equal(code, 0);
      assert.match(stdout, /did not confirm/);
      assert.ok(!existsSync(join(sandbox.home, LOGIN_FILE)));
    });
  }

  test('deletes what is no login at all', async () => {
    using sandbox = createSandbox();
    sandbox.put(`home/${LOGIN_FILE}`, 'not JSON');
    assert.match((await sandbox.sx(['logout', 'codex'], { env: issuerEnvironment() })).stdout, /no token was in it to revoke/);
    assert.ok(!existsSync(join(sandbox.home, LOGIN_FILE)));
  });

  test("leaves the vendor's own login alone, and says that it is there", async () => {
    using sandbox = createSandbox();
    signIn(sandbox, 'home/.codex/auth.json');
    const { stdout } = await sandbox.sx(['logout'], { env: issuerEnvironment() });
    assert.match(stdout, /^nobody is signed in to codex\n.*\.codex\/auth\.json is the login of the vendor's own program.*codex logout ends it\n$/);
    assert.ok(existsSync(join(sandbox.home, '.codex/auth.json')));
  });

  test('deletes a stored key, and says what is still set', async () => {
    using sandbox = createSandbox();
    const file = sandbox.put('home/.scorpiox/credentials/gemini.json', '{"api_key":"AIza-marked"}');
    const { stdout } = await sandbox.sx(['logout', 'gemini'], { env: { GEMINI_API_KEY: 'marked' } });
    assert.equal(stdout, `deleted ${file}\nthe key itself stays valid: its vendor can revoke it\nGEMINI_API_KEY is still set (environment)\n`);
    assert.equal((await sandbox.sx(['logout', 'gemini'])).stdout, 'nothing is stored for gemini\n');
  });
});
