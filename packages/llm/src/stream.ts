/**
 * One request, one response: authorize, send, look at the head, decode, yield. No vendor is named here.
 *
 * In: an exchange whose body is encoded already. Out: stream events up to exactly one `finish`, or a `ProviderError` that
 * holds what had arrived. Pulling drives the socket: leaving the loop closes the connection. After `finish` the rest of the
 * body, which is only its framing, is read for `drainTimeoutMs` at most, so that the connection can be used again.
 *
 * Left out: repeating (retry.ts), another form of the request (define-provider.ts).
 */
import {
  createSseDecoder, decode, type Fields, type HttpBody, type HttpRequest, type HttpResponse, pipe, type Transport,
} from '@sx/net';

import { createAccumulator } from './accumulate.ts';
import { limits } from './limits.ts';
import type { AssistantPart } from './message.ts';
import type { Auth, Protocol, ProtocolContext } from './protocol.ts';
import { amendError, isProviderError, ProviderError } from './provider-error.ts';
import { isEventStream, requestIdOf, toResponseError } from './response-error.ts';
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
}

/** @throws {ProviderError} any code; `partial` holds what had arrived. */
export async function* streamModel(exchange: Exchange): AsyncGenerator<StreamEvent, void, void> {
  const { protocol, context } = exchange;
  const received = createAccumulator(context.origin, limits.partialCharsMax);
  let requestId: string | undefined;
  let finished = false;
  let stopDraining = (): void => undefined;
  try {
    const response = await sendAuthorized(exchange);
    requestId = requestIdOf(response.fields);
    if (!isEventStream(response)) throw await toResponseError(response, protocol, context, sourceOf(exchange));
    let headEvents = protocol.headEvents?.(response.fields, context) ?? [];
    for await (const event of decode(response.body, pipe(createSseDecoder(), protocol.createDecoder(context)))) {
      // With the first event, not before: until then the request may still be repeated unseen.
      // Delegating costs three turns of the microtask queue even where there is nothing to hand on.
      if (headEvents.length > 0) yield* headEvents;
      headEvents = [];
      received.push(event);
      yield event.type === 'response-start' && requestId !== undefined ? { ...event, requestId } : event;
      if (event.type !== 'finish') continue;
      finished = true;
      stopDraining = drain(response.body);
    }
    if (finished) return;
    throw new ProviderError('PROVIDER_TRUNCATED_STREAM', 'the stream ended without its end sign', { retryable: true });
  } catch (error) {
    if (finished) return;
    throw describe(toProviderError(error), exchange, requestId, received.partial());
  } finally {
    stopDraining();
  }
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

function drain(body: HttpBody): () => void {
  const timer = setTimeout(() => body.cancel(), limits.drainTimeoutMs);
  return () => clearTimeout(timer);
}

/** The last hand on an error: who answered, under which id, what had arrived, and no secret. */
function describe(
  error: unknown,
  exchange: Exchange,
  requestId: string | undefined,
  partial: readonly AssistantPart[],
): unknown {
  if (!isProviderError(error)) return error;
  const redact = exchange.redact ?? ((text: string) => text);
  return amendError(
    error,
    {
      provider: exchange.context.origin.provider,
      ...(error.requestId === undefined && requestId !== undefined ? { requestId } : {}),
      ...(partial.length === 0 ? {} : { partial }),
      ...(error.hint === undefined ? {} : { hint: redact(error.hint) }),
    },
    redact(error.message),
  );
}
