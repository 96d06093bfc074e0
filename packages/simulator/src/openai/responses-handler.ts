/** `POST /v1/responses` for the public API and for routers that speak it. */
import { toConversation } from '../responses/conversation.ts';
import { newId, promptText, responseEvents } from '../responses/events.ts';
import { createIssuedItems } from '../responses/issued-items.ts';
import type { Exchange } from '../server/exchange.ts';
import { arrayOf, objectOf, parseJson, stringOf, type JsonObject } from '../server/json.ts';
import { playScenario, type ModelEndpoint } from '../server/model-endpoint.ts';
import { createPrefixCache, estimateTokens } from '../server/prefix-cache.ts';
import type { Reply } from '../server/reply.ts';
import { refuseMissing, refuseUnknown } from '../responses/refusals.ts';
import { openaiFailure } from './failures.ts';
import type { OpenaiModel } from './models.ts';
import { checkResponsesBody } from './responses-rules.ts';

export interface ResponsesContext {
  readonly endpoint: ModelEndpoint;
  /** @throws {RefusedRequest} */
  checkCredential(exchange: Exchange): void;
  readModel(id: string): OpenaiModel;
  /** The model that the answer names. */
  servedModel(id: string): string;
}

export function createResponsesHandler(context: ResponsesContext): (exchange: Exchange) => Promise<void> {
  const issued = createIssuedItems();
  const cache = createPrefixCache({ tokensMin: 1024, blockTokens: 128 });
  return async (exchange) => {
    context.checkCredential(exchange);
    const { body, model } = checkResponsesBody(exchange.body, issued, context.readModel);
    const prompt = promptText(body);
    if (estimateTokens(prompt) > model.contextTokens) return exchange.answer(openaiFailure('context-overflow', undefined));
    const sessionKey = stringOf(body['prompt_cache_key']);
    const events = (reply: Reply) =>
      responseEvents(reply, {
        model: context.servedModel(model.id),
        issued,
        usage: { inputTokens: estimateTokens(prompt), cachedTokens: cache.read(sessionKey, prompt) },
        echo: {
          store: false,
          reasoning: body['reasoning'] ?? null,
          text: body['text'] ?? null,
          tool_choice: body['tool_choice'] ?? 'auto',
          parallel_tool_calls: body['parallel_tool_calls'] ?? true,
        },
        repeatOutput: true,
        summaries: stringOf(objectOf(body['reasoning'])['summary']) !== '',
        encrypted: arrayOf(body['include']).includes('reasoning.encrypted_content'),
        customTools: new Set(
          arrayOf(body['tools']).flatMap((tool) => (objectOf(tool)['type'] === 'custom' ? [stringOf(objectOf(tool)['name'])] : [])),
        ),
        onComplete: () => undefined,
      });
    const wire = {
      events,
      failure: openaiFailure,
      headers: () => rateLimitHeaders(),
      whole: (reply: Reply) => lastResponse([...events(reply)].map(({ data }) => data)),
    };
    await playScenario(context.endpoint, exchange, toConversation(body, sessionKey), wire, body['stream'] === true);
  };
}

const COUNTED = [
  'model', 'input', 'instructions', 'tools', 'tool_choice', 'parallel_tool_calls', 'reasoning', 'text', 'truncation', 'conversation', 'previous_response_id',
];

/** `POST /v1/responses/input_tokens`: of the request's members only those that are about what is asked. */
export function createInputTokensHandler(context: ResponsesContext): (exchange: Exchange) => void {
  return (exchange) => {
    context.checkCredential(exchange);
    const given = objectOf(exchange.body);
    const extra = Object.keys(given).find((name) => !COUNTED.includes(name));
    if (extra !== undefined) throw refuseUnknown(extra);
    if (given['model'] === undefined) throw refuseMissing('model');
    const tokens = estimateTokens(promptText({ ...given, input: arrayOf(given['input']) }));
    exchange.answer({ status: 200, body: { object: 'response.input_tokens', input_tokens: tokens } });
  };
}

const lastResponse = (events: readonly string[]): JsonObject => objectOf(objectOf(parseJson(events.at(-1) ?? ''))['response']);

export function rateLimitHeaders(): Record<string, string> {
  return {
    'x-request-id': newId('req'),
    'openai-processing-ms': '12',
    'x-ratelimit-limit-requests': '500',
    'x-ratelimit-remaining-requests': '499',
    'x-ratelimit-reset-requests': '120ms',
    'x-ratelimit-limit-tokens': '200000',
    'x-ratelimit-remaining-tokens': '199000',
    'x-ratelimit-reset-tokens': '6m0s',
  };
}
