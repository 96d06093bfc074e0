/**
 * A server that says back every credential it is sent, in each way in which servers do: for tests that nothing of it is shown.
 *
 * The mode is the first segment of the path (`/error-json/…`). It plays any vendor, issuer, token server and proxy, badly.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

export interface EchoServer {
  readonly url: string;
  /** What was sent in fields, queries and bodies, to prove that the credential did go out. */
  readonly received: string[];
  [Symbol.asyncDispose](): Promise<void>;
}

type Answer = (secret: string, response: ServerResponse) => void;

const json = (status: number, body: (secret: string) => object): Answer => (secret, response) => void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body(secret)));

/** Every mode ends the exchange; none is an answer that a client could use. */
export const ECHO_MODES = {
  'error-json': json(401, (secret) => ({ error: { message: `invalid token ${secret}`, type: secret, code: secret }, error_description: secret, detail: secret })),
  'error-oauth': json(400, (secret) => ({ error: 'invalid_grant', error_description: `the token ${secret} is not known` })),
  'error-list': json(400, (secret) => ({ detail: [{ loc: ['header', secret], msg: secret, input: { deep: [secret] } }] })),
  'error-nested': json(500, (secret) => ({ error: { message: JSON.stringify({ echoed: JSON.stringify({ text: secret }) }) } })),
  'error-html': (secret, response) => void response.writeHead(403, { 'content-type': 'text/html' }).end(`<html><title>${secret}</title><body>${encodeURIComponent(secret)} ${secret}</body></html>`),
  'error-text': (secret, response) => void response.writeHead(503, { 'content-type': 'text/plain', 'retry-after': '1' }).end(`upstream refused ${secret}`),
  'error-cut': (secret, response) => {
    response.writeHead(401, { 'content-type': 'application/json' });
    response.write(`{"error":{"message":"got ${secret.slice(0, secret.length >> 1)}`);
    setTimeout(() => response.end(`${secret.slice(secret.length >> 1)}"}}`), 20);
  },
  'error-base64': json(401, (secret) => ({ error: { message: `basic ${Buffer.from(`user:${secret}`).toString('base64')}` } })),
  fields: (secret, response) => void response.writeHead(401, secret.slice(0, 200), { 'x-echo': secret, 'www-authenticate': `Bearer realm="${secret}"`, 'x-request-id': secret, 'set-cookie': `t=${secret}` }).end(),
  redirect: (secret, response) => void response.writeHead(307, { location: `https://elsewhere.example.test/?access_token=${encodeURIComponent(secret)}&x=${secret}` }).end(),
  'event-error': (secret, response) => {
    const data = { type: 'error', error: { type: secret, message: `no ${secret}`, code: secret }, response: { error: { code: secret, message: secret } }, message: secret };
    response.writeHead(200, { 'content-type': 'text/event-stream' }).end(`: ${secret}\nevent: error\ndata: ${JSON.stringify(data)}\n\n`);
  },
  'event-garbage': (secret, response) => void response.writeHead(200, { 'content-type': 'text/event-stream' }).end(`data: {"type": ${secret}\n\ndata: ${secret}\n\n`),
  'wrong-type': (secret, response) => void response.writeHead(200, { 'content-type': `application/${secret.replaceAll(/[^\w]/g, '')}` }).end(secret),
  'no-http': (secret, response) => void response.socket?.end(`${secret} is not HTTP\r\n\r\n${secret}`),
  'half-a-field': (secret, response) => void response.socket?.end(`HTTP/1.1 200 OK\r\nX-${secret}\r\n ${secret}`),
} as const satisfies Record<string, Answer>;

/** The mode `spoken`: the model says it, in the deltas of every vendor. Not among the others: the words of the model are the user's. */
const spoken: Answer = (secret, response) => {
  const pieces = secret.match(/.{1,5}/gs) ?? [];
  const shapes = (piece: string): object[] => [
    { type: 'response.output_text.delta', item_id: 'msg_1', output_index: 0, content_index: 0, delta: piece },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: piece } },
    { candidates: [{ content: { parts: [{ thinking: piece }] } }] },
    { choices: [{ delta: { content: piece } }] },
  ];
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  // By shape, as a server would: all pieces of one, then all of the next.
  for (const index of [0, 1, 2, 3]) for (const piece of pieces) response.write(`data: ${JSON.stringify(shapes(piece)[index])}\n\n`);
  response.end();
};

export type EchoMode = keyof typeof ECHO_MODES;

export async function startEchoServer(): Promise<EchoServer> {
  const received: string[] = [];
  const server = createServer((request, response) => {
    readAll(request).then(
      (body) => {
        const secret = credentialOf(request, body);
        received.push(`${request.url ?? ''}\n${JSON.stringify(request.rawHeaders)}\n${body}`);
        const mode = (request.url ?? '').split('/')[1] ?? '';
        if (mode === 'spoken') spoken(secret, response);
        else if (isMode(mode)) ECHO_MODES[mode](secret, response);
        else ECHO_MODES['error-json'](secret, response);
      },
      () => response.destroy(),
    );
  });
  // A proxy that wants other credentials, and says which it got.
  server.on('connect', (request: IncomingMessage, socket) => {
    const sent = Buffer.from((request.headers['proxy-authorization'] ?? '').replace(/^Basic /, ''), 'base64').toString();
    received.push(`CONNECT ${JSON.stringify(request.rawHeaders)}`);
    socket.on('error', () => undefined);
    socket.end(`HTTP/1.1 407 no ${sent}\r\nProxy-Authenticate: Basic realm="${sent}"\r\nConnection: close\r\n\r\n${sent} ${request.headers['proxy-authorization'] ?? ''}`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
    received,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function isMode(name: string): name is EchoMode {
  return Object.hasOwn(ECHO_MODES, name);
}

async function readAll(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const piece of request) body += String(piece);
  return body;
}

function credentialOf({ headers, url = '' }: IncomingMessage, body: string): string {
  const field = headers.authorization ?? headers['x-api-key'] ?? headers['x-goog-api-key'];
  const sent = typeof field === 'string' ? field.replace(/^Bearer /, '') : undefined;
  return sent ?? /"refresh_token":"([^"]+)"/.exec(body)?.[1] ?? new URL(url, 'http://x').searchParams.get('key') ?? 'nothing';
}
