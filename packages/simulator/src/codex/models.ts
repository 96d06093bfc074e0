/** The catalogue of the Codex backend, as `GET /models` serves it and as the gates of `/responses` read it. */
import { createHash } from 'node:crypto';
import { refuseDetail, refuseParameter } from '../responses/refusals.ts';

export interface CodexModel {
  readonly slug: string;
  readonly efforts: readonly string[];
  readonly defaultEffort: string;
  readonly lite: boolean;
  readonly clientVersionMin: string;
  readonly visibility: 'list' | 'hide';
  readonly contextTokens: number;
  readonly fastTier: boolean;
  readonly detailOriginal: boolean;
  /** Answers only to clients of the vendor's own family. */
  readonly ownClientsOnly: boolean;
}

const UP_TO_XHIGH = ['none', 'low', 'medium', 'high', 'xhigh'];
const UP_TO_MAX = ['low', 'medium', 'high', 'xhigh', 'max'];
const base = {
  lite: false,
  visibility: 'list',
  contextTokens: 272_000,
  fastTier: true,
  detailOriginal: true,
  ownClientsOnly: false,
  efforts: UP_TO_XHIGH,
  defaultEffort: 'medium',
} as const;
const lite = { ...base, lite: true, efforts: UP_TO_MAX, clientVersionMin: '0.144.0' } as const;

export const MODELS: readonly CodexModel[] = [
  { ...lite, slug: 'gpt-6-astra', clientVersionMin: '0.153.0', contextTokens: 872_000 },
  { ...lite, slug: 'gpt-5.6-sol', defaultEffort: 'low' },
  { ...lite, slug: 'gpt-5.6-terra' },
  { ...lite, slug: 'gpt-5.6-luna', ownClientsOnly: true },
  { ...base, slug: 'gpt-5.5', clientVersionMin: '0.124.0' },
  { ...base, slug: 'gpt-5.4', clientVersionMin: '0.98.0', visibility: 'hide', contextTokens: 1_000_000 },
  { ...base, slug: 'gpt-5.4-mini', clientVersionMin: '0.98.0', visibility: 'hide', fastTier: false },
  { ...base, slug: 'gpt-5.2', clientVersionMin: '0.0.1', fastTier: false, detailOriginal: false },
];

export const modelsEtag = (models: readonly CodexModel[]): string =>
  `W/"${createHash('sha256').update(JSON.stringify(models)).digest('hex').slice(0, 16)}"`;

/** What a client that claims to implement a version may see. */
export const modelsFor = (clientVersion: string): CodexModel[] =>
  MODELS.filter((model) => compareVersions(clientVersion, model.clientVersionMin) >= 0);

export function toCatalogueEntry(model: CodexModel, priority: number): object {
  return {
    slug: model.slug,
    display_name: model.slug.replace('gpt', 'GPT'),
    description: `Simulated ${model.slug}.`,
    default_reasoning_level: model.defaultEffort,
    supported_reasoning_levels: model.efforts.map((effort) => ({ effort, description: `${effort} effort` })),
    visibility: model.visibility,
    supported_in_api: true,
    priority: priority + 1,
    minimal_client_version: model.clientVersionMin,
    available_in_plans: ['plus', 'pro', 'business', 'enterprise'],
    service_tiers: model.fastTier ? [{ id: 'priority', name: 'Fast', description: 'Faster, at a higher price.' }] : [],
    model_messages: {
      instructions_template: 'You are a coding agent.{{ personality }}',
      instructions_variables: { personality_default: '' },
    },
    supports_reasoning_summary_parameter: true,
    default_reasoning_summary: model.slug === 'gpt-5.2' ? 'auto' : 'none',
    support_verbosity: true,
    default_verbosity: model.slug === 'gpt-5.4-mini' ? 'medium' : 'low',
    supports_parallel_tool_calls: true,
    supports_image_detail_original: model.detailOriginal,
    input_modalities: ['text', 'image'],
    context_window: model.contextTokens,
    max_context_window: model.contextTokens,
    auto_compact_token_limit: Math.floor(model.contextTokens * 0.9),
    effective_context_window_percent: 95,
    truncation_policy: { mode: 'tokens', limit: 10_000 },
    use_responses_lite: model.lite,
    tool_mode: model.slug.startsWith('gpt-5.6') ? 'code_mode_only' : 'direct',
    prefer_websockets: true,
  };
}

/** The model, if the client may use it; it answers 404 and 400 as the gates do. */
export function readModel(slug: string, headers: Readonly<Record<string, string>>): CodexModel {
  const model = MODELS.find((candidate) => candidate.slug === slug);
  if (model === undefined) throw refuseDetail(`The '${slug}' model is not supported when using Codex with a ChatGPT account.`);
  const originator = headers['originator'] ?? '';
  const agent = headers['user-agent'] ?? '';
  const isOwnClient = originator.startsWith('codex') && agent.startsWith(`${originator}/`);
  if (model.ownClientsOnly && !isOwnClient) throw refuseParameter(`Model not found ${slug}`, 'model', 'model_not_found', 404);
  const version = headers['version'] ?? (isOwnClient ? /\/(\d+\.\d+\.\d+)/.exec(agent)?.[1] : undefined);
  // A client that claims no version is not measured by it.
  if (version !== undefined && compareVersions(version, model.clientVersionMin) < 0) {
    throw refuseDetail(`The '${slug}' model requires a newer version of Codex. Please upgrade to the latest app or CLI and try again.`);
  }
  return model;
}

function compareVersions(a: string, b: string): number {
  const left = a.split('.').map(Number);
  const right = b.split('.').map(Number);
  for (let at = 0; at < 3; at += 1) {
    const difference = (left[at] ?? 0) - (right[at] ?? 0);
    if (difference !== 0) return Math.sign(difference);
  }
  return 0;
}
