import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { receiveRequest, response, send, type Step } from '@sx/testkit';
import { toHar } from '../src/har.ts';
import { readText } from '../src/read-body.ts';
import { createRedactor } from '../src/redact.ts';
import { createWireTrace, type TraceLine, type WireTrace } from '../src/trace.ts';
import { withServer } from './socket/transport-fixture.ts';

const CREDENTIAL = 'tok-5c1d8e0a9b7f4321';

function collector(
  secrets: readonly string[] = [],
): { readonly lines: string[]; readonly trace: WireTrace; parsed(): TraceLine[] } {
  const lines: string[] = [];
  const trace = createWireTrace({ write: (line) => lines.push(line), redactor: createRedactor(secrets), startedAt: new Date(0) });
  return { lines, trace, parsed: () => lines.map((line) => JSON.parse(line)) };
}

const textOf = (lines: readonly TraceLine[], type: 'sent' | 'received'): string =>
  lines.map(
    (line) => (line.type === type ? (line.text ?? Buffer.from(line.base64 ?? '', 'base64').toString('latin1')) : ''),
  ).join('');

describe('wire trace', () => {
  test('writes every byte of both directions with times, connection and request numbers, credentials masked', async () => {
    const { lines, trace, parsed } = collector();
    const answer = response('{"access_token":"abc","n":1}');
    await withServer({
      scripts: [[receiveRequest, send(answer), receiveRequest, send(response('two'))]],
      tls: true,
      trace,
    }, async ({ transport, url }) => {
      const first = await transport.send({
        method: 'POST',
        url,
        fields: [['Authorization', `Bearer ${CREDENTIAL}`]],
        body: Buffer.from('{"a":"ü"}'),
      });
      await readText(first.body);
      await readText((await transport.send({ method: 'GET', url: `${url}?key=${CREDENTIAL}` })).body);
    });
    const events = parsed();
    assert.deepEqual(events.map(({ type }) => type).filter((type, index, all) => type !== all[index - 1]), [
      'dial',
      'open',
      'sent',
      'received',
      'sent',
      'received',
      'close',
    ]);
    assert.ok(events.every(({ atMs }, index) => atMs >= (events[index - 1]?.atMs ?? 0)));
    assert.ok(events.every(({ time }) => /^1970-01-01T00:00:0\d\.\d{3}Z$/.test(time)));
    assert.match(
      textOf(events, 'sent'),
      /^POST \/path HTTP\/1\.1\r\nHost: localhost:\d+\r\nAuthorization: \[redacted\]\r\n[^]*\{"a":"ü"\}GET \/path\?key=\[redacted\] HTTP/,
    );
    assert.equal(textOf(events, 'received'), answer.replace('abc', '[redacted]') + response('two'));
    assert.ok(!lines.join('').includes(CREDENTIAL));
    const opened = events.find((line) => line.type === 'open');
    assert.equal(opened?.type === 'open' ? opened.tls : undefined, 'TLSv1.3');
    assert.deepEqual(new Set(events.map((line) => ('request' in line ? line.request : 0))), new Set([1, 2, 0]));
  });

  test('masks a credential that is split over two writes, two chunks, or sent byte by byte', async () => {
    const body = `{"token_type":"Bearer","access_token":"${CREDENTIAL}","note":"the key ${CREDENTIAL} again"}`;
    const cuts = [10, 41, 50, 60, 75];
    const head = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
    const pause: Step = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    for (const cut of cuts) {
      const chunks = [body.slice(0, cut), body.slice(cut)].flatMap(
        (part) => [send(`${part.length.toString(16)}\r\n${part}\r\n`), pause],
      );
      for (const script of [
        [receiveRequest, send(head), ...chunks, send('0\r\n\r\n')],
        [receiveRequest, ...Array.from(response(body), (character) => [send(character), pause]).flat()],
      ]) {
        const { lines, trace } = collector([CREDENTIAL]);
        await withServer({ scripts: [script], trace }, async ({ transport, url }) => {
          assert.equal(await readText((await transport.send({ method: 'GET', url })).body), body);
        });
        const shown = lines.map((line) => JSON.parse(line).text ?? '').join('').replace(/\r\n[0-9a-f]+\r\n/g, '');
        assert.ok(!shown.includes(CREDENTIAL.slice(0, 8)) && !shown.includes(CREDENTIAL.slice(-8)), shown);
      }
    }
  });

  test('shows what is not UTF-8 as base64, and does not cut a character in two', () => {
    const { trace, parsed } = collector();
    trace.bytes(1, 1, 'received', Buffer.from('a€', 'utf8').subarray(0, 2));
    trace.bytes(1, 1, 'received', Buffer.from('a€', 'utf8').subarray(2));
    trace.exchangeEnded(1);
    trace.bytes(1, 2, 'received', Uint8Array.of(0xff, 0x00, 0x20));
    trace.closed(1, 'done');
    const bytes = parsed().filter(({ type }) => type === 'received');
    assert.equal(bytes.map((line) => ('text' in line ? line.text : '')).join(''), 'a€');
    assert.equal(
      bytes.map((line) => ('base64' in line ? line.base64 : '')).join(''),
      Buffer.from([0xff, 0x00, 0x20]).toString('base64'),
    );
  });

  test('reports a dial that failed and the steps of the dialer', async () => {
    const { trace, parsed } = collector();
    trace.step(7, { name: 'dns', ok: true, elapsedMs: 1.23456, detail: 'http://me:pw@proxy.example' });
    trace.dialing(3, { scheme: 'https:', hostname: 'api.example.com', port: 443 });
    trace.dialFailed(3, 'NET_DNS');
    assert.deepEqual(
      parsed().map(({ atMs, time, ...rest }) => rest),
      [
        { type: 'step', connection: 7, name: 'dns', ok: true, elapsedMs: 1.235, detail: 'http://[redacted]@proxy.example' },
        { type: 'dial', request: 3, scheme: 'https:', host: 'api.example.com', port: 443 },
        { type: 'dial-failed', request: 3, code: 'NET_DNS' },
      ],
    );
  });

  test('a trace that cannot be written does not break the request', async () => {
    let calls = 0;
    const trace = createWireTrace({
      write: () => {
        calls += 1;
        throw new Error('disk full');
      },
    });
    await withServer({ scripts: [[receiveRequest, send(response('ok'))]], trace }, async ({ transport, url }) => {
      assert.equal(await readText((await transport.send({ method: 'GET', url })).body), 'ok');
    });
    assert.equal(calls, 1);
    assert.match(String(trace.fault), /disk full/);
  });
});

