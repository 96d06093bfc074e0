/**
 * What has to work in every runtime, against the server that `scripts/runtimes.ts` started. Runs in an empty project that
 * has nothing but the packed `@sx/net`.
 *
 * In: two origins, plain and TLS, and the file of the server's CA. Out: one JSON line a case, `{name, ok, detail}`.
 */
import {
  allowOrigins, createDialer, createSseDecoder, createTransport, createTrust, createWireTrace, decode, isNetError, readJson, readText, toHar,
} from '@sx/net';
import * as client from '@sx/net/client';

const [plain, secure, caFile] = process.argv.slice(2);
const policy = allowOrigins([plain, secure]);
const trust = createTrust({ extraCaFiles: [{ path: caFile, from: 'CA_FILE' }] });
const lines = [];
const trace = createWireTrace({ write: (line) => lines.push(line) });
const traced = createTransport({ dialer: createDialer({ policy, trust, trace: trace.step }), trace });
const transport = createTransport({ dialer: createDialer({ policy, trust }) });

const equal = (actual, expected) => {
  if (actual !== expected) throw new Error(`expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`);
};
const codeOf = async (promise) => {
  try {
    await promise;
  } catch (error) {
    if (isNetError(error)) return error.code;
    throw error;
  }
  return 'no error';
};
const get = (origin, path, options) => transport.send({ method: 'GET', url: `${origin}${path}` }, options);

const cases = {
  async subpaths() {
    equal(client.createTransport, createTransport);
    const { createFileTokenSource } = await import('@sx/net/token');
    equal(typeof createFileTokenSource, 'function');
  },
  async GET() {
    const response = await get(plain, '/text');
    equal(response.status, 200);
    equal(await readText(response.body), 'hello');
    equal(response.body.state, 'complete');
  },
  async POST() {
    const body = new TextEncoder().encode(JSON.stringify({ text: 'ü'.repeat(200_000) }));
    const response = await transport.send({ method: 'POST', url: `${secure}/length`, body, fields: [['Content-Type', 'application/json']] });
    equal((await readJson(response.body)).length, body.length);
  },
  async 'TLS with our CA'() {
    equal(await readText((await get(secure, '/text')).body), 'hello');
  },
  async 'connection used again'() {
    const first = await get(secure, '/text');
    await readText(first.body);
    const second = await get(secure, '/text');
    await readText(second.body);
    equal(second.connectionId, first.connectionId);
  },
  async 'unknown CA refused'() {
    const stranger = createTransport({ dialer: createDialer({ policy, trust: createTrust({ systemStore: 'never' }) }) });
    equal(await codeOf(stranger.send({ method: 'GET', url: `${secure}/text` })), 'NET_TLS_UNTRUSTED');
  },
  async SSE() {
    const { body } = await get(secure, '/events');
    const events = [];
    for await (const { data } of decode(body, createSseDecoder())) events.push(data);
    equal(events.join(), 'one,two ü,three');
    equal(body.state, 'complete');
  },
  async 'SSE left early'() {
    const { body } = await get(secure, '/endless');
    for await (const { data } of decode(body, createSseDecoder())) {
      equal(data, 'again');
      break;
    }
    equal(body.state, 'failed');
  },
  async 'large body, pulled'() {
    const { body } = await get(secure, '/large');
    let length = 0;
    for await (const piece of body) length += piece.length;
    equal(length, 20_000_000);
  },
  async 'bad chunk refused'() {
    equal(await codeOf(get(plain, '/bad-chunk').then(({ body }) => readText(body))), 'NET_BAD_CHUNK');
  },
  async 'cut body refused'() {
    equal(await codeOf(get(secure, '/cut').then(({ body }) => readText(body))), 'NET_TRUNCATED_BODY');
  },
  async 'policy refusal'() {
    equal(await codeOf(transport.send({ method: 'GET', url: 'https://elsewhere.example/' })), 'NET_EGRESS_DENIED');
  },
  async 'header injection refused'() {
    equal(await codeOf(transport.send({ method: 'GET', url: `${plain}/text`, fields: [['A', 'b\r\nC: d']] })), 'NET_BAD_REQUEST');
  },
  async 'head deadline'() {
    equal(await codeOf(get(plain, '/silent', { deadlines: { headTimeoutMs: 100 } })), 'NET_HEAD_TIMEOUT');
  },
  async abort() {
    const controller = new AbortController();
    const pending = codeOf(get(secure, '/silent', { signal: controller.signal }));
    setTimeout(() => controller.abort(), 50);
    equal(await pending, 'NET_ABORTED');
  },
  async 'trace and HAR'() {
    await readText((await traced.send({ method: 'GET', url: `${secure}/text` })).body);
    if (!lines.some((line) => JSON.parse(line).type === 'received')) throw new Error('nothing was traced');
    equal(toHar(lines).log.entries[0].response.content.text, 'hello');
  },
};

for (const [name, run] of Object.entries(cases)) {
  let detail = '';
  try {
    await run();
  } catch (error) {
    detail = String(error?.message ?? error);
  }
  console.log(JSON.stringify({ name, ok: detail === '', detail }));
}
// Not closed on purpose: idle connections must not keep the program alive.
