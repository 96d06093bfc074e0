/** A model that plays a script: one list of events per request, and the requests it got. */
import { type FinishReason, type ModelRequest, type StreamEvent, type ToolCallPart, noUsage, parseJson, isObject } from '@sx/llm';

import type { ModelStream } from '../src/loop.ts';

export type ScriptedResponse = readonly (StreamEvent | Error | 'hang')[];

export const usage = { ...noUsage, inputTokens: 10, outputTokens: 5 };

export function finish(reason: FinishReason, more: { continueTurn?: boolean } = {}): StreamEvent {
  return { type: 'finish', reason, usage, raw: [], ...more };
}

export function text(value: string, id = 't'): StreamEvent[] {
  return [{ type: 'text-start', id }, { type: 'text-delta', id, text: value }, { type: 'text-end', id }];
}

export function callPart(id: string, name: string, inputText: string): ToolCallPart {
  const input = parseJson(inputText);
  return { type: 'tool-call', id, name, inputText, input: isObject(input) ? input : undefined };
}

export function call(id: string, name: string, input: object | string = {}): StreamEvent {
  return { type: 'tool-call', call: callPart(id, name, typeof input === 'string' ? input : JSON.stringify(input)) };
}

export const start: StreamEvent = { type: 'response-start', responseId: 'r' };

export function scriptedModel(responses: readonly ScriptedResponse[]): { stream: ModelStream; requests: ModelRequest[] } {
  const requests: ModelRequest[] = [];
  return {
    requests,
    async *stream(request, { signal }) {
      const response = responses[requests.length];
      requests.push(request);
      if (response === undefined) throw new Error(`the script has ${responses.length} responses`);
      for (const event of response) {
        if (event === 'hang') await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
        else if (event instanceof Error) throw event;
        else yield event;
      }
    },
  };
}
