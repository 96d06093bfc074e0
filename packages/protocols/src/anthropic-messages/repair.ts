/**
 * Other forms of a request that was refused for its thoughts, each tried once, and remembered so that it is not refused again.
 *
 * - A signature no longer fits what stands before it (the prompt or the tools of a conversation changed): from then on the
 *   conversation goes without its thoughts.
 * - The model does not take the way of thinking that its capabilities, or the lack of them, suggested: it is told none any more.
 */
import {
  arrayOr, isObject, type JsonObject, type JsonValue, type ModelRequest, objectOr, type ProviderError, type ProviderQuirks,
} from '@sx/llm/provider-kit';

import { isThinkingRefused, isThinkingUnsupported } from './errors.ts';
import { isThinking } from './wire.ts';

/** Conversations and models that are remembered at a time; a forgotten one costs a request. */
const REMEMBERED_MAX = 64;

export interface ThinkingRepairs extends Required<Pick<ProviderQuirks, 'body' | 'repair'>> {}

export function createThinkingRepairs(): ThinkingRepairs {
  const sessions = new Set<string>();
  const models = new Set<string>();
  return {
    body(body, request) {
      const plain = models.has(request.model) ? withoutSettings(body) : body;
      return sessions.has(request.sessionId) ? withoutThoughts(plain) : plain;
    },
    repair(error: ProviderError, { request }: { readonly request: ModelRequest }) {
      if (isThinkingRefused(error) && !sessions.has(request.sessionId)) {
        remember(sessions, request.sessionId);
        return { body: withoutThoughts };
      }
      if (isThinkingUnsupported(error) && !models.has(request.model)) {
        remember(models, request.model);
        return { body: withoutSettings };
      }
      return undefined;
    },
  };
}

function remember(set: Set<string>, value: string): void {
  set.add(value);
  const oldest = set.values().next();
  if (set.size > REMEMBERED_MAX && oldest.done !== true) set.delete(oldest.value);
}

function withoutThoughts(body: JsonObject): JsonObject {
  const messages = arrayOr(body['messages'], []).map((message): JsonValue => {
    if (!isObject(message) || message['role'] !== 'assistant') return message;
    return { ...message, content: arrayOr(message['content'], []).filter((block) => !isThinking(block)) };
  });
  const without = { ...body, messages };
  // A turn without its first thought cannot go on with a budget.
  if (objectOr(body['thinking'], {})['type'] !== 'enabled') return without;
  const { thinking: _, ...rest }: JsonObject = without;
  return rest;
}

function withoutSettings({ thinking: _, output_config: config, ...body }: JsonObject): JsonObject {
  const format = objectOr(config, {})['format'];
  return format === undefined ? body : { ...body, output_config: { format } };
}
