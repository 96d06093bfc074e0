/** Rules for the body of `/v1/messages`, but for messages and tools, which have their own. */
import { arrayOf, isArray, isObject, objectOf, stringOf, type Json, type JsonObject } from '../server/json.ts';
import { checkClosed } from './closed-schema.ts';
import { anthropicRefusal, invalid } from './failures.ts';
import type { AnthropicHead } from './head-rules.ts';
import { checkMessages, checkThoughtFirst } from './message-rules.ts';
import type { AnthropicModel } from './models.ts';
import type { Signatures } from './signatures.ts';
import { checkCalledTools, checkTools, checkToolChoice } from './tool-rules.ts';

const BODY_BYTES_MAX = 32 * 1024 * 1024;
const BREAKPOINTS_MAX = 4;
const MEMBERS = [
  'model', 'max_tokens', 'messages', 'system', 'tools', 'tool_choice', 'thinking', 'output_config', 'stream', 'stop_sequences',
  'metadata', 'cache_control', 'service_tier', 'temperature', 'top_p', 'top_k', 'diagnostics', 'container', 'inference_geo',
];
/** Member → the beta that admits it. */
const BETA_MEMBERS: Readonly<Record<string, string>> = {
  context_management: 'context-management-2025-06-27',
  fallbacks: 'server-side-fallback-2026-07-01',
  mcp_servers: 'mcp-client-2025-11-20',
  speed: 'fast-mode-2026-02-01',
};

export interface ReadMessagesBody {
  readonly body: JsonObject;
  readonly model: AnthropicModel;
  readonly thinks: boolean;
  readonly display: 'summarized' | 'omitted';
  readonly remarks: readonly string[];
}

export function checkMessagesBody(
  value: Json | undefined,
  bodyText: string,
  head: AnthropicHead,
  signatures: Signatures,
  readModel: (id: string) => AnthropicModel,
): ReadMessagesBody {
  if (bodyText.length > BODY_BYTES_MAX) throw anthropicRefusal('request_too_large', 'Request exceeds the maximum size');
  if (!isObject(value)) throw invalid('The request body is not valid JSON.');
  const extra = Object.keys(value).find((name) => !MEMBERS.includes(name) && !head.betas.includes(BETA_MEMBERS[name] ?? 'none'));
  if (extra !== undefined) throw invalid(`${extra}: Extra inputs are not permitted`);
  if (typeof value['model'] !== 'string') throw invalid('model: Field required');
  const model = readModel(value['model']);
  checkMaxTokens(value['max_tokens'], model);
  checkSampling(value, model, head);
  const thinking = checkThinking(value, model, head);
  checkOutput(value, model);
  checkStops(value['stop_sequences']);
  checkSystem(value['system']);
  checkTools(value['tools']);
  checkToolChoice(value, model, thinking.manual);
  checkMessages(value['messages'], model);
  if (thinking.manual) checkThoughtFirst(value['messages']);
  checkCalledTools(value);
  checkBreakpoints(value);
  return { body: value, model, thinks: thinking.thinks, display: thinking.display, remarks: signatures.check(value, model) };
}

function checkMaxTokens(value: Json | undefined, model: AnthropicModel): void {
  if (value === undefined) throw invalid('max_tokens: Field required');
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0) {
    throw invalid('max_tokens: Input should be a valid integer, greater than or equal to 0');
  }
  if (value > model.outputTokensMax) {
    throw invalid(`max_tokens: ${value} > ${model.outputTokensMax}, which is the maximum allowed number of output tokens for ${model.id}`);
  }
}

function checkSampling(body: JsonObject, model: AnthropicModel, head: AnthropicHead): void {
  for (const name of ['temperature', 'top_p', 'top_k']) {
    if (body[name] === undefined) continue;
    if (head.version === '2026-10-21') throw invalid(`${name}: Extra inputs are not permitted`);
    if (!model.sampling && body[name] !== 1) throw invalid(`\`${name}\` is not supported by ${model.id}.`);
  }
}

function checkThinking(
  body: JsonObject,
  model: AnthropicModel,
  head: AnthropicHead,
): { thinks: boolean; manual: boolean; display: 'summarized' | 'omitted' } {
  const { thinking } = body;
  if (thinking === undefined) return { thinks: model.thinksByDefault, manual: false, display: model.display };
  if (!isObject(thinking)) throw invalid('thinking: Input should be a valid dictionary');
  const kind = thinking['type'];
  if (kind !== 'adaptive' && kind !== 'enabled' && kind !== 'disabled' && kind !== 'between_tools') {
    throw invalid(
      "thinking: Input tag found using 'type' does not match any of the expected tags: 'adaptive', 'between_tools', 'disabled', 'enabled'",
    );
  }
  if (!model.thinking.includes(kind)) throw invalid(`thinking.type: "${kind}" is not supported by ${model.id}.`);
  const allowed = { adaptive: ['type', 'display', 'block_binding'], enabled: ['type', 'budget_tokens', 'display'], disabled: ['type'], between_tools: ['type', 'display'] }[kind];
  const extra = Object.keys(thinking).find((name) => !allowed.includes(name));
  if (extra !== undefined) throw invalid(`thinking.${kind}.${extra}: Extra inputs are not permitted`);
  const effort = stringOf(objectOf(body['output_config'])['effort']);
  if (kind === 'disabled' && model.disabledUpTo !== undefined && (effort === 'xhigh' || effort === 'max')) {
    throw invalid(`thinking.type: "disabled" is not supported by ${model.id} with effort above ${model.disabledUpTo}.`);
  }
  if (kind === 'enabled') checkBudget(thinking['budget_tokens'], body, head);
  const display = thinking['display'];
  if (display !== undefined && display !== 'summarized' && display !== 'omitted') {
    throw invalid(`thinking.${kind}.display: Input should be 'summarized' or 'omitted'`);
  }
  return { thinks: kind !== 'disabled', manual: kind === 'enabled', display: display ?? model.display };
}

