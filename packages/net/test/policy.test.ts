import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  type AddressReach, allowAll, allowOrigins, type EgressPolicy, isLoopbackHost, loopbackOnly, permitsAddress,
} from '../src/policy.ts';

/** What URL makes of a text is what a policy is asked: the decision as one word. */
function ask(policy: EgressPolicy, url: string): string {
  const { protocol, hostname, port } = new URL(url.replace(/^tcp:/, 'http:'));
  const scheme = url.startsWith('tcp:') ? 'tcp:' : protocol === 'http:' ? 'http:' : 'https:';
  const decision = policy.decide({ scheme, hostname, port: port === '' ? (scheme === 'https:' ? 443 : 80) : Number(port) });
  return decision.allowed ? decision.reach : decision.code;
}

const LISTED = allowOrigins(
  [
    'https://api.openai.com', 'token.example:8443', 'plain.example', '*.wild.example', '*.wild.example:8443',
    { origin: 'fetched.example', reach: 'public' }, '192.0.2.7', '[2001:db8::7]:8443', 'bücher.example', 'http://old.example',
    'http://localhost:11434/v1', '127.0.0.1:1234', 'ssh://keys.example', 'Mixed.Example.',
  ],
  { plainHttp: ['old.example', 'lan.example:8080'] },
);

const DECISIONS: readonly (readonly [string, string])[] = [
  ['https://api.openai.com/v1', 'any'],
  ['https://API.OpenAI.com', 'any'],
  ['https://api.openai.com.', 'any'],
  ['https://api.openai.com:8443', 'NET_EGRESS_DENIED'],
  ['https://evil.api.openai.com', 'NET_EGRESS_DENIED'],
  ['https://api.openai.com.evil.example', 'NET_EGRESS_DENIED'],
  ['https://xapi.openai.com', 'NET_EGRESS_DENIED'],
  ['https://token.example', 'NET_EGRESS_DENIED'],
  ['https://token.example:8443', 'any'],
  ['tcp://token.example:8443', 'any'],
  ['http://token.example:8443', 'NET_PLAIN_HTTP_REFUSED'],
  ['https://plain.example', 'any'],
  ['http://plain.example', 'NET_EGRESS_DENIED'],
  ['https://wild.example', 'NET_EGRESS_DENIED'],
  ['https://a.wild.example', 'public'],
  ['https://a.b.wild.example', 'public'],
  ['https://a.wild.example:8443', 'public'],
  ['https://a.wild.example:8444', 'NET_EGRESS_DENIED'],
  ['https://awild.example', 'NET_EGRESS_DENIED'],
  ['https://fetched.example', 'public'],
  ['https://192.0.2.7', 'any'],
  ['https://192.0.2.8', 'NET_EGRESS_DENIED'],
  ['https://0xC0000207', 'any'],
  ['https://3221225991', 'any'],
  ['https://[2001:db8::7]:8443', 'any'],
  ['https://[2001:db8:0::7]:8443', 'any'],
  ['https://[2001:db8::7]', 'NET_EGRESS_DENIED'],
  ['https://[::ffff:192.0.2.7]', 'NET_EGRESS_DENIED'],
  ['https://xn--bcher-kva.example', 'any'],
  ['https://bücher.example', 'any'],
  ['http://old.example', 'any'],
  ['https://old.example', 'NET_EGRESS_DENIED'],
  ['http://localhost:11434', 'loopback'],
  ['http://localhost', 'NET_EGRESS_DENIED'],
  ['http://127.0.0.1:1234', 'loopback'],
  ['https://127.0.0.1:1234', 'any'],
  ['tcp://keys.example:22', 'any'],
  ['https://mixed.example', 'any'],
  ['https://elsewhere.example', 'NET_EGRESS_DENIED'],
];

test('decides by the list of origins', () => {
  for (const [url, expected] of DECISIONS) assert.equal(ask(LISTED, url), expected, url);
});

test('admits nothing without an entry', () => {
  assert.equal(ask(allowOrigins([]), 'https://api.openai.com'), 'NET_EGRESS_DENIED');
});

test('never lets a wildcard admit an address, or mean everything', () => {
  for (const entry of [
    '*', '*.', '*.*', 'a.*.example', '*.1.2.3.4', '*.[::1]', 'a*.example', '', ' ', 'host:', 'host:0', 'host:99999', 'host:x',
    '://x', 'ftp://host', 'user@host', 'two hosts',
  ]) {
    assert.throws(() => allowOrigins([entry]), { code: 'NET_BAD_URL' }, entry);
  }
  assert.equal(ask(allowOrigins(['*.0.0.1x']), 'https://127.0.0.1'), 'NET_EGRESS_DENIED');
});

