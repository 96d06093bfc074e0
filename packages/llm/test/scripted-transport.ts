/** A transport in memory: each request gets the next answer of the script. */
import { type Fields, type HttpRequest, NetError, type HttpResponse, type SendOptions, type Transport } from '@sx/net';

export interface ScriptedAnswer {
  readonly status?: number;
  readonly fields?: Fields;
  /** Pieces of the body; an error is thrown in its place; `stall` waits until the body is left. */
  readonly body?: readonly (string | Error | 'stall')[];
  /** Thrown instead of an answer. */
  readonly fault?: Error;
}

export interface ScriptedTransport extends Transport {
  readonly requests: HttpRequest[];
  /** Bodies that were left before their end. */
  readonly cancelled: number;
}

export function scriptedTransport(answers: readonly ScriptedAnswer[]): ScriptedTransport {
  const requests: HttpRequest[] = [];
  let cancelled = 0;
  return {
    requests,
    get cancelled() {
      return cancelled;
    },
    close: () => undefined,
    send(request: HttpRequest, options: SendOptions = {}): Promise<HttpResponse> {
      const answer = answers[Math.min(requests.length, answers.length - 1)] ?? {};
      requests.push(request);
      if (answer.fault !== undefined) return Promise.reject(answer.fault);
      let leave = (): void => undefined;
      const left = new Promise<void>((resolve) => (leave = resolve));
      options.signal?.addEventListener('abort', () => leave());
      async function* pieces(): AsyncGenerator<Uint8Array> {
        let ended = false;
        try {
          for (const piece of answer.body ?? []) {
            if (piece instanceof Error) throw piece;
            if (piece !== 'stall') yield new TextEncoder().encode(piece);
            else {
              await left;
              throw new NetError('NET_ABORTED', 'left');
            }
          }
          ended = true;
        } finally {
          if (!ended) cancelled += 1;
        }
      }
      const body = { state: 'unread' as const, trailers: [], cancel: () => leave(), [Symbol.asyncIterator]: () => pieces() };
      return Promise.resolve({ status: answer.status ?? 200, reason: '', fields: answer.fields ?? STREAM, body, connectionId: 1 });
    },
  };
}

const STREAM: Fields = [['Content-Type', 'text/event-stream'], ['x-request-id', 'req_1']];
export const JSON_FIELDS: Fields = [['content-type', 'application/json']];
