/** What a server names as every object's prototype names something: a name like any other that nobody knows. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import type { JsonObject, Message, ProtocolContext } from '@sx/llm';
import { messages } from '@sx/protocols/anthropic-messages';
import { gemini } from '@sx/protocols/gemini';
import { chatCompletions } from '@sx/protocols/openai-chat';
import { responses } from '@sx/protocols/openai-responses';

const context: ProtocolContext = { origin: { provider: 'p', protocol: 'openai-responses', model: 'm' }, capabilities: {} };
const NAMES = ['constructor', 'toString', '__proto__', 'hasOwnProperty'];
const PROTOCOLS = [messages(), gemini(), chatCompletions(), responses({ dialect: 'codex' }), responses({ dialect: 'public' })];

describe('names that every object inherits', () => {
  for (const protocol of PROTOCOLS) {
    it(`${protocol.id}: are no codes of errors`, () => {
      const errorOf = (status: number, name: string) => protocol.toError(
        { status, fields: [], text: JSON.stringify({ type: 'error', error: { type: name, code: name, status: name, message: 'No' } }), nowMs: 0 }, context,
      );
      for (const status of [200, 400, 429, 500]) {
        const { code } = errorOf(status, 'nobody-knows');
        assert.deepEqual(NAMES.map((name) => errorOf(status, name).code), NAMES.map(() => code), `${status}`);
      }
    });
  }
  it('are no windows of a rate limit', () => {
    const fields = [['anthropic-ratelimit-unified-constructor-utilization', '0.5']] as const;
    assert.deepEqual(messages().headEvents?.(fields, context), [
      { type: 'rate-limits', limits: [{ limitId: 'unified', window: 'constructor', usedPercent: 50 }] },
    ]);
  });
  it('are no items that are sent back', () => {
    const inputOf = (type: string): unknown => {
      const raw: JsonObject[] = [{ type, id: 'a', content: 'b' }, { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Hi' }] }];
      const history: Message[] = [
        { role: 'user', content: [{ type: 'text', text: 'x' }] },
        {
          role: 'assistant', origin: context.origin, finishReason: 'end', content: [{ type: 'text', text: 'Hi' }],
          providerMetadata: { origin: context.origin, raw },
        },
        { role: 'user', content: [{ type: 'text', text: 'y' }] },
      ];
      return responses({ dialect: 'codex' }).toBody(
        { model: 'm', system: 's', messages: history, tools: [], sessionId: 'a', turnId: 'b' }, context,
      )['input'];
    };
    for (const name of NAMES) assert.deepEqual(inputOf(name), inputOf('nobody-knows'));
  });
});
