import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { awaitClose, delay, drip, receive, receiveRequest, response, send, type Step, until } from '@sx/testkit';
import type { Deadlines } from '../../src/limits.ts';
import { readText } from '../../src/read-body.ts';
import type { NetError } from '../../src/net-error.ts';
import { faultOf, withServer } from './transport-fixture.ts';

async function expire(script: readonly Step[], deadlines: Partial<Deadlines>): Promise<NetError> {
  let fault: NetError | undefined;
  await withServer({ scripts: [[...script, awaitClose]], deadlines }, async ({ transport, url, server }) => {
    fault = await faultOf(transport.send({ method: 'GET', url }).then(({ body }) => readText(body)));
    await server.finished(0);
  });
  assert.ok(fault !== undefined);
  return fault;
}

describe('deadlines', () => {
  test('a server that never answers: NET_HEAD_TIMEOUT with host, limit and bytes read', async () => {
    const fault = await expire([receiveRequest], { headTimeoutMs: 30 });
    assert.deepEqual([fault.code, fault.limit, fault.bytesRead], ['NET_HEAD_TIMEOUT', 30, 0]);
    assert.match(fault.message, /^no complete response head from 127\.0\.0\.1:\d+ in 30 ms \(0 bytes read\)$/);
  });

  test('a head that drips byte by byte is cut: the deadline is for the sum', async () => {
    const fault = await expire([receiveRequest, drip('HTTP/1.1 200 OK\r\n'.repeat(100), 5)], {
      headTimeoutMs: 60,
      idleTimeoutMs: 30,
    });
    assert.equal(fault.code, 'NET_HEAD_TIMEOUT');
    assert.ok((fault.bytesRead ?? 0) > 1);
  });

  test('interim responses do not start the head deadline anew', async () => {
    const interim: Step[] = Array.from({ length: 40 }, () => [send('HTTP/1.1 102 Processing\r\n\r\n'), delay(5)]).flat();
    assert.equal((await expire([receiveRequest, ...interim], { headTimeoutMs: 60 })).code, 'NET_HEAD_TIMEOUT');
  });

  test('silence within a body: NET_IDLE_TIMEOUT', async () => {
    const fault = await expire([receiveRequest, send('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhi')], { idleTimeoutMs: 30 });
    assert.deepEqual([fault.code, fault.limit, fault.bytesRead], ['NET_IDLE_TIMEOUT', 30, 40]);
  });

  test('a body that drips is not idle: the comments of an event stream keep it alive', async () => {
    const script = [receiveRequest, send('HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\n'), drip(':\n'.repeat(15), 5)];
    await withServer({ scripts: [script], deadlines: { idleTimeoutMs: 60, headTimeoutMs: 60 } }, async ({ transport, url }) => {
      const { body } = await transport.send({ method: 'GET', url });
      assert.equal(await readText(body), ':\n'.repeat(15));
    });
  });

  test('a caller that leaves bytes unread is not the server being idle', async () => {
    let go = (): void => undefined;
    const seen = new Promise<void>((resolve) => (go = resolve));
    const script = [receiveRequest, send('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhi'), until(seen), send('ho')];
    await withServer({ scripts: [script], deadlines: { idleTimeoutMs: 300 } }, async ({ transport, url }) => {
      const { body } = await transport.send({ method: 'GET', url });
      const iterator = body[Symbol.asyncIterator]();
      await iterator.next();
      go();
      await new Promise((resolve) => setTimeout(resolve, 450));
      assert.equal(Buffer.from((await iterator.next()).value ?? []).toString(), 'ho');
      assert.equal((await iterator.next()).done, true);
    });
  });

  test('a peer that takes nothing more of the request: NET_WRITE_TIMEOUT', async () => {
    const stalled: Step[] = [receive('\r\n\r\n'), ({ tcp }) => void tcp.pause()];
    await withServer({ scripts: [stalled], deadlines: { writeTimeoutMs: 50 } }, async ({ transport, url }) => {
      const fault = await faultOf(transport.send({ method: 'POST', url, body: Buffer.alloc(50_000_000) }));
      assert.deepEqual([fault.code, fault.limit, fault.bytesRead], ['NET_WRITE_TIMEOUT', 50, 0]);
    });
  });

  test('an exchange may have deadlines of its own', async () => {
    await withServer({ scripts: [[receiveRequest, awaitClose]] }, async ({ transport, url }) => {
      const fault = await faultOf(transport.send({ method: 'GET', url }, { deadlines: { headTimeoutMs: 20 } }));
      assert.equal(fault.limit, 20);
    });
  });

  test('a deadline of one exchange does not hit the next one on the connection', async () => {
    const script = [receiveRequest, send(response('one')), receiveRequest, delay(60), send(response('two'))];
    await withServer({ scripts: [script] }, async ({ transport, url }) => {
      await readText(
        (await transport.send({ method: 'GET', url }, { deadlines: { headTimeoutMs: 30, idleTimeoutMs: 30 } })).body,
      );
      assert.equal(await readText((await transport.send({ method: 'GET', url })).body), 'two');
    });
  });
});
