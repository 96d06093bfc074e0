/**
 * One request, one response: authorize, send, look at the head, decode, yield. No vendor is named here.
 *
 * In: an exchange whose body is encoded already. Out: stream events up to exactly one `finish`, or a `ProviderError` that
 * holds what had arrived. Pulling drives the socket: leaving the loop closes the connection. After `finish` the rest of the
 * body, which is only its framing, is read for `drainTimeoutMs` at most, so that the connection can be used again.
 *
 * Left out: repeating (retry.ts), another form of the request (define-provider.ts).
 */
import type { Fields, HttpBody, HttpRequest, HttpResponse, Transport } from '@sx/net';
import { decode, type Decoder, pipe } from '@sx/net/decoder';
import { createSseDecoder } from '@sx/net/sse';

import { type Accumulator, createAccumulator } from './accumulate.ts';
import { limits } from './limits.ts';
import type { Auth, Protocol, ProtocolContext, ProtocolDecoder } from './protocol.ts';
import { amendError, isProviderError, ProviderError } from './provider-error.ts';
import { isEventStream, requestIdOf, toResponseError } from './response-error.ts';
import { sayReset } from './say-reset.ts';
import type { StreamEvent } from './stream-event.ts';
import { toProviderError } from './transport-error.ts';

export interface Exchange {
  readonly transport: Transport;
  readonly protocol: Protocol;
  readonly context: ProtocolContext;
  /** Without a credential. */
  readonly request: HttpRequest;
  readonly auth: Auth;
  readonly signal?: AbortSignal | undefined;
  /** Sees the head of every response, also of errors. */
  readonly onHead?: ((status: number, fields: Fields) => void) | undefined;
  /** Masks secrets in what an error says. */
  readonly redact?: ((text: string) => string) | undefined;
  readonly now?: (() => number) | undefined;
  /** Says better what an error means at this vendor. */
  readonly toError?: ((error: ProviderError) => ProviderError) | undefined;
}

/** @throws {ProviderError} any code; `partial` holds what had arrived. */
export function streamModel(exchange: Exchange): AsyncIterable<StreamEvent> {
  const arrived: Arrived = {
    decoder: exchange.protocol.createDecoder(exchange.context),
    parts: createAccumulator(exchange.context.origin, limits.partialCharsMax),
    shown: 0,
    status: undefined,
    requestId: undefined,
    headEvents: [],
    finished: false,
    stopDraining: undefined,
  };
  return decode(receive(exchange, arrived), createExchangeDecoder(exchange, arrived));
}

/** What both ends of an exchange know: the one that reads pieces and the one that decodes them. */
interface Arrived {
  readonly decoder: ProtocolDecoder;
  readonly parts: Accumulator;
  /** Of the head, once there is one. */
  status: number | undefined;
  requestId: string | undefined;
  /** Of the head. Shown with the first event, not before: until then the request may still be repeated unseen. */
  headEvents: readonly StreamEvent[];
  /** Events that the protocol has given. */
  shown: number;
  finished: boolean;
  stopDraining: (() => void) | undefined;
}

/** Sends, and gives the pieces of the body. After `finish` nothing can go wrong any more. */
async function* receive(exchange: Exchange, arrived: Arrived): AsyncGenerator<Uint8Array, void, void> {
  const { protocol, context } = exchange;
  const settling = createSettling(arrived);
  try {
    const response = await sendAuthorized(exchange);
    arrived.status = response.status;
    arrived.requestId = requestIdOf(response.fields);
    if (!isEventStream(response)) throw await toResponseError(response, protocol, context, sourceOf(exchange));
    arrived.headEvents = protocol.headEvents?.(response.fields, context) ?? [];
    for await (const piece of response.body) {
      yield piece;
      settling.look(response.body);
      if (arrived.finished) arrived.stopDraining ??= drain(response.body);
    }
  } catch (error) {
    // After a silence behind the whole answer we left the body ourselves: that is its end.
    if (!arrived.finished && !settling.isOver()) throw describe(toProviderError(error), exchange, arrived);
  } finally {
    settling.stop();
    arrived.stopDraining?.();
  }
}

