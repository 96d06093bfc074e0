/**
 * The models of the Codex backend: the embedded table.
 *
 * Every figure here may go stale: the endpoint is the authority, the table is for when it cannot be asked. Efforts are what
 * the server takes, `none` included, which the catalogue does not list.
 */
import type { ModelInfo } from '@sx/llm';

/** The level of the client protocol that this package implements; the server filters its list by it. */
export const CLIENT_VERSION = '0.147.0';

const UP_TO_XHIGH = ['none', 'low', 'medium', 'high', 'xhigh'];
const UP_TO_MAX = ['low', 'medium', 'high', 'xhigh', 'max'];

export const common = { imageInput: true, documentInput: false, parallelToolCalls: true } as const;

function entry(
  id: string,
  contextWindowTokens: number,
  efforts: readonly string[],
  defaultEffort: string,
  useResponsesLite = false,
): ModelInfo {
  const extra = useResponsesLite ? { extra: { useResponsesLite } } : {};
  return { id, source: 'table', capabilities: { ...common, contextWindowTokens, efforts, defaultEffort, ...extra } };
}

export const codexModels: readonly ModelInfo[] = [
  entry('gpt-5.5', 272_000, UP_TO_XHIGH, 'medium'),
  entry('gpt-5.6-sol', 272_000, UP_TO_MAX, 'low', true),
  entry('gpt-5.6-terra', 272_000, UP_TO_MAX, 'medium', true),
  entry('gpt-5.6-luna', 272_000, UP_TO_MAX, 'medium', true),
  entry('gpt-6-astra', 872_000, UP_TO_MAX, 'medium', true),
  entry('gpt-5.4', 272_000, UP_TO_XHIGH, 'medium'),
  entry('gpt-5.4-mini', 272_000, UP_TO_XHIGH, 'medium'),
  entry('gpt-5.2', 272_000, UP_TO_XHIGH, 'medium'),
];

/** `opus`, `sonnet` and `haiku` mean the same everywhere in sx: the best, the usual, the small one. */
export const codexAliases: Readonly<Record<string, string>> = { opus: 'gpt-5.5', sonnet: 'gpt-5.5', haiku: 'gpt-5.4-mini' };
