import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';

import { awaitClose, fin, receiveBytes, rst, send, startScriptedServer, type Step, watchHandles } from '@sx/testkit';

import { NetError } from '../../src/net-error.ts';
import { allowOrigins } from '../../src/policy.ts';
import { fixedProxy } from '../../src/socket/proxy-environment.ts';
import { createSocks5Handshake, type Socks5Options } from '../../src/socket/socks5.ts';
import { ca, failure, greetingOf, http, https, tcp, testDialer } from './dialer-fixtures.ts';

const bytes = (...values: (number | string)[]): Buffer =>
  Buffer.concat(values.map((value) => (typeof value === 'string' ? Buffer.from(value) : Uint8Array.of(value))));
const NO_AUTH = bytes(5, 0);
const OPEN = bytes(5, 0, 0, 1, 0, 0, 0, 0, 0, 0);
const user = { username: 'us\u00e9r', password: 's3cret' };

interface Conversation {
  readonly sent: Buffer;
  readonly open: boolean;
  readonly leftover: string;
  readonly code: string | undefined;
}

/** Runs the answers of a proxy through a handshake, cut into pieces of `size` bytes. */
function converse(answers: Uint8Array, options: Partial<Socks5Options> = {}, size = 1): Conversation {
  const handshake = createSocks5Handshake({
    hostname: 'target.test', port: 443, credentials: undefined, label: 'socks5h://p', ...options,
  });
  const sent: Uint8Array[] = [handshake.greeting];
  let leftover = '';
  let open = false;
  try {
    for (let at = 0; at < answers.length; at += size) {
      const piece = answers.subarray(at, at + size);
      if (open) leftover += Buffer.from(piece).toString('latin1');
      else {
        const step = handshake.push(piece);
        sent.push(step.send);
        open = step.open;
        leftover = Buffer.from(step.leftover).toString('latin1');
      }
    }
    return { sent: Buffer.concat(sent), open, leftover, code: undefined };
  } catch (error) {
    return { sent: Buffer.concat(sent), open, leftover, code: error instanceof NetError ? error.code : String(error) };
  }
}

test('asks for a name, an IPv4 and an IPv6 address, with and without credentials', () => {
  const rows: readonly (readonly [Partial<Socks5Options>, Buffer, Buffer])[] = [
    [{}, NO_AUTH, bytes(5, 1, 0, 5, 1, 0, 3, 11, 'target.test', 1, 187)],
    [{ hostname: 'target.test.' }, NO_AUTH, bytes(5, 1, 0, 5, 1, 0, 3, 11, 'target.test', 1, 187)],
    [{ hostname: '192.0.2.1', port: 80 }, NO_AUTH, bytes(5, 1, 0, 5, 1, 0, 1, 192, 0, 2, 1, 0, 80)],
    [{ hostname: '[::1]', port: 65_535 }, NO_AUTH, bytes(5, 1, 0, 5, 1, 0, 4, ...Buffer.alloc(15), 1, 255, 255)],
    [
      { credentials: user },
      bytes(5, 2, 1, 0),
      bytes(5, 2, 0, 2, 1, 5, 'us\u00e9r', 6, 's3cret', 5, 1, 0, 3, 11, 'target.test', 1, 187),
    ],
    [{ credentials: user }, NO_AUTH, bytes(5, 2, 0, 2, 5, 1, 0, 3, 11, 'target.test', 1, 187)],
  ];
  for (const [options, answer, expected] of rows) {
    for (const size of [1, 2, 100]) assert.deepEqual(converse(answer, options, size).sent, expected);
  }
});

test('opens after a reply with any kind of bound address, at every cut, and keeps what follows', () => {
  const bounds = [bytes(1, 1, 2, 3, 4), bytes(4, ...Buffer.alloc(16)), bytes(3, 4, 'name'), bytes(3, 0)];
  for (const bound of bounds) {
    const answers = bytes(...NO_AUTH, 5, 0, 0, ...bound, 0, 80, 'SSH-2.0');
    for (let size = 1; size <= answers.length; size += 1) {
      const { open, leftover } = converse(answers, {}, size);
      assert.ok(open);
      assert.equal(leftover, 'SSH-2.0', `pieces of ${size}`);
    }
    for (let length = 0; length < answers.length - 'SSH-2.0'.length; length += 1) {
      assert.deepEqual(
        [converse(answers.subarray(0, length)).open, converse(answers.subarray(0, length)).code],
        [false, undefined],
      );
    }
  }
});

