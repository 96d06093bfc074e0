/** A client for the simulator's own tests, on node:http(s): it says what it is told to and judges nothing. */
import { request as httpRequest } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import type { Simulator } from '../src/index.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** The body's JSON; undefined where it is none. */
  readonly json: any;
  /** The pieces as they came. */
  readonly chunks: readonly string[];
}

export interface Ask {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: unknown;
  /** Stop reading and hang up when this much has come. */
  readonly hangUpAfterBytes?: number;
}

export async function ask(simulator: Simulator, url: string, { method = 'GET', headers = {}, body, hangUpAfterBytes = Infinity }: Ask = {}): Promise<Answer> {
  const target = new URL(url);
  const payload = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
  const options: RequestOptions = {
    method,
    agent: false,
    headers: Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined)) as Record<string, string>,
    ...(simulator.caPem === undefined ? {} : { ca: simulator.caPem, rejectUnauthorized: true }),
  };
  return new Promise((resolve, reject) => {
    const outgoing = (target.protocol === 'https:' ? httpsRequest : httpRequest)(target, options, (incoming) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      const finish = (): void => {
        const text = Buffer.concat(chunks).toString('utf8');
        resolve({
          status: incoming.statusCode ?? 0,
          headers: incoming.headers as Record<string, string>,
          text,
          json: tryParse(text),
          chunks: chunks.map((chunk) => chunk.toString('latin1')),
        });
      };
      incoming.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        bytes += chunk.length;
        if (bytes < hangUpAfterBytes) return;
        finish();
        incoming.destroy();
      });
      incoming.once('end', finish);
      incoming.once('error', reject);
    });
    outgoing.once('error', reject);
    outgoing.end(payload);
  });
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The JSON of every event of a stream. */
export function eventsOf({ text }: Answer): any[] {
  return text
    .replaceAll('\r\n', '\n')
    .split('\n\n')
    .map((block) => block.split('\n').filter((line) => line.startsWith('data: ')).map((line) => line.slice(6)).join('\n'))
    .filter((data) => data !== '' && data !== '[DONE]')
    .map((data) => JSON.parse(data));
}
