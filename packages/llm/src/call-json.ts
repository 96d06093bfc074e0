/**
 * A call beside the stream: lists of models, caches, token counts. Authorized, bounded, parsed; 401 renews once.
 */
import type { Fields, HttpRequest, Transport } from '@sx/net';
import { readText } from '@sx/net/read-body';

import { withExtraFields } from './extra-fields.ts';
import { type JsonValue, parseJson } from './json.ts';
import { limits } from './limits.ts';
import type { Auth, Protocol, ProtocolContext } from './protocol.ts';
import { amendError, isProviderError, ProviderError } from './provider-error.ts';
import { excerpt, toResponseError } from './response-error.ts';
import { sayReset } from './say-reset.ts';
import { sendAuthorized } from './stream.ts';
import { toProviderError } from './transport-error.ts';

export interface JsonCall {
  readonly transport: Transport;
  readonly auth: Auth;
  readonly request: HttpRequest;
  /** As `ProviderContext.extraFields`. */
  readonly extraFields?: Fields | undefined;
  /** Reads the vendor's errors. */
  readonly protocol: Protocol;
  readonly context: ProtocolContext;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
  readonly redact?: ((text: string) => string) | undefined;
  readonly now?: (() => number) | undefined;
}

export interface JsonAnswer {
  readonly status: number;
  readonly fields: Fields;
  /** Undefined for an empty body. */
  readonly value: JsonValue | undefined;
}

/** @throws {ProviderError} for every status but 2xx, for a body that is no JSON, and for faults of the network. */
export async function callJson(call: JsonCall): Promise<JsonAnswer> {
  const timeoutMs = call.timeoutMs ?? limits.bufferedBodyTimeoutMs;
  const timeout = AbortSignal.timeout(timeoutMs);
  const signal = call.signal === undefined ? timeout : AbortSignal.any([call.signal, timeout]);
  try {
    const request = { ...call.request, fields: withExtraFields(call.request.fields ?? [], call.extraFields) };
    const response = await sendAuthorized({ ...call, request, signal });
    const { status, fields } = response;
    if (status < 200 || status > 299) {
      const source = { url: call.request.url, nowMs: (call.now ?? Date.now)() };
      throw await toResponseError(response, call.protocol, call.context, source);
    }
    const text = await readText(response.body, limits.bufferedBodyBytesMax);
    const value = parseJson(text);
    if (value === undefined && text.trim() !== '') {
      throw new ProviderError('PROVIDER_MALFORMED_RESPONSE', `expected JSON, got: ${excerpt(text)}`, { status });
    }
    return { status, fields, value };
  } catch (caught) {
    const error = toProviderError(caught);
    if (!isProviderError(error)) throw error;
    const late = error.code === 'PROVIDER_ABORTED' && call.signal?.aborted !== true;
    const message = (call.redact ?? String)(late ? `no whole answer in ${timeoutMs} ms` : error.message);
    const details = { provider: call.context.origin.provider };
    if (late) throw new ProviderError('PROVIDER_TRANSPORT', message, { ...details, retryable: true, cause: error.cause });
    throw sayReset(amendError(error, details, message), (call.now ?? Date.now)());
  }
}
