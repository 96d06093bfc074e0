/** Explicit caches at the vendor's endpoint: what `context-cache.ts` asks for, as requests. Loaded where they are wanted. */
import { callJson, type JsonCall } from '@sx/llm/call-json';
import { joinUrl } from '@sx/llm/provider-kit';

import { type CacheCall, type ContextCaches, type ContextCachesOptions, createContextCaches } from './context-cache.ts';

type Calls = Pick<JsonCall, 'transport' | 'auth' | 'protocol' | 'extraFields' | 'redact' | 'now'>;

export interface OpenContextCachesOptions extends Calls, Omit<ContextCachesOptions, 'call' | 'now'> {
  readonly baseUrl: string;
  readonly userAgent: string;
}

export function openContextCaches(options: OpenContextCachesOptions): ContextCaches {
  const { transport, auth, protocol, extraFields, redact, now, baseUrl, userAgent } = options;
  return createContextCaches({
    ...options,
    call: async ({ method, path, body, timeoutMs }: CacheCall) => {
      const type = body === undefined ? [] : ([['Content-Type', 'application/json']] as const);
      const { value } = await callJson({
        transport, auth, protocol, extraFields, redact, now, timeoutMs,
        context: { origin: { provider: 'gemini', protocol: protocol.id, model: '' }, capabilities: {} },
        request: {
          method,
          url: joinUrl(baseUrl, path),
          fields: [...type, ['Accept', 'application/json'], ['User-Agent', userAgent]],
          ...(body === undefined ? {} : { body: new TextEncoder().encode(JSON.stringify(body)) }),
        },
      });
      return value;
    },
  });
}
