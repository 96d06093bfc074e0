/**
 * A provider from its orthogonal parts: a protocol, an endpoint, an auth, what its models can, and a few named quirks.
 *
 * `defineProvider(definition)` gives the factory; the factory takes what the program has (transport, user agent, clock,
 * redactor) and gives the provider. Its `stream` is `streamModel` inside `withRetry`, with one repair of the request where
 * the definition knows one. Its `prepare` builds the request without sending it, for tests and dry runs. What only some requests
 * want (the limits of media, the list of models) is loaded with the first of them.
 *
 * A new provider should need no change here. If one does, the contract is wrong.
 */
import type { Fields, HttpRequest } from '@sx/net';

import { joinUrl } from './base-url.ts';
import type { TokenCount, TokenCountEndpoint } from './count-tokens.ts';
import { clampEffort } from './effort.ts';
import type { JsonObject } from './json.ts';
import { withExtraFields } from './extra-fields.ts';
import type { ModelsEndpoint } from './list-models.ts';
import { handOver, type OnRest } from './hand-over.ts';
import type { FittedMedia, MediaLimits } from './media-limits.ts';
import type { Message, Origin } from './message.ts';
import type { Auth, ModelCapabilities, Protocol, ProtocolContext } from './protocol.ts';
import type { ModelInfo, Provider, ProviderContext, StreamOptions } from './provider.ts';
import { isProviderError, type ProviderError } from './provider-error.ts';
import type { ModelRequest } from './request.ts';
import { defaultRetryPolicy, withRetry } from './retry.ts';
import { sanitizeJson } from './sanitize.ts';
import type { StreamEvent } from './stream-event.ts';
import { type Exchange, streamModel } from './stream.ts';

export interface ProviderDefinition {
  /** As in `PROVIDER=`. */
  readonly id: string;
  /** One protocol, or one for each model. */
  readonly protocol: Protocol | ((model: string) => Protocol);
  readonly endpoint: {
    /** Without a trailing slash that matters: `https://api.example.com/v1`. */
    readonly baseUrl: string;
    /** `/responses`; a function where the model stands in the path. */
    readonly path: string | ((model: string) => string);
  };
  readonly auth: Auth;
  /** What is known of a model; `{}` where nothing is, and then everything passes. */
  readonly capabilities: (model: string) => ModelCapabilities;
  /** `sonnet` → wire id. Names that are not here pass through. */
  readonly aliases?: Readonly<Record<string, string>>;
  readonly models?: {
    /** Absent where the vendor lists none. */
    readonly endpoint?: ModelsEndpoint;
    /** Embedded: the answer where the endpoint gives none. */
    readonly table: readonly ModelInfo[];
  };
  /** Where the vendor counts the tokens of a request without answering it. Absent: it does not. */
  readonly tokenCount?: TokenCountEndpoint;
  /** Fields of the request beside content, user agent and credential: vendor's versions, betas, session ids. */
  readonly fields?: (request: ModelRequest, context: ProtocolContext) => Fields;
  /** The base URL says who answers (routers, compatible servers): it becomes part of each message's origin. */
  readonly originByBaseUrl?: boolean;
  readonly quirks?: ProviderQuirks;
}

export interface ProviderQuirks {
  /** The last word on the body. Pure. */
  body?(body: JsonObject, request: ModelRequest, context: ProtocolContext): JsonObject;
  /** As `body`, but may wait: a cache that must exist before it is named. Not part of `prepare`. */
  beforeSend?(body: JsonObject, request: ModelRequest, context: ProtocolContext, options: StreamOptions): Promise<JsonObject>;
  /** Sees the head of every response: sticky routing, versions of catalogues. */
  onHead?(status: number, fields: Fields, request: ModelRequest): void;
  /** Says better what an error means at this vendor: a gate, a key that would help. */
  toError?(error: ProviderError, request: ModelRequest): ProviderError;
  /**
   * Another form of a request that was refused before anything was shown; tried once, at once, without counting as a
   * repeat. Undefined: there is none.
   */
  repair?(error: ProviderError, attempt: PreparedAttempt): RepairedAttempt | undefined;
}

export interface PreparedAttempt {
  readonly request: ModelRequest;
  readonly capabilities: ModelCapabilities;
  readonly body: JsonObject;
}

