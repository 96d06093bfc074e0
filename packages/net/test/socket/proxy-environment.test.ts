import assert from 'node:assert/strict';
import { test } from 'node:test';

import { fixedProxy, proxyFromEnvironment, type ProxyEnvironment } from '../../src/socket/proxy-environment.ts';
import { basicAuthorization } from '../../src/socket/basic-authorization.ts';
import { parseProxy, type ProxyResolver } from '../../src/socket/proxy-server.ts';

function ask(resolver: ProxyResolver, url: string): string {
  const { protocol, hostname, port } = new URL(url.replace(/^tcp:/, 'ftp:'));
  const scheme = url.startsWith('tcp:') ? 'tcp:' : protocol === 'http:' ? 'http:' : 'https:';
  const proxy = resolver.proxyFor({ scheme, hostname, port: port === '' ? (scheme === 'https:' ? 443 : 80) : Number(port) });
  return proxy?.label ?? 'direct';
}

const ENVIRONMENTS: readonly (readonly [rule: string, env: ProxyEnvironment, url: string, proxy: string])[] = [
  ['nothing set', {}, 'https://a.example', 'direct'],
  ['empty is unset', { HTTPS_PROXY: '', https_proxy: ' ' }, 'https://a.example', 'direct'],
  [
    'host and port without scheme',
    { http_proxy: 'cache.corp.example:1234' },
    'http://a.example',
    'http://cache.corp.example:1234',
  ],
  ['host without scheme and port', { http_proxy: 'cache.corp.example' }, 'http://a.example', 'http://cache.corp.example:80'],
  ['http: proxy', { http_proxy: 'http://cache.corp.example' }, 'http://a.example', 'http://cache.corp.example:80'],
  ['https: proxy', { http_proxy: 'https://cache.corp.example' }, 'http://a.example', 'https://cache.corp.example:443'],
  ['a proxy on loopback', { http_proxy: 'http://127.0.0.1:8080' }, 'http://a.example', 'http://127.0.0.1:8080'],
  ['an https: proxy on loopback', { http_proxy: 'https://127.0.0.1:8080' }, 'http://a.example', 'https://127.0.0.1:8080'],
  ['an address without scheme', { http_proxy: '127.0.0.1' }, 'http://a.example', 'http://127.0.0.1:80'],
  ['IPv6 without scheme', { http_proxy: '[::1]:3128' }, 'http://a.example', 'http://[::1]:3128'],
  ['socks5:', { https_proxy: 'socks5://127.0.0.1' }, 'https://a.example', 'socks5://127.0.0.1:1080'],
  ['socks5h:', { https_proxy: 'socks5h://p.example:9' }, 'https://a.example', 'socks5h://p.example:9'],
  ['socks: is socks5:', { https_proxy: 'socks://p.example' }, 'https://a.example', 'socks5://p.example:1080'],
  [
    'an explicit default port of another scheme stays',
    { https_proxy: 'http://p.example:443' },
    'https://a.example',
    'http://p.example:443',
  ],
  ['a trailing slash', { https_proxy: 'http://p.example:3128/' }, 'https://a.example', 'http://p.example:3128'],
  [
    'credentials are not in the label',
    { https_proxy: 'http://u:p@p.example:3128' },
    'https://a.example',
    'http://p.example:3128',
  ],
  [
    'http is for http:',
    { HTTP_PROXY: 'http.example', HTTPS_PROXY: 'https.example' },
    'http://a.example',
    'http://http.example:80',
  ],
  [
    'https is for https:',
    { HTTP_PROXY: 'http.example', HTTPS_PROXY: 'https.example' },
    'https://a.example',
    'http://https.example:80',
  ],
  ['no fall-back from https to http', { HTTP_PROXY: 'http.example' }, 'https://a.example', 'direct'],
  ['no fall-back from http to https', { HTTPS_PROXY: 'https.example' }, 'http://a.example', 'direct'],
  [
    'lower case wins',
    { HTTPS_PROXY: 'upper.example', https_proxy: 'lower.example' },
    'https://a.example',
    'http://lower.example:80',
  ],
  [
    'empty lower case falls to upper',
    { HTTPS_PROXY: 'upper.example', https_proxy: '' },
    'https://a.example',
    'http://upper.example:80',
  ],
  ['HTTP_PROXY is ignored under CGI', { HTTP_PROXY: 'evil.example', REQUEST_METHOD: 'GET' }, 'http://a.example', 'direct'],
  [
    'http_proxy holds under CGI',
    { http_proxy: 'good.example', HTTP_PROXY: 'evil.example', REQUEST_METHOD: 'GET' },
    'http://a.example',
    'http://good.example:80',
  ],
  [
    'HTTPS_PROXY holds under CGI',
    { HTTPS_PROXY: 'good.example', REQUEST_METHOD: 'GET' },
    'https://a.example',
    'http://good.example:80',
  ],
  [
    'ALL_PROXY comes last',
    { ALL_PROXY: 'all.example', HTTPS_PROXY: 'https.example' },
    'https://a.example',
    'http://https.example:80',
  ],
  ['ALL_PROXY serves https:', { ALL_PROXY: 'all.example' }, 'https://a.example', 'http://all.example:80'],
  ['ALL_PROXY serves http:', { all_proxy: 'all.example' }, 'http://a.example', 'http://all.example:80'],
  ['ALL_PROXY serves ssh', { ALL_PROXY: 'socks5h://all.example' }, 'tcp://a.example:22', 'socks5h://all.example:1080'],
  ['HTTPS_PROXY does not serve ssh', { HTTPS_PROXY: 'https.example' }, 'tcp://a.example:22', 'direct'],
  ['NO_PROXY is read in lower case', { HTTPS_PROXY: 'p.example', no_proxy: 'a.example' }, 'https://a.example', 'direct'],
  ['NO_PROXY is read in upper case', { HTTPS_PROXY: 'p.example', NO_PROXY: 'a.example' }, 'https://a.example', 'direct'],
  ['NO_PROXY names another', { HTTPS_PROXY: 'p.example', NO_PROXY: 'example' }, 'https://a.test', 'http://p.example:80'],
  [
    'NO_PROXY does not match a tail that is no label',
    { HTTPS_PROXY: 'p.example', NO_PROXY: 'ample.com' },
    'https://example.com',
    'http://p.example:80',
  ],
  ['NO_PROXY matches subdomains', { HTTPS_PROXY: 'p.example', NO_PROXY: 'example.com' }, 'https://foo.example.com', 'direct'],
  ['NO_PROXY=* ends all proxies', { ALL_PROXY: 'p.example', NO_PROXY: '*' }, 'https://a.example', 'direct'],
];