function checkBudget(budget: Json | undefined, body: JsonObject, head: AnthropicHead): void {
  if (typeof budget !== 'number') throw invalid('thinking.enabled.budget_tokens: Field required');
  if (budget < 1024) throw invalid('thinking.enabled.budget_tokens: Input should be greater than or equal to 1024');
  const mayExceed = head.betas.includes('interleaved-thinking-2025-05-14') && arrayOf(body['tools']).length > 0;
  if (!mayExceed && budget >= Number(body['max_tokens'])) {
    throw invalid('`max_tokens` must be greater than `thinking.budget_tokens`.');
  }
  if (body['temperature'] !== undefined && body['temperature'] !== 1) {
    throw invalid('`temperature` may only be set to 1 when thinking is enabled.');
  }
}

function checkOutput(body: JsonObject, model: AnthropicModel): void {
  const config = body['output_config'];
  if (config === undefined) return;
  if (!isObject(config)) throw invalid('output_config: Input should be a valid dictionary');
  const extra = Object.keys(config).find((name) => name !== 'effort' && name !== 'format');
  if (extra !== undefined) throw invalid(`output_config.${extra}: Extra inputs are not permitted`);
  const { effort, format } = config;
  if (effort !== undefined && !model.efforts.includes(stringOf(effort))) {
    throw invalid(`output_config.effort: "${stringOf(effort)}" is not supported by ${model.id}.`);
  }
  if (format === undefined) return;
  if (!isObject(format) || format['type'] !== 'json_schema') {
    throw invalid("output_config.format.type: Input should be 'json_schema'");
  }
  checkClosed(format['schema'] ?? null, 'output_config.format.schema');
}

function checkStops(stops: Json | undefined): void {
  if (stops === undefined) return;
  if (!isArray(stops)) throw invalid('stop_sequences: Input should be a valid list');
  stops.forEach((text, at) => {
    if (typeof text !== 'string') throw invalid(`stop_sequences.${at}: Input should be a valid string`);
    if (text.trim() === '') throw invalid('stop_sequences: each stop sequence must contain non-whitespace');
  });
}

function checkSystem(system: Json | undefined): void {
  if (system === undefined || typeof system === 'string') return;
  if (!isArray(system)) throw invalid('system: Input should be a valid string or list');
  system.forEach((block, at) => {
    if (objectOf(block)['type'] !== 'text') throw invalid(`system.${at}.type: Input should be 'text'`);
    if (stringOf(objectOf(block)['text']) === '') throw invalid('system: text content blocks must be non-empty');
  });
}

/** At most four marks; a mark for an hour may not follow one for five minutes. */
function checkBreakpoints(body: JsonObject): void {
  const marks = [
    ...collectMarks(body['tools']),
    ...collectMarks(body['system']),
    ...collectMarks(body['messages']),
    ...(body['cache_control'] === undefined ? [] : [body['cache_control']]),
  ];
  if (marks.length > BREAKPOINTS_MAX) {
    throw invalid(`A maximum of ${BREAKPOINTS_MAX} blocks with cache_control may be provided. Found ${marks.length}.`);
  }
  let isShort = false;
  for (const mark of marks) {
    const { type, ttl } = objectOf(mark);
    if (type !== 'ephemeral') throw invalid("cache_control.type: Input should be 'ephemeral'");
    if (ttl !== undefined && ttl !== '5m' && ttl !== '1h') {
      throw invalid("cache_control.ephemeral.ttl: Input should be '5m' or '1h'");
    }
    if (ttl === '1h' && isShort) {
      throw invalid(
        "a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block. Note that blocks are processed in the following order: `tools`, `system`, `messages`.",
      );
    }
    if (ttl !== '1h') isShort = true;
  }
}

function collectMarks(value: Json | undefined): Json[] {
  if (isArray(value)) return value.flatMap(collectMarks);
  if (!isObject(value)) return [];
  const own = value['cache_control'] === undefined ? [] : [value['cache_control']];
  return [...collectMarks(value['content']), ...own];
}
