/**
 * The public API at `/openai/v1` (`chat/completions`, `responses`, `models`), and compatible servers at `/compat/VENDOR/v1`
 * (`chat/completions`, `models`).
 */
import { createChatHandler } from '../openai-chat/chat-handler.ts';
import { vendors, type ChatVendor } from '../openai-chat/vendors.ts';
import type { Exchange, Route } from '../server/exchange.ts';
import type { ModelEndpoint } from '../server/model-endpoint.ts';
import { checkBearer } from './failures.ts';
import { anyModel, modelList, MODELS, readOpenaiModel } from './models.ts';
import { createInputTokensHandler, createResponsesHandler } from './responses-handler.ts';

export interface OpenaiContext {
  readonly endpoint: ModelEndpoint;
  readonly apiKey: string;
}

const sameName = (id: string): string => id;

export function openaiRoutes({ endpoint, apiKey }: OpenaiContext): Route[] {
  const checkCredential = (exchange: Exchange): void => checkBearer(exchange, apiKey);
  const common = { endpoint, checkCredential, readModel: readOpenaiModel, servedModel: sameName };
  const { openai, ...compatible } = vendors;
  if (openai === undefined) throw new TypeError('no row for openai');
  return [
    {
      name: 'openai.chat',
      method: 'POST',
      path: '/openai/v1/chat/completions',
      run: createChatHandler({ ...common, vendor: openai }),
    },
    { name: 'openai.responses', method: 'POST', path: '/openai/v1/responses', run: createResponsesHandler(common) },
    { name: 'openai.input-tokens', method: 'POST', path: '/openai/v1/responses/input_tokens', run: createInputTokensHandler(common) },
    {
      name: 'openai.models',
      method: 'GET',
      path: '/openai/v1/models',
      run: (exchange) => listModels(exchange, checkCredential, MODELS.map(({ id }) => id)),
    },
    ...Object.entries(compatible).flatMap(([name, vendor]) => compatibleRoutes(name, vendor, endpoint, apiKey)),
  ];
}

function compatibleRoutes(name: string, vendor: ChatVendor, endpoint: ModelEndpoint, apiKey: string): Route[] {
  const checkCredential = (exchange: Exchange): void => (vendor.key === 'required' ? checkBearer(exchange, apiKey) : undefined);
  const base = `/compat/${name}/v1`;
  return [
    {
      name: `${name}.chat`,
      method: 'POST',
      path: `${base}/chat/completions`,
      run: createChatHandler({ endpoint, vendor, checkCredential, readModel: anyModel, servedModel: sameName }),
    },
    {
      name: `${name}.models`,
      method: 'GET',
      path: `${base}/models`,
      run: (exchange) => listModels(
        exchange,
        checkCredential,
        [`${name}-large`, `${name}-small`],
        name === 'vllm' ? { max_model_len: 131_072 } : {},
      ),
    },
  ];
}

function listModels(
  exchange: Exchange,
  checkCredential: (exchange: Exchange) => void,
  ids: readonly string[],
  more: object = {},
): void {
  checkCredential(exchange);
  exchange.answer({ status: 200, headers: { 'content-type': 'application/json' }, body: modelList(ids, more) });
}