/** Changed capabilities or request make a new body; `body` changes the finished one. */
export interface RepairedAttempt {
  readonly request?: ModelRequest;
  readonly capabilities?: ModelCapabilities;
  readonly body?: (body: JsonObject) => JsonObject;
  /** What the user hears of it. */
  readonly warnings?: readonly string[];
}

export interface DefinedProvider extends Provider {
  countTokens(request: ModelRequest, options?: StreamOptions): Promise<TokenCount>;
  /** The request as it would be sent, without credential. `fields` may differ between calls (sticky routing). */
  prepare(request: ModelRequest): Promise<PreparedRequest>;
}

export interface PreparedRequest {
  readonly http: HttpRequest;
  readonly body: JsonObject;
  readonly origin: Origin;
  /** What was left out or changed, a line for each. */
  readonly warnings: readonly string[];
}

export function defineProvider(definition: ProviderDefinition): (context: ProviderContext) => DefinedProvider {
  const quirks = definition.quirks ?? {};
  const protocolOf = (model: string): Protocol =>
    typeof definition.protocol === 'function' ? definition.protocol(model) : definition.protocol;

  return (context) => {
    const redact = context.redact;
    const toContext = (model: string, capabilities = definition.capabilities(model)): ProtocolContext => ({
      origin: {
        provider: definition.id,
        protocol: protocolOf(model).id,
        model,
        ...(definition.originByBaseUrl === true ? { baseUrl: joinUrl(definition.endpoint.baseUrl, '') } : {}),
      },
      capabilities,
    });
    const toUrl = (path: string | ((model: string) => string), model: string): string =>
      joinUrl(definition.endpoint.baseUrl, typeof path === 'function' ? path(model) : path);
    const toFields = (accept: string, request: ModelRequest, protocolContext: ProtocolContext): Fields =>
      withExtraFields([
        ['Content-Type', 'application/json'],
        ['Accept', accept],
        ['User-Agent', context.userAgent],
        ...(definition.fields?.(request, protocolContext) ?? []),
      ], context.extraFields);
    const toHttp = (body: JsonObject, request: ModelRequest, protocolContext: ProtocolContext): HttpRequest => ({
      method: 'POST',
      url: toUrl(definition.endpoint.path, request.model),
      fields: toFields('text/event-stream', request, protocolContext),
      body: encoder.encode(JSON.stringify(body)),
    });
    const build = async (given: ModelRequest, repaired: RepairedAttempt = {}) => {
      const protocol = protocolOf(given.model);
      const protocolContext = toContext(given.model, repaired.capabilities);
      const { capabilities } = protocolContext;
      const { request: fitted, warnings } = fitEffort(repaired.request ?? given, capabilities);
      const media = await fitMediaOf(fitted.messages, capabilities, { ...protocol.media, ...capabilities.media });
      const request = { ...fitted, messages: media.messages };
      warnings.push(...media.warnings);
      const plain = sanitizeJson(protocol.toBody(request, protocolContext));
      const bodied = repaired.body?.(plain) ?? plain;
      const body = quirks.body?.(bodied, request, protocolContext) ?? bodied;
      warnings.push(...(protocol.warnings?.(request, protocolContext) ?? []), ...(repaired.warnings ?? []));
      return { protocol, protocolContext, request, body, warnings };
    };

    /** Up to the first event, which goes to `onRest` with the stream. */
    async function* open(
      given: ModelRequest,
      options: StreamOptions,
      onRest: OnRest<StreamEvent>,
      repaired?: RepairedAttempt,
    ): AsyncGenerator<StreamEvent, void, void> {
      const { protocol, protocolContext, request, body, warnings } = await build(given, repaired);
      const sent = (await quirks.beforeSend?.(body, request, protocolContext, options)) ?? body;
      const exchange: Exchange = {
        transport: context.transport,
        protocol,
        context: protocolContext,
        request: toHttp(sent, request, protocolContext),
        auth: definition.auth,
        signal: options.signal,
        onHead: (status, fields) => quirks.onHead?.(status, fields, request),
        toError: (error) => quirks.toError?.(error, request) ?? error,
        redact,
        now: context.now,
      };
      const rest = streamModel(exchange)[Symbol.asyncIterator]();
      let first: IteratorResult<StreamEvent>;
      try {
        first = await rest.next();
      } catch (error) {
        if (!isProviderError(error) || repaired !== undefined) throw error;
        const repair = quirks.repair?.(error, { request, capabilities: protocolContext.capabilities, body: sent });
        if (repair === undefined) throw error;
        return yield* open(given, options, onRest, repair);
      }
      const warned = warnings.map((message): StreamEvent => ({ type: 'warning', message }));
      onRest(rest, first.done === true ? warned : [...warned, first.value]);
    }
    const attempt = (given: ModelRequest, options: StreamOptions): AsyncIterable<StreamEvent> =>
      handOver((onRest) => open(given, options, onRest));

    return {
      id: definition.id,
      resolveModel: (name) => (Object.hasOwn(definition.aliases ?? {}, name) ? definition.aliases?.[name] : undefined) ?? name,
      capabilities: (model) => definition.capabilities(model),
      originOf: (model) => toContext(model).origin,
      async prepare(given) {
        const { protocolContext, request, body, warnings } = await build(given);
        return { http: toHttp(body, request, protocolContext), body, origin: protocolContext.origin, warnings };
      },
      stream: (request, options = {}) =>
        withRetry(() => attempt(request, options), {
          clock: { now: context.now ?? Date.now, ...context.retry },
          policy: { ...defaultRetryPolicy, ...context.retry?.policy },
          signal: options.signal,
        }),
      async countTokens(given, options = {}) {
        // Few programs count, and none of them while it starts.
        const { countByEndpoint, estimateTokens } = await import('./count-tokens.ts');
        const endpoint = definition.tokenCount;
        const { protocol, protocolContext, request, body } = await build(given);
        const counted = endpoint === undefined ? undefined : await countByEndpoint({
          transport: context.transport,
          auth: definition.auth,
          protocol,
          context: protocolContext,
          url: toUrl(endpoint.path, request.model),
          fields: toFields('application/json', request, protocolContext),
          body: endpoint.toBody(body, request.model),
          parse: endpoint.parse,
          signal: options.signal,
          redact,
          now: context.now,
        });
        if (counted === undefined) return { inputTokens: estimateTokens(request), source: 'estimate' };
        return { inputTokens: counted, source: 'endpoint' };
      },
      async models(options = {}) {
        const { listModels } = await import('./list-models.ts');
        return listModels({
          endpoint: definition.models?.endpoint,
          table: definition.models?.table ?? [],
          baseUrl: definition.endpoint.baseUrl,
          userAgent: context.userAgent,
          extraFields: context.extraFields,
          transport: context.transport,
          auth: definition.auth,
          protocol: protocolOf(''),
          context: toContext(''),
          signal: options.signal,
          onFallback: options.onFallback,
          redact,
          now: context.now,
        });
      },
    };
  };
}

