/**
 * The Messages API: `POST /v1/messages`, `POST /v1/messages/count_tokens`, `GET /v1/models[/ID]`, for API keys and for OAuth
 * tokens.
 *
 * Left out: files, batches, server tools, the betas that change the shape of a stream.
 */
import type { TokenStore } from '../oauth/token-store.ts';
import type { Exchange, Route } from '../server/exchange.ts';
import { arrayOf, isObject, objectOf, stringOf, type JsonObject } from '../server/json.ts';
import { playScenario, type ModelEndpoint } from '../server/model-endpoint.ts';
import { estimateTokens } from '../server/prefix-cache.ts';
import { checkMessagesBody } from './body-rules.ts';
import { createAnthropicCache } from './cache.ts';
import { toConversation } from './conversation.ts';
import { messageEvents, wholeMessage, type MessageContext } from './events.ts';
import { anthropicFailure, invalid } from './failures.ts';
import { checkCredential, readHead, type AnthropicHead } from './head-rules.ts';
import { MODELS, readAnthropicModel, toModelInfo, type AnthropicModel } from './models.ts';
import { createSignatures } from './signatures.ts';

/** What a count is not told. */
const COUNTS_NO_ANSWER = ['max_tokens', 'stream', 'stop_sequences', 'metadata', 'service_tier', 'temperature', 'top_p', 'top_k'];
/** More than any budget of thinking that fits a model. */
const COUNT_MAX_TOKENS = 64_000;

export interface AnthropicContext {
  /** Before `/v1`: `/anthropic`. */
  readonly prefix: string;
  readonly name: string;
  readonly endpoint: ModelEndpoint;
  /** @throws {RefusedRequest} */
  checkCredential(exchange: Exchange): void;
  /** @throws {RefusedRequest} where there is no such model. */
  readModel(id: string): AnthropicModel;
}

export function anthropicContext(endpoint: ModelEndpoint, apiKey: string, store: TokenStore): AnthropicContext {
  return {
    prefix: '/anthropic',
    name: 'anthropic',
    endpoint,
    checkCredential: (exchange) => checkCredential(exchange, apiKey, store),
    readModel: readAnthropicModel,
  };
}

export function anthropicRoutes(context: AnthropicContext): Route[] {
  const { prefix, name } = context;
  const signatures = createSignatures();
  const cache = createAnthropicCache();
  const enter = (exchange: Exchange): AnthropicHead => {
    context.checkCredential(exchange);
    return readHead(exchange);
  };

  const createMessage = async (exchange: Exchange): Promise<void> => {
    const head = enter(exchange);
    const { body, model, thinks, display, remarks } = checkMessagesBody(
      exchange.body, exchange.bodyText, head, signatures, context.readModel,
    );
    exchange.journal.remarks.push(...remarks, ...cacheRemarks(body));
    if (estimateTokens(exchange.bodyText) > model.contextTokens) {
      return exchange.answer(anthropicFailure('context-overflow', undefined));
    }
    const conversation = toConversation(body, stringOf(objectOf(body['metadata'])['user_id']));
    // Only what is answered fills the cache.
    let message: MessageContext | undefined;
    const open = (): MessageContext => (message ??= {
      model: model.id,
      usage: cache.use(body, model),
      thinks,
      display,
      sign: (text, before) => signatures.sign(text, model, body, before),
    });
    const wire = {
      events: (reply: Parameters<typeof messageEvents>[0]) => messageEvents(reply, open()),
      whole: (reply: Parameters<typeof wholeMessage>[0]) => wholeMessage(reply, open()),
      failure: anthropicFailure,
      headers: () => rateLimitHeaders(),
    };
    await playScenario(context.endpoint, exchange, conversation, wire, body['stream'] === true);
  };

  return [
    { name: `${name}.messages`, method: 'POST', path: `${prefix}/v1/messages`, run: createMessage },
    {
      name: `${name}.count-tokens`,
      method: 'POST',
      path: `${prefix}/v1/messages/count_tokens`,
      run: (exchange) => {
        const head = enter(exchange);
        const given = objectOf(exchange.body);
        const answer = COUNTS_NO_ANSWER.find((member) => given[member] !== undefined);
        if (answer !== undefined) throw invalid(`${answer}: Extra inputs are not permitted`);
        checkMessagesBody({ ...given, max_tokens: COUNT_MAX_TOKENS }, exchange.bodyText, head, signatures, context.readModel);
        exchange.answer({ status: 200, body: { input_tokens: estimateTokens(exchange.bodyText) } });
      },
    },
    {
      name: `${name}.models`,
      method: 'GET',
      path: new RegExp(`^${prefix}/v1/models(/[^/]+)?$`),
      run: (exchange) => {
        enter(exchange);
        const id = /\/v1\/models\/(.+)$/.exec(exchange.path)?.[1];
        const body =
          id === undefined ? { data: MODELS.map(toModelInfo), has_more: false, first_id: MODELS[0]?.id, last_id: MODELS.at(-1)?.id } : toModelInfo(context.readModel(id));
        exchange.answer({
          status: 200,
          headers: { 'content-type': 'application/json', 'request-id': 'req_simulated' },
          body: JSON.stringify(body),
        });
      },
    },
  ];
}

function cacheRemarks(body: JsonObject): string[] {
  const last = arrayOf(body['messages']).filter(isObject).at(-1);
  return body['cache_control'] === undefined && !JSON.stringify(last ?? '').includes('"cache_control"') ? ['no cache_control in the last message: nothing of the history is cached'] : [];
}

function rateLimitHeaders(): Record<string, string> {
  const reset = new Date(Date.now() + 60_000).toISOString();
  return {
    'request-id': `req_${Math.random().toString(36).slice(2)}`,
    'anthropic-organization-id': 'org-simulated',
    'anthropic-ratelimit-requests-limit': '50',
    'anthropic-ratelimit-requests-remaining': '49',
    'anthropic-ratelimit-requests-reset': reset,
    'anthropic-ratelimit-tokens-limit': '400000',
    'anthropic-ratelimit-tokens-remaining': '399000',
    'anthropic-ratelimit-tokens-reset': reset,
  };
}
