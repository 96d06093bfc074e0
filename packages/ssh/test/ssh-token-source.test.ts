import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test, type TestContext } from 'node:test';

import type { Dialer } from '@sx/net';

import { MSG } from '../src/message-numbers.ts';
import { createSshTokenSource, type SshTokenSourceOptions } from '../src/ssh-token-source.ts';
import { SshWriter } from '../src/wire.ts';
import { acceptUser, exitStatus, openChannel, type ServerConnection, startSshServer } from './ssh-test-server.ts';

const dialer: Dialer = {
  refusals: [],
  poolKey: () => '',
  dial: ({ hostname, port }) =>
    new Promise((resolve, reject) => {
      const socket = connect(port, hostname, () => resolve({ socket, connectionId: 1, requestForm: 'origin', proxyFields: [], remoteAddress: hostname }));
      socket.once('error', reject);
    }),
};

/** A host whose n-th reader gets the n-th text, the last one again and again. */
async function hostOf(t: TestContext, texts: readonly (string | Buffer)[], options: Partial<SshTokenSourceOptions> = {}) {
  let reads = 0;
  const session = async (connection: ServerConnection): Promise<void> => {
    await acceptUser(connection);
    await openChannel(connection);
    const text = texts[Math.min(reads, texts.length - 1)] ?? '';
    reads += 1;
    connection.send(new SshWriter().byte(MSG.CHANNEL_DATA).uint32(0).string(text).done());
    connection.send(exitStatus(0));
    connection.send(new SshWriter().byte(MSG.CHANNEL_CLOSE).uint32(0).done());
  };
  const server = await startSshServer({ session });
  t.after(() => server.close());
  const secrets: string[] = [];
  const redactor = { addSecret: (value: string) => void secrets.push(value) };
  const source = createSshTokenSource({ dialer, redactor, host: '127.0.0.1', port: server.port, user: 'me', path: '~/login.json', knownHosts: [server.knownHosts], ...options });
  return { source, secrets, reads: () => reads };
}

const flat = (token: string): string => JSON.stringify({ access_token: token, refresh_token: `${token}-refresh`, expires_in: 3_600 });

test('reads a login, keeps it, and reads it once more after a 401', async (t) => {
  const { source, secrets, reads } = await hostOf(t, [flat('one'), flat('two')], { password: 'the-password' });
  const [token] = await Promise.all([source.get(), source.get()]);
  assert.deepEqual([token?.accessToken, token?.origin, reads()], ['one', 'me@127.0.0.1:~/login.json', 1]);
  assert.equal((await source.get({ rejected: 'one' })).accessToken, 'two');
  assert.equal(reads(), 2);
  await assert.rejects(source.get({ rejected: 'two' }), { code: 'NET_TOKEN_SIGNED_OUT', hint: 'sign in again on 127.0.0.1' });
  for (const secret of ['the-password', 'one', 'one-refresh', 'two']) assert.ok(secrets.includes(secret));
});

for (const [name, text, token] of [
  ['Codex', JSON.stringify({ tokens: { access_token: 'c', account_id: 'a' } }), 'c'],
  ['Claude', JSON.stringify({ claudeAiOauth: { accessToken: 'd', expiresAt: Date.now() + 3_600_000 } }), 'd'],
  ['flat', flat('e'), 'e'],
] as const) {
  test(`reads the ${name} shape`, async (t) => {
    assert.equal((await (await hostOf(t, [text])).source.get()).accessToken, token);
  });
}

for (const [name, text, code] of [
  ['no UTF-8', Buffer.from([0xff, 0xfe]), 'NET_TOKEN_MALFORMED'],
  ['empty', '', 'NET_TOKEN_MALFORMED'],
  ['nobody’s login', '{"tokens":null}', 'NET_TOKEN_MISSING'],
  ['expired', JSON.stringify({ access_token: 'x', expires_at: 1_000 }), 'NET_TOKEN_EXPIRED'],
] as const) {
  test(`refuses a file that is ${name}`, async (t) => {
    const { source } = await hostOf(t, [text]);
    await assert.rejects(source.get(), { code });
  });
}

test('an agent that is gone stops nobody who has a password, and is told where there is nothing else', async (t) => {
  const openAgent = (): Promise<never> => Promise.reject(new Error('no connection to /run/agent: ENOENT'));
  assert.equal((await (await hostOf(t, [flat('one')], { openAgent, password: 'p' })).source.get()).accessToken, 'one');
  const { source } = await hostOf(t, [flat('one')], { openAgent });
  await assert.rejects(source.get(), { code: 'NET_SSH_AUTH', message: 'the ssh-agent cannot be reached: no connection to /run/agent: ENOENT' });
});
