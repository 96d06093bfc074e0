/** The server of the pipeline benchmark, a process of its own: Responses events over TLS, made beforehand, as fast as they are taken. */
import { createServer } from 'node:https';

import { createTestCa } from '@sx/testkit';

const ca = createTestCa();
const { certPem, keyPem } = ca.issue({ ips: ['127.0.0.1'], names: ['localhost'] });
const DELTA = { type: 'response.output_text.delta', item_id: 'msg_1', output_index: 0, content_index: 0, delta: ' and so on', sequence_number: 7 };
const event = (value: { type: string }): string => `event: ${value.type}\ndata: ${JSON.stringify(value)}\n\n`;
const item = { id: 'msg_1', type: 'message', role: 'assistant', status: 'completed', content: [] };
const HEAD = event({ type: 'response.created', ...{ response: { id: 'resp_1' } } }) + event({ type: 'response.output_item.added', ...{ output_index: 0, item } });
const done = (text: string): string =>
  event({ type: 'response.output_item.done', ...{ output_index: 0, item: { ...item, content: [{ type: 'output_text', text, annotations: [] }] } } });
const TAIL = event({ type: 'response.completed', ...{ response: { id: 'resp_1', output: [], usage: null } } });
const BATCH_EVENTS = 500;
const BATCH = Buffer.from(event(DELTA).repeat(BATCH_EVENTS));

const server = createServer({ cert: certPem, key: keyPem }, (request, response) => {
  const events = Number(/\/(\d+)\//.exec(request.url ?? '')?.[1] ?? 0);
  let batches = events / BATCH_EVENTS;
  request.resume();
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(HEAD);
  const more = (): void => {
    while (batches > 0) {
      batches -= 1;
      if (!response.write(BATCH)) return void response.once('drain', more);
    }
    response.end(done(DELTA.delta.repeat(events)) + TAIL);
  };
  more();
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.stdout.write(`${JSON.stringify({ port: typeof address === 'object' && address !== null ? address.port : 0, caFile: ca.certFile })}\n`);
});
process.stdin.resume().once('end', () => process.exit(0));