test('refuses every answer that is not that of RFC 1928 and RFC 1929', () => {
  const rows: readonly (readonly [rule: string, answers: Buffer, code: string, options?: Partial<Socks5Options>])[] = [
    ['an HTTP server', bytes('HTTP/1.1 400'), 'NET_PROXY_PROTOCOL'],
    ['SOCKS4', bytes(0, 90), 'NET_PROXY_PROTOCOL'],
    ['no acceptable method', bytes(5, 255), 'NET_PROXY_AUTH'],
    ['a method that was not offered', bytes(5, 1), 'NET_PROXY_PROTOCOL'],
    ['a password that was not offered', bytes(5, 2), 'NET_PROXY_PROTOCOL'],
    ['a refused password', bytes(5, 2, 1, 1), 'NET_PROXY_AUTH', { credentials: user }],
    ['another version of the password protocol', bytes(5, 2, 5, 0), 'NET_PROXY_PROTOCOL', { credentials: user }],
    ['another version in the reply', bytes(...NO_AUTH, 4, 0), 'NET_PROXY_PROTOCOL'],
    ['an unknown address type', bytes(...NO_AUTH, 5, 0, 0, 2), 'NET_PROXY_PROTOCOL'],
    ...Array.from({ length: 10 }, (_, i) => [`reply ${i + 1}`, bytes(...NO_AUTH, 5, i + 1, 0, 1), 'NET_PROXY_REFUSED'] as const),
    ['an unknown reply', bytes(...NO_AUTH, 5, 200), 'NET_PROXY_REFUSED'],
  ];
  for (const [rule, answers, code, options] of rows) {
    for (const size of [1, 100]) assert.equal(converse(answers, options, size).code, code, rule);
  }
});

async function dialThrough(
  steps: readonly Step[],
  scheme: 'socks5' | 'socks5h',
  target: ReturnType<typeof tcp>,
  options: Parameters<typeof testDialer>[0] & { proxyOnly?: boolean } = {},
) {
  const server = await startScriptedServer({ scripts: [steps] });
  const { proxyOnly = false, ...rest } = options;
  try {
    const dialer = testDialer({ proxy: fixedProxy(`${scheme}://user:s3cret@127.0.0.1:${server.port}`, { proxyOnly }), ...rest });
    const outcome = await dialer.dial(target).then(
      async (dialed) => `${dialed.requestForm} ${await greetingOf(dialed)}`,
      (error: unknown) => (error instanceof NetError ? error : new Error('not a NetError', { cause: error })),
    );
    await server.finished(0);
    return { outcome, received: server.connections[0]?.received() ?? Buffer.alloc(0) };
  } finally {
    await server.close();
  }
}

const accept = (requestBytes: number, ...after: Step[]): Step[] => [
  receiveBytes(4), send(NO_AUTH), receiveBytes(4 + requestBytes), send(bytes(...OPEN, 'hello')), ...after, awaitClose,
];
const BY_NAME = bytes(5, 2, 0, 2, 5, 1, 0, 3, 11, 'target.test', 0, 22);
const BY_ADDRESS = bytes(5, 2, 0, 2, 5, 1, 0, 1, 10, 1, 2, 3, 0, 22);

test('socks5h: sends the name, socks5: the address that was resolved and checked, IPv4 first', async () => {
  const named = await dialThrough(accept(18), 'socks5h', tcp(22), { resolve: () => assert.fail('resolved') });
  assert.equal(named.outcome, 'origin hello');
  assert.deepEqual(named.received, BY_NAME);
  const resolve = () => Promise.resolve(['fd00::1', '10.1.2.3']);
  const resolved = await dialThrough(accept(10), 'socks5', tcp(22), { resolve });
  assert.equal(resolved.outcome, 'origin hello');
  assert.deepEqual(resolved.received, BY_ADDRESS);
});

test('proxy-only makes socks5: send the name', async () => {
  const { received } = await dialThrough(
    accept(18),
    'socks5',
    tcp(22),
    { proxyOnly: true, resolve: () => assert.fail('resolved') },
  );
  assert.deepEqual(received, BY_NAME);
});