test('takes the proxy from the environment', () => {
  for (const [rule, env, url, expected] of ENVIRONMENTS) assert.equal(ask(proxyFromEnvironment(env), url), expected, rule);
});

const NO_PROXY =
  'foobar.com, .barbaz.net,*.wildcard.io 192.168.1.1, 192.168.1.2:81, 192.168.1.3:80, 10.0.0.0/30, 2001:db8::52:0:1, ' +
  '[2001:db8::52:0:2]:443, ' +
  '[2001:db8::52:0:3]:80, 2002:db8:a::45/64, [2003::1], Port.Example:8080, dotted.example., ' +
  'bücher.example, bad:port, 1.2.3.4/99, [::zz], http://url.example';

/** True: through the proxy. Rows marked `ours` differ from Go's httpproxy, as docs/security.md says. */
const BYPASSES: readonly (readonly [url: string, proxied: boolean])[] = [
  ['http://localhost', false], ['http://127.0.0.1', false], ['http://127.0.0.2', false], ['http://[::1]', false],
  ['http://[::ffff:127.0.0.1]', false],
  ['http://localhost.', false], ['http://LOCALHOST', false], ['http://2130706433', false], ['http://[::2]', true],
  ['http://local.localhost', false], // ours: RFC 6761 makes it loopback
  ['http://192.168.1.1', false], ['https://192.168.1.1', false], ['http://192.168.1.2', true], ['http://192.168.1.2:81', false],
  ['http://192.168.1.3', false],
  ['http://192.168.1.3:81', true], ['http://192.168.1.4', true], ['http://[::ffff:192.168.1.1]', false],
  ['http://10.0.0.2', false], ['http://10.0.0.3', false], ['http://10.0.0.4', true],
  ['http://[2001:db8::52:0:1]', false], ['http://[2001:0db8:0::52:0:1]', false], ['http://[2001:db8::52:0:2]', true],
  ['https://[2001:db8::52:0:2]', false],
  ['http://[2001:db8::52:0:3]', false], ['http://[2001:db8::52:0:4]', true], ['http://[2002:db8:a::123]', false],
  ['http://[2002:db8:a:1::123]', true],
  ['http://[2003::1]', false], ['http://[fe80::424b:c8be:1643:a1b6]', true],
  ['http://foobar.com', false], ['http://FOOBAR.com', false], ['http://foobar.com.', false], ['http://www.foobar.com', false],
  ['http://foofoobar.com', true], ['http://foobar.com.evil.example', true],
  ['http://barbaz.net', false], // ours: a leading dot includes the name
  ['http://www.barbaz.net', false], ['http://barbarbaz.net', true],
  ['http://wildcard.io', false], // ours: so does a leading *.
  ['http://nested.wildcard.io', false], ['http://a.b.wildcard.io', false], ['http://awildcard.io', true],
  ['http://baz.com', true], ['http://localhost.net', true],
  ['http://port.example:8080', false], ['http://sub.port.example:8080', false], ['http://port.example', true],
  ['http://dotted.example', false], ['http://xn--bcher-kva.example', false], ['http://bücher.example', false],
  ['http://bad', true], ['http://1.2.3.4', true], ['http://url.example', true], ['http://zz', true],
];

