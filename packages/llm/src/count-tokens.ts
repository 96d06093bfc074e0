/**
 * How many tokens a request has before it is sent: what the vendor counts, where it has an endpoint for that, else an estimate.
 *
 * For embedders that fill a window on purpose, or show how full it is before the first answer; after it, `usage` tells. The body
 * is the one that would be sent, so that tools, prompt and replayed thoughts count as they will.
 */
import type { Fields, Transport } from '@sx/net';

import { callJson } from './call-json.ts';
import type { JsonObject, JsonValue } from './json.ts';
import type { AssistantPart, UserPart } from './message.ts';
import type { Auth, Protocol, ProtocolContext } from './protocol.ts';
import { isProviderError, type ProviderError } from './provider-error.ts';
import type { ModelRequest } from './request.ts';

export interface TokenCount {
  readonly inputTokens: number;
  /** `estimate`: the vendor counts nothing, or its server knows no such path. */
  readonly source: 'endpoint' | 'estimate';
}

export interface TokenCountEndpoint {
  /** Below the base URL. */
  readonly path: string | ((model: string) => string);
  /** From the body of the request to that of the count. */
  readonly toBody: (body: JsonObject, model: string) => JsonObject;
  /** Undefined where the answer has no figure. */
  readonly parse: (answer: JsonValue) => number | undefined;
}

export interface CountTokens {
  readonly transport: Transport;
  readonly auth: Auth;
  readonly protocol: Protocol;
  readonly context: ProtocolContext;
  readonly url: string;
  readonly fields: Fields;
  readonly body: JsonObject;
  readonly parse: TokenCountEndpoint['parse'];
  readonly signal?: AbortSignal | undefined;
  readonly redact?: ((text: string) => string) | undefined;
  readonly now?: (() => number) | undefined;
}

/** Undefined where the server cannot count. @throws {ProviderError} for every other failure. */
export async function countByEndpoint({ url, fields, body, parse, ...call }: CountTokens): Promise<number | undefined> {
  try {
    const bytes = new TextEncoder().encode(JSON.stringify(body));
    const { value } = await callJson({ ...call, request: { method: 'POST', url, fields, body: bytes } });
    return parse(value ?? null);
  } catch (error) {
    if (isProviderError(error) && isAbsent(error)) return undefined;
    throw error;
  }
}

const ABSENT = new Set([404, 405, 501]);

/** Imitators of an API leave this part of it out. A model that is not there is another matter; the path may name it too. */
function isAbsent({ code, status, message, vendorCode = '' }: ProviderError): boolean {
  return code === 'PROVIDER_NOT_API' || (ABSENT.has(status ?? 0) && !/(?<!\/)\bmodel/i.test(`${message} ${vendorCode}`));
}

/** Prose and code in Latin script; other scripts have more tokens. */
const CHARS_PER_TOKEN = 3.5;
/** Of a picture or a document, which are not counted by their characters. */
const MEDIA_TOKENS = 1_600;

export function estimateTokens({ system, tools, messages }: ModelRequest): number {
  let chars = system.length + (tools.length === 0 ? 0 : JSON.stringify(tools).length);
  let media = 0;
  const parts = messages.flatMap((message): readonly (AssistantPart | UserPart)[] =>
    message.role === 'tool' ? message.content.flatMap(({ content }) => content) : message.content,
  );
  for (const part of parts) {
    if (part.type === 'media') media += 1;
    else chars += part.type === 'tool-call' ? part.name.length + part.inputText.length : part.text.length;
  }
  return Math.ceil(chars / CHARS_PER_TOKEN) + media * MEDIA_TOKENS;
}
