/**
 * Stream events as the events of the Messages API, for `--include-partial-messages`. A decoder in spirit: one response in, its
 * events out, blocks numbered in the order they begin. Blocks may interleave; each delta names its block by index.
 */
import type { StreamEvent } from '@sx/llm';

import { stopReason, usageJson } from './message-json.ts';

export type PartialMessageMapper = (event: StreamEvent) => readonly object[];

export function createPartialMessageMapper(model: string): PartialMessageMapper {
  let indexes = new Map<string, number>();
  const begin = (id: string, block: object): object => {
    indexes.set(id, indexes.size);
    return { type: 'content_block_start', index: indexes.size - 1, content_block: block };
  };
  const delta = (id: string, change: object): object[] => {
    const index = indexes.get(id);
    return index === undefined ? [] : [{ type: 'content_block_delta', index, delta: change }];
  };
  const end = (id: string): object[] => {
    const index = indexes.get(id);
    return index === undefined ? [] : [{ type: 'content_block_stop', index }];
  };
  return (event) => {
    switch (event.type) {
      case 'response-start':
        indexes = new Map();
        return [{ type: 'message_start', message: { id: event.responseId ?? null, type: 'message', role: 'assistant', model: event.model ?? model, content: [], stop_reason: null, stop_sequence: null, usage: usageJson(undefined) } }];
      case 'text-start':
        return [begin(event.id, { type: 'text', text: '' })];
      case 'text-delta':
        return delta(event.id, { type: 'text_delta', text: event.text });
      case 'reasoning-start':
        return [begin(event.id, { type: 'thinking', thinking: '' })];
      case 'reasoning-delta':
        return delta(event.id, { type: 'thinking_delta', thinking: event.text });
      case 'tool-input-start':
        return [begin(event.id, { type: 'tool_use', id: event.id, name: event.name, input: {} })];
      case 'tool-input-delta':
        return delta(event.id, { type: 'input_json_delta', partial_json: event.text });
      case 'text-end':
      case 'reasoning-end':
      case 'tool-input-end':
        return end(event.id);
      case 'tool-call': {
        // A call that came whole, without a block of its own.
        const { id, name, inputText } = event.call;
        return indexes.has(id) ? [] : [begin(id, { type: 'tool_use', id, name, input: {} }), ...delta(id, { type: 'input_json_delta', partial_json: inputText }), ...end(id)];
      }
      case 'finish':
        return [{ type: 'message_delta', delta: { stop_reason: stopReason(event.reason), stop_sequence: null }, usage: usageJson(event.usage) }, { type: 'message_stop' }];
      case 'usage':
      case 'rate-limits':
      case 'warning':
      case 'retry':
        return [];
      default: {
        const unknown: never = event;
        return unknown;
      }
    }
  };
}
