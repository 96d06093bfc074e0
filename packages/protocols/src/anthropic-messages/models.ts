/**
 * Claude's models: the embedded table. Two packages serve them, so they stand here.
 *
 * Every figure may go stale: the endpoint is the authority, the table is for when it was not asked. What it does not list
 * (`forcedTools`) comes from the table. `efforts` holds the vendor's words, and `none` where thinking can be turned off; models
 * that take a budget have the efforts that it is made of.
 */
import {
  type JsonValue, type ModelCapabilities, type ModelInfo, objectOr, type ProviderDefinition, stringOr,
} from '@sx/llm/provider-kit';
import type { Fields } from '@sx/net';

export const EFFORTS = ['low', 'medium', 'high', 'xhigh', 'max'];

interface Family {
  readonly window: number;
  readonly output: number;
  readonly types: readonly string[];
  readonly efforts: readonly string[];
  readonly defaultEffort?: string;
  readonly forcedTools?: false;
}

/** Of models whose efforts are made of a budget. */
export const TO_HIGH = ['low', 'medium', 'high'];
const budget: Family = { window: 200_000, output: 64_000, types: ['disabled', 'enabled'], efforts: TO_HIGH };
const v46: Family = {
  window: 1_000_000,
  output: 128_000,
  types: ['adaptive', 'disabled', 'enabled'],
  efforts: [...TO_HIGH, 'max'],
  defaultEffort: 'high',
};
const v47: Family = { ...v46, types: ['adaptive', 'disabled'], efforts: EFFORTS };
const always: Family = { ...v47, types: ['adaptive'] };
const v55: Family = { ...always, defaultEffort: 'medium', forcedTools: false };

const FAMILIES: readonly (readonly [id: string, displayName: string, family: Family])[] = [
  ['claude-opus-5-5', 'Claude Opus 5.5', v55],
  ['claude-sonnet-5-5', 'Claude Sonnet 5.5', { ...v55, types: ['adaptive', 'between_tools'], defaultEffort: 'high' }],
  ['claude-haiku-5-5', 'Claude Haiku 5.5', { ...always, defaultEffort: 'medium' }],
  ['claude-fable-5-2', 'Claude Fable 5.2', { ...always, forcedTools: false }],
  ['claude-fable-5-1', 'Claude Fable 5.1', { ...always, forcedTools: false }],
  ['claude-fable-5', 'Claude Fable 5', always],
  ['claude-mythos-5-2', 'Claude Mythos 5.2', { ...always, forcedTools: false }],
  ['claude-opus-5', 'Claude Opus 5', v47],
  ['claude-sonnet-5', 'Claude Sonnet 5', v47],
  ['claude-opus-4-8', 'Claude Opus 4.8', v47],
  ['claude-opus-4-7', 'Claude Opus 4.7', v47],
  ['claude-opus-4-6', 'Claude Opus 4.6', v46],
  ['claude-sonnet-4-6', 'Claude Sonnet 4.6', v46],
  ['claude-opus-4-5', 'Claude Opus 4.5', budget],
  ['claude-sonnet-4-5', 'Claude Sonnet 4.5', budget],
  ['claude-haiku-4-5', 'Claude Haiku 4.5', budget],
];

export const claudeModels: readonly ModelInfo[] = FAMILIES.map(([id, displayName, family]) =>
  ({ id, displayName, source: 'table', capabilities: fromFamily(family) }));

/** `opus`, `sonnet` and `haiku` mean the same everywhere in sx: the best, the usual, the small one. */
export const claudeAliases: Readonly<Record<string, string>> = {
  opus: 'claude-opus-5-5', sonnet: 'claude-sonnet-5-5', haiku: 'claude-haiku-5-5',
};

const PATH = '/v1/models?limit=1000';

/** The part of a provider's definition that is about models. */
export type ClaudeCatalogue = Required<Pick<ProviderDefinition, 'capabilities' | 'models'>>;

/**
 * Capabilities are what the endpoint said, else the table's, also for dated names; of a model that nobody knows, what is likely.
 *
 * @param fields - Of the request for the list: version, betas.
 */
export function createClaudeCatalogue(fields: Fields): ClaudeCatalogue {
  const listed = new Map<string, ModelCapabilities>();
  return {
    capabilities: (model) => listed.get(model) ?? tableEntry(model) ?? NEWEST,
    models: {
      table: claudeModels,
      endpoint: {
        path: PATH,
        fields,
        parse: async (body) => (await import('./parse-models.ts')).parseClaudeModels(body),
        nextPath: nextPage,
        onList(models) {
          for (const { id, capabilities } of models) listed.set(id, capabilities);
        },
      },
    },
  };
}

/** All newer models take it; one that does not is told nothing after its first refusal. */
const NEWEST: ModelCapabilities = { extra: { thinkingTypes: ['adaptive'] } };

export function tableEntry(model: string): ModelCapabilities | undefined {
  const id = model.replace(/-20\d{6}$/, '');
  return claudeModels.find((candidate) => candidate.id === id)?.capabilities;
}

function fromFamily({ window, output, types, efforts, defaultEffort, forcedTools }: Family): ModelCapabilities {
  return {
    contextWindowTokens: window,
    maxOutputTokens: output,
    efforts: withNone(efforts, types),
    ...(defaultEffort === undefined ? {} : { defaultEffort }),
    imageInput: true,
    documentInput: true,
    parallelToolCalls: true,
    structuredOutput: 'native',
    extra: { thinkingTypes: types, ...(forcedTools === undefined ? {} : { forcedTools }) },
  };
}

export function withNone(efforts: readonly string[], types: readonly string[]): string[] {
  return types.includes('disabled') ? ['none', ...efforts] : [...efforts];
}

function nextPage(body: JsonValue): string | undefined {
  const page = objectOr(body, {});
  const last = stringOr(page['last_id'], '');
  return page['has_more'] === true && last !== '' ? `${PATH}&after_id=${encodeURIComponent(last)}` : undefined;
}
