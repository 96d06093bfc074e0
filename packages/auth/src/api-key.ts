/** A key that never changes, in the header field its vendor wants. Nothing renews it. */
import type { SecretSink } from '@sx/net';
import { NetError } from '@sx/net/net-error';
import type { Auth } from '@sx/llm';

import { withFields } from './request-fields.ts';

export interface ApiKeyOptions {
  readonly key: string;
  /** `x-api-key` (Anthropic), `x-goog-api-key` (Gemini), `api-key` (Azure), or `authorization` for `Bearer <key>`. */
  readonly header: 'x-api-key' | 'x-goog-api-key' | 'api-key' | 'authorization';
  /** For messages: `ANTHROPIC_API_KEY`. Never the key. */
  readonly origin: string;
  readonly redactor?: SecretSink | undefined;
}

/**
 * An empty key is no fault yet: the list of models can be shown without. It is one once a request needs it.
 *
 * @throws {NetError} `NET_TOKEN_MALFORMED` for a key that no header field may carry; from `apply`, `NET_TOKEN_MISSING` for
 *   an empty one.
 */
export function apiKey({ key: given, header, origin, redactor }: ApiKeyOptions): Auth {
  const key = given.trim();
  if (key === '') return { apply: () => Promise.reject(new NetError('NET_TOKEN_MISSING', `${origin} is empty`, { where: origin })) };
  redactor?.addSecret(key);
  if (!/^[\x21-\x7e]+$/.test(key)) {
    throw new NetError('NET_TOKEN_MALFORMED', `${origin}: the key has characters that no header field may carry`, {
      where: origin,
    });
  }
  const value = header === 'authorization' ? `Bearer ${key}` : key;
  return {
    apply: (request) => Promise.resolve(withFields(request, [[header, value]])),
  };
}

/** For servers that want no credential: local ones, routers. */
export function noAuth(): Auth {
  return { apply: (request) => Promise.resolve(request) };
}