const encoder = new TextEncoder();

/** Most conversations hold no image and no document. */
async function fitMediaOf(
  messages: readonly Message[],
  capabilities: ModelCapabilities,
  limits: MediaLimits,
): Promise<FittedMedia> {
  if (!messages.some(holdsMedia)) return { messages, warnings: [] };
  const { fitMedia } = await import('./media-limits.ts');
  return fitMedia(messages, capabilities, limits);
}

function holdsMedia(message: Message): boolean {
  switch (message.role) {
    case 'assistant':
      return false;
    case 'user':
      return message.content.some(({ type }) => type === 'media');
    case 'tool':
      return message.content.some(({ content }) => content.some(({ type }) => type === 'media'));
    default:
      return message satisfies never;
  }
}

/** An effort that the model does not take becomes the nearest that it takes, and the user hears of it. */
function fitEffort(request: ModelRequest, capabilities: ModelCapabilities): { request: ModelRequest; warnings: string[] } {
  if (request.effort === undefined) return { request, warnings: [] };
  const effort = clampEffort(request.effort, capabilities.efforts);
  if (effort === request.effort) return { request, warnings: [] };
  const { effort: asked, ...rest } = request;
  const instead = effort === undefined ? 'none is sent' : `${effort} is sent`;
  return {
    request: effort === undefined ? rest : { ...rest, effort },
    warnings: [`effort ${asked} is not offered by ${request.model}: ${instead}`],
  };
}
