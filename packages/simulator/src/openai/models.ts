/** The models of the public API: `GET /v1/models` tells only their names; the rules know more. */
import { RefusedRequest } from '../server/exchange.ts';
import { apiError } from './failures.ts';

export interface OpenaiModel {
  readonly id: string;
  /** Empty: the model does not reason. */
  readonly efforts: readonly string[];
  readonly contextTokens: number;
}

const FROM_NONE = ['none', 'low', 'medium', 'high', 'xhigh'];
export const MODELS: readonly OpenaiModel[] = [
  { id: 'gpt-6-astra', efforts: ['low', 'medium', 'high', 'xhigh', 'max'], contextTokens: 1_050_000 },
  { id: 'gpt-5.6-sol', efforts: [...FROM_NONE, 'max'], contextTokens: 1_050_000 },
  { id: 'gpt-5.6-terra', efforts: [...FROM_NONE, 'max'], contextTokens: 1_050_000 },
  { id: 'gpt-5.5', efforts: FROM_NONE, contextTokens: 272_000 },
  { id: 'gpt-5.4-mini', efforts: FROM_NONE, contextTokens: 400_000 },
  { id: 'gpt-5', efforts: ['minimal', 'low', 'medium', 'high'], contextTokens: 272_000 },
  { id: 'gpt-4.1', efforts: [], contextTokens: 1_047_576 },
];

export function readOpenaiModel(id: string): OpenaiModel {
  const model = MODELS.find((candidate) => candidate.id === id);
  if (model === undefined) {
    throw new RefusedRequest(
      apiError(
        404,
        'invalid_request_error',
        'model_not_found',
        `The model \`${id}\` does not exist or you do not have access to it.`,
      ),
    );
  }
  return model;
}

/** For servers that run what the user put there. */
export const anyModel = (id: string): OpenaiModel => MODELS.find((candidate) => candidate.id === id) ?? {
  id,
  efforts: ['none', 'minimal', ...FROM_NONE.slice(1), 'max'],
  contextTokens: 128_000,
};

export const modelList = (ids: readonly string[], more: object = {}): string => JSON.stringify({
  object: 'list',
  data: ids.map((id) => ({ id, object: 'model', created: 1_790_000_000, owned_by: 'simulator', ...more })),
});