/** Bytes to stream events, with what only the exchange knows. A stage of its own, so that an event costs no promise of ours. */
function createExchangeDecoder(exchange: Exchange, arrived: Arrived): Decoder<Uint8Array, StreamEvent> {
  const decoder = pipe(pipe(createSseDecoder(), arrived.decoder), createShowing(arrived));
  const failed = (error: unknown): void => {
    if (!arrived.finished) throw describe(toProviderError(error), exchange, arrived);
  };
  return {
    push(bytes, emit) {
      try {
        decoder.push(bytes, emit);
      } catch (error) {
        failed(error);
      }
    },
    end(emit) {
      try {
        decoder.end(emit);
      } catch (error) {
        failed(error);
      }
    },
  };
}

/** What is about to be shown: kept for an error, and completed from the head. */
function createShowing(arrived: Arrived): Decoder<StreamEvent, StreamEvent> {
  return {
    push(event, emit) {
      if (arrived.headEvents.length > 0) {
        arrived.headEvents.forEach(emit);
        arrived.headEvents = [];
      }
      arrived.parts.push(event);
      arrived.shown += 1;
      if (event.type === 'finish') arrived.finished = true;
      emit(event.type === 'response-start' && arrived.requestId !== undefined ? { ...event, requestId: arrived.requestId } : event);
    },
    end() {
      if (arrived.finished) return;
      throw new ProviderError('PROVIDER_TRUNCATED_STREAM', 'the stream ended without its end sign', { retryable: true });
    },
  };
}

type AuthorizedSend = Pick<Exchange, 'transport' | 'request' | 'auth' | 'signal' | 'onHead'>;

/** Sends; after a 401 with another credential, once. */
export async function sendAuthorized({ transport, request, auth, signal, onHead }: AuthorizedSend): Promise<HttpResponse> {
  const authorized = await auth.apply(request, { signal });
  const response = await transport.send(authorized, { signal });
  onHead?.(response.status, response.fields);
  if (response.status !== 401 || auth.renew === undefined) return response;
  // The body of the refusal is kept until it is known whether there is another credential.
  const renewed = await auth.renew({ signal, rejected: authorized }).catch((error: unknown) => {
    response.body.cancel();
    throw error;
  });
  if (!renewed) return response;
  response.body.cancel();
  const second = await transport.send(await auth.apply(request, { signal }), { signal });
  onHead?.(second.status, second.fields);
  return second;
}

function sourceOf(exchange: Exchange): { url: string; nowMs: number } {
  return { url: exchange.request.url, nowMs: (exchange.now ?? Date.now)() };
}

/** Ends a body that stays open in silence although the answer is there (`ProtocolDecoder.isAnswered`). Comments are silence. */
function createSettling(arrived: Arrived): { isOver(): boolean; look(body: HttpBody): void; stop(): void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let shown = -1;
  let over = false;
  return {
    isOver: () => over,
    look(body) {
      if (arrived.shown === shown || arrived.finished || arrived.decoder.isAnswered?.() !== true) return;
      shown = arrived.shown;
      clearTimeout(timer);
      timer = setTimeout(() => {
        over = true;
        body.cancel();
      }, limits.settleTimeoutMs);
    },
    stop: () => clearTimeout(timer),
  };
}

function drain(body: HttpBody): () => void {
  const timer = setTimeout(() => body.cancel(), limits.drainTimeoutMs);
  return () => clearTimeout(timer);
}

/** The last hand on an error: who answered, with which status, under which id, what had arrived, and no secret. */
function describe(error: unknown, exchange: Exchange, arrived: Arrived): unknown {
  if (!isProviderError(error)) return error;
  const partial = arrived.parts.partial();
  const redact = exchange.redact ?? ((text: string) => text);
  const described = amendError(
    error,
    {
      provider: exchange.context.origin.provider,
      ...(error.requestId === undefined && arrived.requestId !== undefined ? { requestId: arrived.requestId } : {}),
      ...(error.status === undefined && arrived.status !== undefined ? { status: arrived.status } : {}),
      ...(partial.length === 0 ? {} : { partial }),
      ...(error.hint === undefined ? {} : { hint: redact(error.hint) }),
    },
    redact(error.message),
  );
  return sayReset(exchange.toError?.(described) ?? described, (exchange.now ?? Date.now)());
}
