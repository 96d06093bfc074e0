/**
 * One answer in several responses (`CONTINUATION`): the server stops, gives a token, and goes on when the same request comes
 * with it. The reader sees one stream: one `response-start`, the blocks of all responses, one `finish` with their usage in sum
 * and their parts in a row.
 *
 * A response that brings nothing is no progress; after three in a row, or 32 in all, it is given up.
 */
import {
  addUsage, type AssistantMessage, type FinishEvent, type JsonValue, type ModelRequest, noUsage, type Origin, ProviderError,
  type StreamEvent, type Usage,
} from '@sx/llm/provider-kit';
import { continuationTokenOf } from '@sx/protocols/gemini';

import { limits } from './limits.ts';

export function continueAnswer(
  request: ModelRequest,
  origin: Origin,
  ask: (request: ModelRequest) => AsyncIterable<StreamEvent>,
): AsyncIterable<StreamEvent> {
  return {
    [Symbol.asyncIterator](): AsyncIterator<StreamEvent, void, void> {
      let inner = ask(request)[Symbol.asyncIterator]();
      let responses = 1;
      let idle = 0;
      let hasContent = false;
      let hasCalls = false;
      let usage: Usage = noUsage;
      const raw: JsonValue[] = [];
      const earlierCalls = new Set<string>();
      let calls: string[] = [];

      /** The event as part of the whole; undefined: not for the reader. */
      const adapt = (event: StreamEvent): StreamEvent | undefined => {
        if (event.type === 'tool-call') calls.push(event.call.id);
        hasContent ||= event.type !== 'response-start' && event.type !== 'warning' && event.type !== 'retry';
        if (responses === 1) return event;
        switch (event.type) {
          case 'response-start': return undefined;
          case 'retry': return { type: 'warning', message: `the rest of the answer is asked for again: ${event.error.message}` };
          case 'tool-input-start':
          case 'tool-input-delta':
          case 'tool-input-end': return { ...event, id: unique(event.id) };
          case 'tool-call': return { ...event, call: { ...event.call, id: unique(event.call.id) } };
          default: return event;
        }
      };
      const unique = (id: string): string => (earlierCalls.has(id) ? `${id}-${responses}` : id);

      const finishOf = (event: FinishEvent): FinishEvent =>
        responses === 1 ? event : {
          ...event,
          reason: event.reason === 'end' && hasCalls ? 'tool-use' : event.reason,
          usage: addUsage(usage, event.usage),
          raw: [...raw, ...event.raw],
        };
      const goOn = (event: FinishEvent): void => {
        idle = hasContent ? 0 : idle + 1;
        if (idle >= limits.continuationsIdleMax || responses > limits.continuationsMax) {
          const message = `the server asked to go on ${responses} times and brought nothing more`;
          throw new ProviderError('PROVIDER_MODEL_OUTPUT', message, { provider: origin.provider, vendorCode: 'CONTINUATION' });
        }
        usage = addUsage(usage, event.usage);
        raw.push(...event.raw.slice(0, -1));
        hasCalls ||= calls.length > 0;
        for (const id of calls) earlierCalls.add(unique(id));
        calls = [];
        hasContent = false;
        responses += 1;
        const soFar: AssistantMessage = {
          role: 'assistant', content: [], origin, finishReason: 'pause', providerMetadata: { origin, raw: event.raw.slice(-1) },
        };
        inner = ask({ ...request, messages: [...request.messages, soFar] })[Symbol.asyncIterator]();
      };

      const next = async (): Promise<IteratorResult<StreamEvent, void>> => {
        for (;;) {
          const result = await inner.next();
          if (result.done === true) return result;
          const event = result.value;
          if (event.type === 'finish') {
            if (continuationTokenOf(event.raw) === undefined) return { done: false, value: finishOf(event) };
            // Its rest is only framing, which is read so that the connection is free for the next.
            await inner.next();
            goOn(event);
            continue;
          }
          const value = adapt(event);
          if (value !== undefined) return { done: false, value };
        }
      };
      return { next, return: async () => (await inner.return?.()) ?? { done: true, value: undefined } };
    },
  };
}
