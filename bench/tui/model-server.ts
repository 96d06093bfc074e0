/**
 * A model on loopback that streams the same bytes to every program, in the one wire format that all of them speak (Responses), at
 * so many tokens a second.
 *
 * The simulator's servers refuse what the real ones refuse; here a client of another make is measured, whose every new parameter
 * would end the run, and the pace has to be exact. So any body is taken. `answer` says what the next request is answered with.
 */
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';

export interface Answer {
  readonly tokens: readonly string[];
  /** Undefined: all at once. */
  readonly tokensPerSecond?: number;
}

export interface ModelServer {
  /** Ends in `/v1`. */
  readonly url: string;
  answer: Answer;
  close(): void;
}

export async function startModelServer(): Promise<ModelServer> {
  const server = createServer((request, response) => {
    request.resume();
    request.once('end', () => {
      if (request.method !== 'POST' || request.url?.endsWith('/responses') !== true) {
        const body = '{"error":{"message":"not here","type":"invalid_request_error"}}';
        response.writeHead(404, { 'content-type': 'application/json' }).end(body);
      } else void stream(response, model.answer);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const model: ModelServer = {
    url: `http://127.0.0.1:${port}/v1`,
    answer: { tokens: ['ok'] },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
  return model;
}

async function stream(response: ServerResponse, { tokens, tokensPerSecond }: Answer): Promise<void> {
  let sequence = 0;
  const event = (type: string, members: object): string =>
    `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: (sequence += 1), ...members })}\n\n`;
  const text = tokens.join('');
  const part = { type: 'output_text', text, annotations: [] };
  const item = { id: 'msg_1', type: 'message', role: 'assistant', status: 'completed', content: [part] };
  const place = { item_id: item.id, output_index: 0, content_index: 0 };
  const shell = { id: `resp_${Date.now()}`, object: 'response', created_at: Math.floor(Date.now() / 1_000), model: 'bench' };
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(event('response.created', { response: { ...shell, status: 'in_progress', output: [] } }));
  response.write(event('response.output_item.added', { output_index: 0, item: { ...item, status: 'in_progress', content: [] } }));
  response.write(event('response.content_part.added', { ...place, part: { ...part, text: '' } }));
  const startedAtMs = performance.now();
  for (let sent = 0; sent < tokens.length && !response.destroyed; ) {
    const dueByNow = Math.floor(((performance.now() - startedAtMs) * (tokensPerSecond ?? 0)) / 1_000);
    const due = tokensPerSecond === undefined ? tokens.length : dueByNow;
    const piece = tokens.slice(sent, due).map((delta) => event('response.output_text.delta', { ...place, delta }));
    sent += piece.length;
    if (piece.length > 0) response.write(piece.join(''));
    if (sent < tokens.length) await new Promise((done) => setTimeout(done, 1_000 / (tokensPerSecond ?? 1_000)));
  }
  const usage = {
    input_tokens: 100,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: tokens.length,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: 100 + tokens.length,
  };
  response.write(event('response.output_text.done', { ...place, text }));
  response.write(event('response.content_part.done', { ...place, part }));
  response.write(event('response.output_item.done', { output_index: 0, item }));
  response.end(event('response.completed', { response: { ...shell, status: 'completed', output: [item], usage } }));
}
