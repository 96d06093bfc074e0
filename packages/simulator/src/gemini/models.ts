/** The models of the Gemini API and how each is told to think. */
import { geminiRefusal } from './failures.ts';

export interface GeminiModel {
  readonly id: string;
  readonly generation: 2 | 3 | 4;
  /** Empty: the model takes a budget. */
  readonly levels: readonly string[];
  /** Least and greatest budget; `off` where 0 is allowed. */
  readonly budget?: { readonly min: number; readonly max: number; readonly off: boolean };
  readonly explicitCaching: boolean;
  readonly inputTokensMax: number;
  readonly outputTokensMax: number;
  /** Least tokens of an implicit cache hit. */
  readonly cacheTokensMin: number;
}

const UP = ['LOW', 'MEDIUM', 'HIGH'];
const third = {
  generation: 3,
  levels: ['MINIMAL', ...UP],
  explicitCaching: true,
  inputTokensMax: 1_048_576,
  outputTokensMax: 65_536,
  cacheTokensMin: 1024,
} as const;
const fourth = { ...third, generation: 4, levels: UP, explicitCaching: false, cacheTokensMin: 6144 } as const;
const second = { ...third, generation: 2, levels: [] } as const;

export const MODELS: readonly GeminiModel[] = [
  { ...fourth, id: 'gemini-4-argon' },
  { ...fourth, id: 'gemini-4-neon' },
  { ...third, id: 'gemini-3.8-flash' },
  { ...third, id: 'gemini-3.5-flash' },
  { ...third, id: 'gemini-3.5-flash-lite' },
  { ...third, id: 'gemini-3.1-pro-preview', levels: UP },
  { ...second, id: 'gemini-2.5-pro', budget: { min: 128, max: 32_768, off: false } },
  { ...second, id: 'gemini-2.5-flash', budget: { min: 1, max: 24_576, off: true } },
];

export function readGeminiModel(id: string): GeminiModel {
  const model = MODELS.find((candidate) => candidate.id === id);
  if (model === undefined) {
    throw geminiRefusal(
      'NOT_FOUND',
      `models/${id} is not found for API version v1beta, or is not supported for generateContent. Call ListModels to see the list of available models.`,
    );
  }
  return model;
}

export const toModelInfo = (model: GeminiModel): object => ({
  name: `models/${model.id}`,
  version: '001',
  displayName: model.id.replaceAll('-', ' '),
  inputTokenLimit: model.inputTokensMax,
  outputTokenLimit: model.outputTokensMax,
  supportedGenerationMethods: ['generateContent', 'countTokens', ...(model.explicitCaching ? ['createCachedContent'] : [])],
  thinking: true,
});