describe('HAR', () => {
  test('has one entry for each request, with times, fields, query and content', async () => {
    const { lines, trace } = collector();
    const interim = 'HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n';
    const head = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n';
    const chunked = `${interim}${head}3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nT: u\r\n\r\n`;
    await withServer({
      scripts: [[receiveRequest, send(chunked), receiveRequest, send('HTTP/1.1 404 Not Found\r\nContent-Le')]],
      trace,
      deadlines: { headTimeoutMs: 40 },
    }, async ({ transport, url }) => {
      const fields = [['Content-Type', 'application/json']] as const;
      await readText((await transport.send({ method: 'POST', url: `${url}?a=1&b=%20`, fields, body: Buffer.from('{}') })).body);
      await assert.rejects(transport.send({ method: 'GET', url }));
    });
    const { log } = toHar([...lines, 'no JSON', '{"type":"sent"}', '[]'], '1.2.3');
    assert.equal(log.version, '1.2');
    assert.equal(log.entries.length, 2);
    const [first, second] = log.entries;
    assert.match(first?.request.url ?? '', /^http:\/\/127\.0\.0\.1:\d+\/path\?a=1&b=%20$/);
    assert.deepEqual(first?.request.queryString, [{ name: 'a', value: '1' }, { name: 'b', value: ' ' }]);
    assert.deepEqual(first?.request.postData, { mimeType: 'application/json', text: '{}' });
    assert.deepEqual([first?.response.status, first?.response.statusText, first?.response.content.text], [200, 'OK', 'abcde']);
    assert.equal(first?.response.content.mimeType, 'text/plain');
    assert.ok((first?.timings.connect ?? -1) >= 0 && (first?.timings.wait ?? -1) >= 0 && (first?.time ?? -1) >= 0);
    assert.equal(first?.serverIPAddress, '127.0.0.1');
    assert.deepEqual([second?.response.status, second?.timings.connect, second?._reason], [404, -1, 'NET_HEAD_TIMEOUT']);
    JSON.stringify(log);
  });
});