test('compares hosts with NO_PROXY by normalized name and by value of the address', () => {
  const resolver = proxyFromEnvironment({ ALL_PROXY: 'p.example', NO_PROXY });
  for (const [url, proxied] of BYPASSES) assert.equal(ask(resolver, url) !== 'direct', proxied, url);
});

test('a fixed proxy serves every target but loopback, and its own list of exceptions', () => {
  const resolver = fixedProxy('p.example:3128', { noProxy: 'lan.example' });
  assert.equal(resolver.proxyOnly, false);
  for (const url of [
    'https://a.example', 'http://a.example', 'tcp://a.example:22',
  ]) assert.equal(ask(resolver, url), 'http://p.example:3128', url);
  for (const url of ['http://localhost:1', 'https://lan.example']) assert.equal(ask(resolver, url), 'direct', url);
});

test('proxy-only tunnels ssh through HTTPS_PROXY rather than not at all', () => {
  const resolver = proxyFromEnvironment({ HTTPS_PROXY: 'p.example' }, { proxyOnly: true });
  assert.equal(resolver.proxyOnly, true);
  assert.equal(ask(resolver, 'tcp://a.example:22'), 'http://p.example:80');
});

test('decodes the credentials of a proxy as UTF-8', () => {
  const proxy = parseProxy('http://us%65r:p%40ss%3Aw%C3%B6rd@p.example', 'HTTPS_PROXY');
  assert.deepEqual(proxy.credentials, { username: 'user', password: 'p@ss:wörd' });
  assert.equal(basicAuthorization(proxy.credentials), `Basic ${Buffer.from('user:p@ss:wörd').toString('base64')}`);
  assert.equal(
    basicAuthorization(parseProxy('http://user@p.example', 'x').credentials),
    `Basic ${Buffer.from('user:').toString('base64')}`,
  );
  assert.equal(basicAuthorization(undefined), undefined);
});

test('tells proxies apart by their credentials, without holding them in the id', () => {
  const [a, b, c] = [
    'http://u:secret1@p.example',
    'http://u:secret2@p.example',
    'http://u:secret1@p.example',
  ].map((url) => parseProxy(url, 'x').id);
  assert.notEqual(a, b);
  assert.equal(a, c);
  assert.doesNotMatch(a ?? '', /secret/);
});

test('refuses a proxy that cannot be used, naming the variable and not the text', () => {
  const bad = [
    'gopher://p.example', 'http://', 'http://p.example:0', 'http://p.example:99999', 'http://p.example:x',
    'http://p.example/path', 'http://p.example?q', 'http://p.example#f', 'http://u:s3cret%zz@p.example', 'http://a b',
    'http://u:s3cret@', `socks5://u:${'s'.repeat(256)}@p.example`, 'socks5://u:@p.example', 'http://u%3Ax:s3cret@p.example',
    ':3128', 'http://p.exa\u0000mple',
  ];
  for (const text of bad) {
    assert.throws(
      () => proxyFromEnvironment({ https_proxy: text }),
      (error: Error & { code?: string; where?: string }) =>
        error.code === 'NET_PROXY_CONFIG' && error.where === 'https_proxy' && !error.message.includes('s3cret'),
      text,
    );
  }
});
