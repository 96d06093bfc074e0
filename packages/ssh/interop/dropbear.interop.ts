import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { HOST_KEYS, readFileOverSsh, type SshOptions } from '@sx/ssh';

import { CONTENT, KEY_TYPES, PASSWORD, plainDialer, prepare, type SshServer, startDropbear, USER } from './servers.ts';

describe('with dropbear', () => {
  const here = prepare();
  let server: SshServer;
  before(async () => {
    server = await startDropbear(here.folder);
  });
  after(async () => {
    await server.stop();
    here.remove();
  });
  const read = async (more: Partial<SshOptions>): Promise<string> =>
    (await readFileOverSsh(here.file, { dialer: plainDialer, host: '127.0.0.1', port: server.port, user: USER, knownHosts: [server.knownHosts], ...more })).toString('utf8');

  it('reads the file with every combination that both know', async () => {
    let combinations = 0;
    for (const kex of ['curve25519-sha256', 'curve25519-sha256@libssh.org']) {
      for (const hostKey of HOST_KEYS.filter((name) => !/nistp(384|521)|rsa-sha2-512/.test(name))) {
        for (const type of KEY_TYPES) {
          assert.equal(await read({ privateKey: here.key(type), offer: { kex: [kex], hostKeys: [hostKey] } }), CONTENT, `${kex} ${hostKey} ${type}`);
          combinations += 1;
        }
      }
    }
    assert.equal(combinations, 18);
  });

  it('logs in with a password', async () => {
    assert.equal(await read({ password: PASSWORD }), CONTENT);
  });

  it('refuses a wrong password', async () => {
    await assert.rejects(read({ password: 'nope' }), { code: 'NET_SSH_AUTH' });
  });
});
