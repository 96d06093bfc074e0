/**
 * What a server says it took out of the request before the model saw it (`input_transformations` of Anthropic and OpenAI):
 * thoughts that no longer fit what stands before them, or are another model's. No fault, but worth a line: the model answers
 * without them.
 */
import { arrayOr, isObject, type JsonValue, type StreamEvent, stringOr } from '@sx/llm/provider-kit';
import { printable } from '@sx/net/net-error';

import { limits } from './limits.ts';

/** A warning, or nothing where nothing was taken out. */
export function transformationWarnings(value: JsonValue | undefined): StreamEvent[] {
  const removed = arrayOr(value, []).filter(isObject).filter(({ type, action }) => type === 'thinking_dropped' || action === 'removed');
  if (removed.length === 0) return [];
  const reasons = new Set(removed.map(({ reason }) => stringOr(reason, '')).filter((reason) => reason !== ''));
  const why = [...reasons].slice(0, limits.removalReasonsMax).map((reason) => printable(reason, 80)).join(', ');
  const what = removed.length === 1 ? 'an earlier thought' : `${removed.length} earlier thoughts`;
  return [{ type: 'warning', message: `the server left out ${what}${why === '' ? '' : ` (${why})`}` }];
}
