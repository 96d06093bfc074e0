/** `ModelRequest.stopSequences`, in the words of each format. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import type { JsonValue, ModelRequest, Protocol } from '@sx/llm';
import { messages } from '@sx/protocols/anthropic-messages';
import { gemini } from '@sx/protocols/gemini';
import { chatCompletions } from '@sx/protocols/openai-chat';
import { responses } from '@sx/protocols/openai-responses';

const context = { origin: { provider: 'p', protocol: 'x', model: 'm' }, capabilities: {} };
const request = (stopSequences?: readonly string[]): ModelRequest => ({
  model: 'm', system: 's', messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }], tools: [], sessionId: 'a', turnId: 'b',
  ...(stopSequences === undefined ? {} : { stopSequences }),
});

describe('stop sequences', () => {
  const rows: readonly (readonly [protocol: Protocol, read: (body: JsonValue) => unknown])[] = [
    [messages(), (body) => Object(body).stop_sequences],
    [gemini(), (body) => Object(body).generationConfig?.stopSequences],
    [chatCompletions(), (body) => Object(body).stop],
  ];
  for (const [protocol, read] of rows) {
    it(`${protocol.id}: go out as they are, and nothing where there are none`, () => {
      const stops = (list?: readonly string[]): unknown => read(protocol.toBody(request(list), context));
      assert.deepEqual([stops(['END', '\n\nUser:']), stops([]), stops()], [['END', '\n\nUser:'], undefined, undefined]);
      assert.deepEqual(protocol.warnings?.(request(['END']), context), []);
    });
  }
  it('anthropic-messages: blank ones, which the vendor refuses, are left out and warned of', () => {
    assert.deepEqual(messages().toBody(request(['\n', 'END']), context)['stop_sequences'], ['END']);
    assert.equal(messages().toBody(request(['\n']), context)['stop_sequences'], undefined);
    assert.deepEqual(messages().warnings?.(request(['\n', 'END']), context), ['this protocol takes no blank stop sequence: left out']);
  });
  for (const dialect of ['codex', 'public'] as const) {
    it(`openai-responses (${dialect}): has none, and says so`, () => {
      const protocol = responses({ dialect });
      assert.equal(JSON.stringify(protocol.toBody(request(['END']), context)).includes('END'), false);
      assert.deepEqual(protocol.warnings?.(request(['END']), context), ['this protocol takes no stop sequences: left out']);
      assert.deepEqual(protocol.warnings?.(request([]), context), []);
    });
  }
});
