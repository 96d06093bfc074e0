import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import {
  defaultLimits,
  encodeConnect,
  encodeRequest,
  type EncodeRequestOptions,
  type Fields,
  type HttpRequest,
  isNetError,
} from '@sx/net';
import { createSeededRandom } from '@sx/testkit';

import { type ParsedRequest, parseRequest } from './parse-request.ts';

const URL_A = 'https://api.example.com/v1';
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

function encode(request: Partial<HttpRequest> = {}, options?: EncodeRequestOptions): ParsedRequest {
  const { head, body } = encodeRequest({ method: 'GET', url: URL_A, ...request }, options);
  return parseRequest(head, body);
}

/** The message of the refusal, which must not hold what was passed. */
function refused(run: () => unknown, secret?: string): void {
  assert.throws(run, (error) => {
    assert.ok(isNetError(error) && error.code === 'NET_BAD_REQUEST', String(error));
    const shown = [error.message, error.got, error.where, error.cause].join(' ');
    if (secret !== undefined) assert.ok(!shown.includes(secret), shown);
    return true;
  });
}

/** Passes something that the types forbid, as a caller without types could. */
function refusedUntyped(request: unknown, options?: unknown): void {
  refused(() => Reflect.apply(encodeRequest, undefined, [request, options]));
}

function valueOf({ fields }: ParsedRequest, name: string): string | undefined {
  return fields.find(([candidate]) => candidate.toLowerCase() === name)?.[1];
}

