/** The models of the Messages API and what each refuses, as `GET /v1/models` serves them and as the rules read them. */
import { anthropicRefusal } from './failures.ts';

export interface AnthropicModel {
  readonly id: string;
  readonly contextTokens: number;
  readonly outputTokensMax: number;
  readonly thinking: readonly ('enabled' | 'adaptive' | 'disabled' | 'between_tools')[];
  /** Thinks where the request does not say. */
  readonly thinksByDefault: boolean;
  /** `disabled` is refused above this effort. */
  readonly disabledUpTo?: 'high';
  readonly efforts: readonly string[];
  readonly display: 'summarized' | 'omitted';
  /** Signatures are bound to everything before them. */
  readonly bound: boolean;
  readonly sampling: boolean;
  readonly prefill: boolean;
  /** `tool_choice` may be `any` or `tool`. */
  readonly forcedTools: boolean;
  readonly cacheTokensMin: number;
}

const TO_HIGH = ['low', 'medium', 'high'];
const TO_MAX = [...TO_HIGH, 'max'];
const ALL = [...TO_HIGH, 'xhigh', 'max'];
const old = {
  contextTokens: 200_000,
  outputTokensMax: 64_000,
  thinking: ['enabled', 'disabled'],
  thinksByDefault: false,
  efforts: [],
  display: 'summarized',
  bound: false,
  sampling: true,
  prefill: true,
  forcedTools: true,
} as const;
const v46 = {
  ...old,
  contextTokens: 1_000_000,
  outputTokensMax: 128_000,
  thinking: ['adaptive', 'enabled', 'disabled'],
  efforts: TO_MAX,
  prefill: false,
  cacheTokensMin: 1024,
} as const;
const v47 = { ...v46, thinking: ['adaptive', 'disabled'], efforts: ALL, display: 'omitted', sampling: false } as const;
const bound = {
  ...v47,
  thinking: ['adaptive'],
  thinksByDefault: true,
  bound: true,
  forcedTools: false,
  cacheTokensMin: 512,
} as const;

export const MODELS: readonly AnthropicModel[] = [
  { ...bound, id: 'claude-opus-5-5' },
  { ...bound, id: 'claude-sonnet-5-5', thinking: ['adaptive', 'between_tools'] },
  { ...bound, id: 'claude-haiku-5-5', forcedTools: true },
  { ...bound, id: 'claude-fable-5-2' },
  { ...bound, id: 'claude-fable-5-1' },
  { ...bound, id: 'claude-fable-5', bound: false, forcedTools: true },
  { ...v47, id: 'claude-opus-5', thinksByDefault: true, disabledUpTo: 'high', cacheTokensMin: 512 },
  { ...v47, id: 'claude-sonnet-5' },
  { ...v47, id: 'claude-opus-4-8' },
  { ...v47, id: 'claude-opus-4-7', cacheTokensMin: 2048 },
  { ...v46, id: 'claude-opus-4-6', cacheTokensMin: 4096 },
  { ...v46, id: 'claude-sonnet-4-6' },
  { ...old, id: 'claude-opus-4-5', cacheTokensMin: 4096 },
  { ...old, id: 'claude-sonnet-4-5', cacheTokensMin: 1024 },
  { ...old, id: 'claude-haiku-4-5', cacheTokensMin: 4096 },
  { ...old, id: 'claude-haiku-4-5-20251001', cacheTokensMin: 4096 },
];

export function readAnthropicModel(id: string): AnthropicModel {
  const model = MODELS.find((candidate) => candidate.id === id);
  if (model === undefined) throw anthropicRefusal('not_found_error', `model: ${id}`);
  return model;
}

export function toModelInfo(model: AnthropicModel): object {
  const has = (type: AnthropicModel['thinking'][number]): object => ({ supported: model.thinking.includes(type) });
  return {
    type: 'model',
    id: model.id,
    display_name: model.id.replaceAll('-', ' '),
    created_at: '2026-10-01T00:00:00Z',
    lifecycle: 'active',
    line: model.id.split('-')[1],
    max_input_tokens: model.contextTokens,
    max_tokens: model.outputTokensMax,
    capabilities: {
      thinking: {
        supported: true,
        types: {
          adaptive: has('adaptive'),
          enabled: has('enabled'),
          disabled: has('disabled'),
          between_tools: has('between_tools'),
        },
      },
      effort: {
        supported: model.efforts.length > 0,
        ...Object.fromEntries(ALL.map((effort) => [effort, { supported: model.efforts.includes(effort) }])),
      },
      image_input: { supported: true },
      pdf_input: { supported: true },
      structured_outputs: { supported: true },
    },
  };
}