test('a host that is listed by its own name and by a wildcard keeps the reach of its name', () => {
  assert.equal(ask(allowOrigins(['*.corp.example', 'llm.corp.example']), 'https://llm.corp.example'), 'any');
});

test('sends plain http to loopback and to the hosts that the configuration names, and nowhere else', () => {
  const policy = allowAll({ plainHttp: ['lan.example:8080', 'any.example', '10.0.0.5:80'] });
  const rows: readonly (readonly [string, string])[] = [
    ['http://lan.example:8080', 'any'], ['http://lan.example', 'NET_PLAIN_HTTP_REFUSED'], ['http://any.example:1', 'any'],
    ['http://sub.any.example', 'NET_PLAIN_HTTP_REFUSED'],
    ['http://10.0.0.5', 'any'], ['http://10.0.0.5:81', 'NET_PLAIN_HTTP_REFUSED'], ['http://localhost:9', 'loopback'],
    ['http://localhost.:9', 'loopback'], ['http://a.localhost', 'loopback'],
    ['http://127.8.8.8', 'loopback'], ['http://[::1]:9', 'loopback'], ['http://[::ffff:127.0.0.1]', 'loopback'],
    ['http://notlocalhost', 'NET_PLAIN_HTTP_REFUSED'],
    ['http://0.0.0.0', 'NET_PLAIN_HTTP_REFUSED'], ['tcp://ssh.example:22', 'any'], ['https://x.example', 'any'],
  ];
  for (const [url, expected] of rows) assert.equal(ask(policy, url), expected, url);
  assert.throws(() => allowAll({ plainHttp: ['*.example'] }), { code: 'NET_BAD_URL', where: 'ALLOW_PLAIN_HTTP' });
});

test('offline refuses everything but the loopback targets that the configuration names', () => {
  const policy = loopbackOnly(['http://localhost:11434', '127.0.0.1:8080', 'https://api.openai.com', '[::1]:9', '10.0.0.1:80']);
  const rows: readonly (readonly [string, string])[] = [
    ['http://localhost:11434', 'loopback'], ['http://localhost:11435', 'NET_EGRESS_DENIED'],
    ['http://127.0.0.1:8080', 'loopback'], ['https://127.0.0.1:8080', 'loopback'],
    ['https://api.openai.com', 'NET_EGRESS_DENIED'], ['http://[::1]:9', 'loopback'], ['http://10.0.0.1', 'NET_EGRESS_DENIED'],
    ['http://127.0.0.2:8080', 'NET_EGRESS_DENIED'],
  ];
  for (const [url, expected] of rows) assert.equal(ask(policy, url), expected, url);
});

test('says what was refused and which key would allow it', () => {
  const decision = allowOrigins([]).decide({ scheme: 'https:', hostname: 'api.example', port: 8443 });
  assert.deepEqual(decision, {
    allowed: false,
    code: 'NET_EGRESS_DENIED',
    reason: 'the egress policy does not list api.example:8443',
    hint: 'to allow it, add api.example:8443 to EGRESS_ALLOW',
  });
});

test('binds each reach to its addresses; forbidden ones are out of every reach', () => {
  const rows: readonly (readonly [string, readonly AddressReach[]])[] = [
    ['8.8.8.8', ['any', 'public']], ['10.0.0.1', ['any']], ['::ffff:10.0.0.1', ['any']], ['fd12::1', ['any']],
    ['127.0.0.1', ['any', 'loopback']], ['::1', ['any', 'loopback']], ['::ffff:127.0.0.1', ['any', 'loopback']],
    ['169.254.169.254', []], ['::ffff:169.254.169.254', []], ['fe80::1', []], ['0.0.0.0', []], ['::', []], ['224.0.0.1', []],
    ['localhost', []],
  ];
  for (const [address, reaches] of rows) {
    for (const reach of ['any', 'public', 'loopback'] as const) {
      assert.equal(permitsAddress(reach, address), reaches.includes(reach), `${address} in ${reach}`);
    }
  }
});

test('knows loopback hosts by name and by value', () => {
  for (const host of [
    'localhost', 'LOCALHOST', 'localhost.', 'x.localhost', '127.0.0.1', '127.1.2.3', '[::1]', '::1', '[::ffff:7f00:1]',
  ]) assert.ok(isLoopbackHost(host), host);
  for (const host of [
    'localhost.example', 'notlocalhost', '128.0.0.1', '[::2]', '0.0.0.0', '',
  ]) assert.ok(!isLoopbackHost(host), host);
});
