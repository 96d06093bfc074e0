/**
 * A router at `/router/v1`: `chat/completions`, `responses`, `messages` and `models`, as LiteLLM, OpenRouter and their kind
 * offer them.
 *
 * Without a key it refuses any auth header, an empty bearer above all, as several real ones do. It keeps the line alive with
 * comments, names another model than the one asked for, and reports errors inside a 200 stream (scenario `failed`).
 */
import { invalid } from '../anthropic/failures.ts';
import { MODELS, type AnthropicModel } from '../anthropic/models.ts';
import { anthropicRoutes } from '../anthropic/routes.ts';
import { anyModel, modelList } from '../openai/models.ts';
import { createResponsesHandler } from '../openai/responses-handler.ts';
import { createChatHandler } from '../openai-chat/chat-handler.ts';
import { vendors } from '../openai-chat/vendors.ts';
import { RefusedRequest, type Exchange, type Route } from '../server/exchange.ts';
import type { ModelEndpoint } from '../server/model-endpoint.ts';

const COMMENT = 'OPENROUTER PROCESSING';

export interface RouterContext {
  readonly endpoint: ModelEndpoint;
  /** Undefined: the router has no key. */
  readonly key: string | undefined;
}

export function routerRoutes(context: RouterContext): Route[] {
  const endpoint: ModelEndpoint = { ...context.endpoint, delivery: { comment: COMMENT, ...context.endpoint.delivery } };
  const checkCredential = (exchange: Exchange): void => checkRouterKey(exchange, context.key);
  const { openrouter } = vendors;
  if (openrouter === undefined) throw new TypeError('no row for openrouter');
  const vendor = { ...openrouter, toolsWithHistory: true };
  const common = { endpoint, checkCredential, readModel: anyModel, servedModel: (id: string) => `upstream/${id}` };
  const messages = anthropicRoutes({ prefix: '/router', name: 'router', endpoint, checkCredential, readModel: readAnyModel });
  return [
    { name: 'router.chat', method: 'POST', path: '/router/v1/chat/completions', run: createChatHandler({ ...common, vendor }) },
    { name: 'router.responses', method: 'POST', path: '/router/v1/responses', run: createResponsesHandler(common) },
    {
      name: 'router.models',
      method: 'GET',
      path: '/router/v1/models',
      run: (exchange) => {
        checkCredential(exchange);
        const more = {
          context_length: 200_000,
          supported_parameters: ['tools', 'reasoning'],
          architecture: { input_modalities: ['text', 'image'] },
          pricing: { prompt: '0.000002', completion: '0.00001' },
        };
        exchange.answer({
          status: 200,
          headers: { 'content-type': 'application/json' },
          body: modelList(['vendor/large', 'vendor/small'], more),
        });
      },
    },
    ...messages.filter(({ method }) => method === 'POST'),
  ];
}

function checkRouterKey({ headers }: Exchange, key: string | undefined): void {
  const sent = headers['authorization'] ?? (headers['x-api-key'] === undefined ? undefined : `Bearer ${headers['x-api-key']}`);
  if (sent === (key === undefined ? undefined : `Bearer ${key}`)) return;
  throw new RefusedRequest({
    status: 401,
    body: {
      error: {
        code: 401,
        message: key === undefined ? 'No key is configured here: send no auth header.' : 'No auth credentials found',
      },
    },
  });
}

/** Routers know models by other names; what they cannot place gets the widest rules. */
function readAnyModel(id: string): AnthropicModel {
  const name = id.replace(/^.*\//, '');
  const model =
    MODELS.find((candidate) => candidate.id === name) ?? MODELS.find((candidate) => candidate.id === 'claude-sonnet-4-6');
  if (model === undefined) throw invalid(`model: ${id}`);
  return { ...model, id };
}