describe('the request encoder writes', () => {
  test('request-fields: request line, Host, fields in order, identity, length, empty line and nothing else', () => {
    const { head, body } = encodeRequest({
      method: 'POST',
      url: 'https://api.example.com/v1/responses?stream=1#part',
      fields: [['Content-Type', 'application/json'], ['accept', 'text/event-stream'], ['X-Empty', '']],
      body: utf8('{"a":1}'),
    });
    assert.equal(
      Buffer.from(head).toString('latin1'),
      [
        'POST /v1/responses?stream=1 HTTP/1.1', 'Host: api.example.com', 'Content-Type: application/json',
        'accept: text/event-stream', 'X-Empty: ',
        'Accept-Encoding: identity', 'Content-Length: 7', '', '',
      ].join('\r\n'),
    );
    assert.equal(Buffer.from(body).toString(), '{"a":1}');
  });

  for (const [rule, url, target, host] of [
    ['no path as /', 'https://h.example', '/', 'h.example'],
    ['a query without a path', 'https://h.example?a=b', '/?a=b', 'h.example'],
    ['no fragment', 'https://h.example/a#b', '/a', 'h.example'],
    ['no default port', 'https://h.example:443/', '/', 'h.example'],
    ['no default port of http', 'http://h.example:80/', '/', 'h.example'],
    ['another port', 'https://h.example:8443/', '/', 'h.example:8443'],
    ['the port of the other scheme', 'https://h.example:80/', '/', 'h.example:80'],
    ['a host in lower case', 'https://H.EXAMPLE/', '/', 'h.example'],
    ['an IPv6 address in brackets', 'http://[::1]:8080/', '/', '[::1]:8080'],
    ['an IPv4 address in dots', 'http://0x7f.1/', '/', '127.0.0.1'],
    ['a name in punycode', 'https://bücher.example/', '/', 'xn--bcher-kva.example'],
    ['a path in percent-encoding', 'https://h.example/ä/日?ö=€', '/%C3%A4/%E6%97%A5?%C3%B6=%E2%82%AC', 'h.example'],
    ['dots of a path resolved', 'https://h.example/a/../b/./c', '/b/c', 'h.example'],
    ['a percent-encoded line end as it is', 'https://h.example/%0d%0aX:%20y', '/%0d%0aX:%20y', 'h.example'],
    ['a trailing dot of the host', 'https://h.example./', '/', 'h.example.'],
    ['a backslash as a slash', 'https://h.example\\a', '/a', 'h.example'],
  ] as const) {
    test(`request-line: ${rule}`, () => {
      const parsed = encode({ url });
      assert.deepEqual([parsed.target, valueOf(parsed, 'host')], [target, host]);
    });
  }

  for (const [method, body, length] of [
    ['GET', undefined, undefined],
    ['HEAD', undefined, undefined],
    ['DELETE', undefined, undefined],
    ['OPTIONS', undefined, undefined],
    ['POST', undefined, '0'],
    ['PUT', undefined, '0'],
    ['PATCH', undefined, '0'],
    ['POST', '', '0'],
    ['GET', '', undefined],
    ['POST', 'abc', '3'],
    ['DELETE', 'abc', '3'],
    ['post', undefined, undefined],
  ] as const) {
    test(`request-length: Content-Length ${length} for ${method} with ${body?.length ?? 'no'} octets of body`, () => {
      assert.equal(valueOf(encode({ method, ...(body !== undefined && { body: utf8(body) }) }), 'content-length'), length);
    });
  }

  test('request-fields: values of latin1, tabs and blanks inside', () => {
    assert.equal(valueOf(encode({ fields: [['X', 'a\tb  \xe4\xff\x80!~']] }), 'x'), 'a\tb  \xe4\xff\x80!~');
  });

  test('request-fields: any token as a name, those of every prototype too', () => {
    const fields: Fields = [["!#$%&'*+-.^_`|~09", 'a'], ['__proto__', 'b'], ['constructor', 'c'], ['toString', 'd']];
    assert.deepEqual(encode({ fields }).fields.slice(1, 5), fields);
  });

  test('request-identity: Accept-Encoding once where the caller sends it', () => {
    assert.deepEqual(encode({ fields: [['accept-encoding', 'identity']] }).fields,
      [['Host', 'api.example.com'], ['accept-encoding', 'identity']]);
  });

  test('request-forms: absolute-form to a proxy, with its fields before the others', () => {
    const options = { form: 'absolute', proxyFields: [['Proxy-Authorization', 'Basic eDp5']] } as const;
    const parsed = encode({ url: 'http://h.example:8080/a?b#c', fields: [['X', 'y']] }, options);
    assert.equal(parsed.target, 'http://h.example:8080/a?b');
    assert.deepEqual(parsed.fields.slice(0, 3), [['Host', 'h.example:8080'], ['Proxy-Authorization', 'Basic eDp5'], ['X', 'y']]);
  });

  test('request-forms: asterisk-form for OPTIONS', () => {
    assert.equal(encode({ method: 'OPTIONS' }, { form: 'asterisk' }).target, '*');
  });

  test('request-length: a body as a view that its owner cannot lengthen', () => {
    const lying = Object.defineProperties(utf8('abc'), { length: { value: 1 }, byteLength: { value: 1 } });
    const { head, body } = encodeRequest({ method: 'POST', url: URL_A, body: lying });
    assert.equal(parseRequest(head, body).body, 'abc');
  });

  test('request-forms: CONNECT in authority-form, the port always there', () => {
    for (const [hostname, port, authority] of [['h.example', 443, 'h.example:443'], ['[::1]', 80, '[::1]:80'],
      ['127.0.0.1', 65_535, '127.0.0.1:65535']] as const) {
      const parsed = parseRequest(encodeConnect({ hostname, port }, [['Proxy-Authorization', 'Basic eDp5']]), undefined);
      assert.deepEqual(parsed, {
        method: 'CONNECT',
        target: authority,
        fields: [['Host', authority], ['Proxy-Authorization', 'Basic eDp5']],
        body: '',
      });
    }
  });
});

