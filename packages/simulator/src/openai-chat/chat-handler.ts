/** `POST /chat/completions`, for the public API, for compatible servers and for routers. */
import type { Exchange } from '../server/exchange.ts';
import { objectOf } from '../server/json.ts';
import { playScenario, type ModelEndpoint } from '../server/model-endpoint.ts';
import { createPrefixCache, estimateTokens } from '../server/prefix-cache.ts';
import type { Reply } from '../server/reply.ts';
import { openaiFailure } from '../openai/failures.ts';
import type { OpenaiModel } from '../openai/models.ts';
import { rateLimitHeaders } from '../openai/responses-handler.ts';
import { checkChatBody } from './body-rules.ts';
import { toConversation } from './conversation.ts';
import { chatEvents, wholeChat, type ChatContext } from './events.ts';
import type { IssuedReasoning } from './message-rules.ts';
import type { ChatVendor } from './vendors.ts';

export interface ChatHandlerContext {
  readonly endpoint: ModelEndpoint;
  readonly vendor: ChatVendor;
  /** @throws {RefusedRequest} */
  checkCredential(exchange: Exchange): void;
  readModel(id: string): OpenaiModel;
  /** The model that the answer names. */
  servedModel(id: string): string;
}

export function createChatHandler(context: ChatHandlerContext): (exchange: Exchange) => Promise<void> {
  const { vendor } = context;
  const issued: IssuedReasoning = { details: new Set(), texts: new Set() };
  const cache = createPrefixCache({ tokensMin: 1024, blockTokens: 128 });
  const endpoint = vendor.comment === undefined ? context.endpoint : {
    ...context.endpoint,
    delivery: { comment: vendor.comment, ...context.endpoint.delivery },
  };
  return async (exchange) => {
    context.checkCredential(exchange);
    const { body, model } = checkChatBody(exchange.body, vendor, issued, context.readModel);
    const prompt = JSON.stringify([body['model'], body['tools'], body['messages']]);
    if (estimateTokens(prompt) > model.contextTokens) return exchange.answer(openaiFailure('context-overflow', undefined));
    const conversation = toConversation(body);
    const chat = (): ChatContext => ({
      model: context.servedModel(model.id),
      vendor,
      issued,
      usage: { promptTokens: estimateTokens(prompt), cachedTokens: cache.read(conversation.sessionKey, prompt) },
      includeUsage: objectOf(body['stream_options'])['include_usage'] === true,
      reasons: model.efforts.length > 0 && body['reasoning_effort'] !== 'none',
    });
    const wire = {
      events: (reply: Reply) => chatEvents(reply, chat()),
      whole: (reply: Reply) => wholeChat(reply, chat()),
      failure: openaiFailure,
      headers: rateLimitHeaders,
    };
    await playScenario(endpoint, exchange, conversation, wire, body['stream'] === true);
  };
}