test('socks5: refuses a forbidden address before it connects to the proxy', async () => {
  const policy = allowOrigins(['*.wild.test']);
  const dialer = testDialer({ policy, proxy: fixedProxy('socks5://127.0.0.1:1'), resolve: () => Promise.resolve(['10.0.0.1']) });
  assert.equal((await failure(dialer.dial(https(443, 'a.wild.test')))).code, 'NET_EGRESS_ADDRESS');
});

test('a plain http target goes through a SOCKS tunnel in origin form', async () => {
  const { outcome } = await dialThrough(accept(18), 'socks5h', http(22));
  assert.equal(outcome, 'origin hello');
});

test('turns refusals, hang-ups and resets into errors without the credentials', async () => {
  const watch = watchHandles();
  const rows: readonly (readonly [readonly Step[], string, RegExp])[] = [
    [
      [receiveBytes(4), send(bytes(5, 2)), receiveBytes(16), send(bytes(1, 1)), awaitClose],
      'NET_PROXY_AUTH',
      /does not accept the user name and password/,
    ],
    [
      [receiveBytes(4), send(NO_AUTH), receiveBytes(22), send(bytes(5, 5, 0, 1)), awaitClose],
      'NET_PROXY_REFUSED',
      /connection refused by the target \(5\)/,
    ],
    [[receiveBytes(4), send('HTTP/1.1 400 Bad Request\r\n\r\n'), awaitClose], 'NET_PROXY_PROTOCOL', /does not speak SOCKS5/],
    [[receiveBytes(4), fin, awaitClose], 'NET_PROXY_PROTOCOL', /closed the connection/],
    [[receiveBytes(4), rst, awaitClose], 'NET_PROXY_PROTOCOL', /closed the connection/],
  ];
  for (const [steps, code, message] of rows) {
    const { outcome } = await dialThrough(steps, 'socks5h', tcp(22));
    assert.ok(outcome instanceof NetError);
    assert.equal(outcome.code, code);
    assert.match(outcome.message, message);
    assert.doesNotMatch(outcome.message + (outcome.hint ?? ''), /s3cret/);
  }
  await watch.assertNone();
});

test('an abort at any point of the handshake destroys the socket and leaves nothing', async () => {
  const points: readonly (readonly [point: string, steps: readonly Step[]])[] = [
    ['before the method', [receiveBytes(4)]],
    ['within the method', [receiveBytes(4), send(bytes(5))]],
    ['before the verdict on the password', [receiveBytes(4), send(bytes(5, 2)), receiveBytes(16)]],
    ['before the reply', [receiveBytes(4), send(NO_AUTH), receiveBytes(22)]],
    ['within the reply', [receiveBytes(4), send(NO_AUTH), receiveBytes(22), send(bytes(5, 0, 0, 1, 0))]],
  ];
  for (const [point, steps] of points) {
    const watch = watchHandles();
    const controller = new AbortController();
    const server = await startScriptedServer({ scripts: [[...steps, () => controller.abort(), awaitClose]] });
    const dialer = testDialer({ proxy: fixedProxy(`socks5h://us%C3%A9r:s3cret@127.0.0.1:${server.port}`) });
    const error = await failure(dialer.dial(tcp(22), { signal: controller.signal }));
    assert.equal(error.code, 'NET_ABORTED', point);
    await server.finished(0);
    assert.equal(getEventListeners(controller.signal, 'abort').length, 0, point);
    await server.close();
    await watch.assertNone();
  }
});

test('speaks TLS with the target inside a SOCKS tunnel', async () => {
  const { certPem, keyPem } = ca.issue({ names: ['target.test'] });
  const { TLSSocket } = await import('node:tls');
  const serveTls: Step = ({ socket }) => {
    socket.removeAllListeners('data');
    const tls = new TLSSocket(socket, { isServer: true, cert: certPem, key: keyPem });
    tls.on('error', () => undefined);
    tls.write('inside');
  };
  const steps = [receiveBytes(4), send(NO_AUTH), receiveBytes(22), serveTls, send(OPEN), awaitClose];
  const { outcome } = await dialThrough(steps, 'socks5h', https(443));
  assert.equal(outcome, 'origin inside');
});