describe('the request encoder refuses', () => {
  const bytes = ['\0', '\x01', '\x08', '\n', '\x0b', '\r', '\r\n', '\x1b', '\x7f', '\r\nX: y', '\n\nGET / HTTP/1.1'];
  const wide = ['\u0100', '\u010a', '\u010d', '\u560a', '\uff0d', '\u2028', '€', '😀', '\ud800', '\udc00'];

  for (const text of [...bytes, ...wide]) {
    test(`request-fields: ${JSON.stringify(text)} in any place`, () => {
      const place = `a${text}b`;
      refused(() => encode({ method: place }));
      refused(() => encode({ fields: [[place, 'x']] }));
      refused(() => encode({ fields: [['X', place]] }));
      refused(() => encode({ fields: [['X', text]] }));
      refused(() => encode({ url: 'http://h.example/' }, { form: 'absolute', proxyFields: [['X', place]] }));
      refused(() => encodeConnect({ hostname: place, port: 443 }));
      refused(() => encodeConnect({ hostname: 'h.example', port: 443 }, [['X', place]]));
    });
  }
  for (const text of [...bytes, ' ', '\t', '\ud800', '\udc00x']) {
    test(`request-line: ${JSON.stringify(text)} in a URL, rather than drop or replace it`, () => {
      refused(() => encode({ url: `https://h.example/a${text}b` }));
      refused(() => encode({ url: `https://h${text}.example/` }));
      refused(() => encode({ url: `${text}https://h.example/` }));
      refused(() => encode({ url: `https://h.example/${text}` }));
    });
  }
  for (const method of ['', ' ', 'GET ', ' GET', 'G ET', 'GET/', 'GET:', 'GET\t', '"GET"', 'G(ET)', 'GÉT', 'CONNECT']) {
    test(`request-line: the method ${JSON.stringify(method)}`, () => refused(() => encode({ method })));
  }
  for (const name of ['', ' ', 'a b', 'a:', ':a', 'a ', ' a', 'a\t', 'a(b)', 'a,b', 'a/b', 'a;b', 'a=b', 'a@b', 'a[b]', 'a{b}',
    'a"b', 'ä', 'a\\b']) {
    test(`request-fields: the field name ${JSON.stringify(name)}`, () => refused(() => encode({ fields: [[name, 'x']] })));
  }
  for (const value of [' a', 'a ', '\ta', 'a\t', ' ', '\t']) {
    test(`request-fields: the value ${JSON.stringify(value)}, whose blanks would not arrive`,
      () => refused(() => encode({ fields: [['X', value]] })));
  }
  for (const name of [
    'content-length', 'Content-Length', 'CONTENT-LENGTH', 'cOnTeNt-LeNgTh', 'Transfer-Encoding', 'transfer-encoding',
    'Connection', 'Host', 'HOST', 'Upgrade', 'Expect', 'Trailer',
    'TE', 'te', 'Keep-Alive', 'Proxy-Connection', 'Proxy-Authorization', 'HTTP2-Settings',
  ]) {
    test(`request-reserved: the field ${name} of a caller`,
      () => refused(() => encode({ method: 'POST', fields: [[name, 'x']], body: utf8('x') })));
  }
  for (const name of ['Content-Length', 'Transfer-Encoding', 'Host', 'Connection', 'TE', 'Upgrade']) {
    test(`request-reserved: the field ${name} for a proxy`, () => {
      refused(() => encode({ url: 'http://h.example/' }, { form: 'absolute', proxyFields: [[name, 'x']] }));
      refused(() => encodeConnect({ hostname: 'h.example', port: 443 }, [[name, 'x']]));
    });
  }
  for (const url of ['', '/', 'h.example', '//h.example/', 'ftp://h.example/', 'file:///etc/passwd', 'ws://h.example/',
    'data:,x', 'javascript:1', 'https://', 'https:///', 'http://a:b@h.example/', 'http://a@h.example/', 'http://:b@h.example/',
    'http://h.example:99999/', 'http://[::1%25eth0]/', 'http://%00/', 'http://a%0db/', 'unix:/tmp/x']) {
    test(`request-host: the URL ${JSON.stringify(url)}`, () => refused(() => encode({ url })));
  }

  test('request-identity: another Accept-Encoding than identity',
    () => refused(() => encode({ fields: [['Accept-Encoding', 'gzip']] })));
  test('request-length: content of GET, HEAD and TRACE', () => {
    for (const method of ['GET', 'HEAD', 'TRACE']) refused(() => encode({ method, body: utf8('x') }));
  });
  test('request-forms: absolute-form of https:, and asterisk-form of anything but OPTIONS', () => {
    refused(() => encode({}, { form: 'absolute' }));
    refused(() => encode({ method: 'GET' }, { form: 'asterisk' }));
  });
  test("request-reserved: a proxy's fields in a request that goes to no proxy",
    () => refused(() => encode({}, { proxyFields: [['Proxy-Authorization', 'x']] })));
  test('request-forms: ports that are none', () => {
    for (const port of [0, -1, 65_536, 1.5, Number.NaN,
      Number.POSITIVE_INFINITY]) refused(() => encodeConnect({ hostname: 'h.example', port }));
  });
  test('request-host: names of hosts that are not normalized', () => {
    for (const hostname of ['', 'H.example', 'h.example:443', 'a@h.example', 'h.example/', 'h.example?x', 'h.example#x', '::1',
      '[::1', '[0:0::1]', '0x7f.1', 'bücher.example', 'a b', 'a%20b']) {
      refused(() => encodeConnect({ hostname, port: 443 }));
    }
  });
  test('request-errors: a head that is too long, and too many fields', () => {
    const limits = { ...defaultLimits, requestHeadBytesMax: 200, fieldsMax: 3 };
    refused(() => encode({ fields: [['X', 'x'.repeat(200)]] }, { limits }));
    refused(() => encode({ url: `https://h.example/${'x'.repeat(200)}` }, { limits }));
    refused(() => encode({ fields: [['A', ''], ['B', ''], ['C', ''], ['D', '']] }, { limits }));
    assert.equal(encode({ fields: [['A', ''], ['B', ''], ['C', '']] }, { limits }).fields.length, 5);
  });

  test('request-fields: anything but strings, whatever they would say as strings', () => {
    const sly = { calls: 0, toString: () => (sly.calls++ === 0 ? 'x' : 'x\r\nX: y') };
    for (const wrong of [undefined, null, 1, 1n, true, Symbol('x'), {}, [], ['x'], sly, () => 'x', new String('x'),
      Buffer.from('x'), new Date()]) {
      refusedUntyped({ method: wrong, url: URL_A });
      refusedUntyped({ method: 'GET', url: wrong });
      refusedUntyped({ method: 'GET', url: URL_A, fields: [[wrong, 'x']] });
      refusedUntyped({ method: 'GET', url: URL_A, fields: [['X', wrong]] });
      refused(() => Reflect.apply(encodeConnect, undefined, [{ hostname: wrong, port: 443 }]));
      refused(() => Reflect.apply(encodeConnect, undefined,
        [{ hostname: 'h.example', port: typeof wrong === 'number' ? 'x' : wrong }]));
    }
    assert.equal(sly.calls, 0);
    refusedUntyped({ method: 'GET', url: new URL(URL_A) });
  });
  test('request-fields: fields that are no list of pairs', () => {
    for (const fields of [null, {}, { X: 'y' }, 'X: y', new Map([['X', 'y']]), [null], ['X: y'], [['X']], [['X', 'y', 'z']],
      [{ 0: 'X', 1: 'y', length: 2 }], [['X', 'y'], , ['Z', 'z']]]) {
      refusedUntyped({ method: 'GET', url: URL_A, fields });
    }
  });
  test('request-length: bodies that are no Uint8Array', () => {
    for (const body of ['x', {}, [1], new ArrayBuffer(1), new Uint16Array(1), new DataView(new ArrayBuffer(1)),
      { length: 1, byteLength: 1 }, new Blob(['x']), new Uint8Array(new SharedArrayBuffer(1)),
      Object.create(Uint8Array.prototype)]) {
      refusedUntyped({ method: 'POST', url: URL_A, body });
    }
  });
  test('request-forms: an unknown form of the target',
    () => refusedUntyped({ method: 'GET', url: URL_A }, { form: 'authority' }));

  test('request-fields: what a polluted prototype adds', () => {
    const polluted: PropertyDescriptorMap = {
      fields: { value: [['X-Polluted', 'y']], configurable: true },
      body: { value: utf8('polluted'), configurable: true },
      proxyFields: { value: [['X-Polluted', 'y']], configurable: true },
      form: { value: 'asterisk', configurable: true },
      limits: { value: { requestHeadBytesMax: 1 }, configurable: true },
      0: { value: 'X-Polluted', configurable: true, writable: true },
      1: { value: 'y', configurable: true, writable: true },
    };
    const expected = encode({ method: 'POST' });
    Object.defineProperties(Object.prototype, polluted);
    try {
      assert.equal(encodeRequest({ method: 'POST', url: URL_A }, {}).body.length, 0);
      assert.deepEqual(encode({ method: 'POST' }, {}), expected);
      refusedUntyped({ method: 'GET', url: URL_A, fields: [new Array(2)] });
      refusedUntyped(Object.create({ method: 'GET', url: URL_A }));
    } finally {
      for (const key of Object.keys(polluted)) Reflect.deleteProperty(Object.prototype, key);
    }
  });

  test('request-errors: without quoting what it refuses', () => {
    refused(() => encode({ fields: [['Authorization', 'Bearer s3cret\n']] }), 's3cret');
    refused(() => encode({ fields: [['Authorization: Bearer s3cret', 'x']] }), 's3cret');
    refused(() => encode({ fields: [['Authorization', ' s3cret']] }), 's3cret');
    refused(() => encode({ url: 'https://user:s3cret@h.example/' }), 's3cret');
    refused(() => encode({ url: 'https://h.example:99999/?key=s3cret' }), 's3cret');
    refused(() => encode({ url: 'https://h.example/?key=s3cret\n' }), 's3cret');
    refused(() => encode({ method: 's3cret s3cret' }), 's3cret');
    refused(() => encode({ fields: [['Accept-Encoding', 's3cret']] }), 's3cret');
  });
});

test('whatever is passed, the octets are exactly one request with just these fields, or none', () => {
  const random = createSeededRandom(2);
  const characters = ['a', 'Z', '0', '-', ':', ' ', '\t', '\r', '\n', '\0', '\x7f', '\x80', '\xff', '\u010d', '\u560a', '\ud83d',
    '%', '/', '?', '#', '@', '[', ']', '\\', '"', ',', ';', '.'];
  const words = ['GET', 'POST', 'Host', 'content-length', 'Transfer-Encoding', 'chunked', 'X-A', 'identity', '\r\n', '\r\n\r\n',
    'HTTP/1.1', 'https://h.example/', 'Accept-Encoding'];
  const text = (plain: string): string => {
    if (random.below(3) > 0) return plain;
    return Array.from({ length: random.below(6) }, () => random.pick(random.below(2) === 0 ? words : characters)).join('');
  };
  let passed = 0;
  for (let round = 0; round < 20_000; round += 1) {
    const method = text(random.pick(['GET', 'POST', 'DELETE']));
    const url = text(random.pick(['https://h.example/', 'http://[::1]:80/a?b=c',
      `https://h.example/${random.pick(characters)}`]));
    const fields = Array.from({ length: random.below(4) }, (): [string, string] => [text('X-A'), text('b')]);
    const body = random.below(2) === 0 ? undefined : utf8('x'.repeat(random.below(5)));
    let encoded;
    try {
      encoded = encodeRequest({ method, url, fields, ...(body !== undefined && { body }) });
    } catch (error) {
      assert.ok(isNetError(error) && error.code === 'NET_BAD_REQUEST', String(error));
      continue;
    }
    passed += 1;
    const parsed = parseRequest(encoded.head, encoded.body);
    assert.equal(parsed.method, method);
    assert.equal(parsed.body.length, body?.length ?? 0);
    const own = parsed.fields.filter(([name,
      value]) => !/^(?:Host|Content-Length)$/.test(name) && !(name === 'Accept-Encoding' && value === 'identity'));
    assert.deepEqual(own, fields.filter(([name, value]) => !(name === 'Accept-Encoding' && value === 'identity')));
  }
  assert.ok(passed > 2_000 && passed < 18_000, `${passed} of 20,000 passed`);
});
