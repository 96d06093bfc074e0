/** Events of one run, as the agent would send them, and an output that remembers what was written. */
import type { AgentEvent, RunResult } from '@sx/agent';
import type { AssistantMessage, ToolCallPart, Usage } from '@sx/llm';

import type { Output } from '../../src/output.ts';

export function memoryOutput(isTerminal = false): Output & { readonly text: string } {
  let text = '';
  return {
    isTerminal,
    closed: false,
    fault: undefined,
    write: (piece) => Promise.resolve(void (text += piece)),
    onClosed: () => undefined,
    size: () => undefined,
    onResize: () => undefined,
    get text() {
      return text;
    },
  };
}

export const usage: Usage = { inputTokens: 10, cacheReadTokens: 5, cacheWriteTokens: undefined, outputTokens: 7, reasoningTokens: 3 };
export const call: ToolCallPart = { type: 'tool-call', id: 'call_1', name: 'shell', input: { command: 'ls' }, inputText: '{"command":"ls"}' };
const origin = { provider: 'codex', protocol: 'openai-responses', model: 'gpt-5.5' };
export const remark: AssistantMessage = { role: 'assistant', origin, finishReason: 'tool-use', usage, content: [{ type: 'reasoning', text: 'hm' }, { type: 'text', text: 'I will look.' }, call] };
export const answer: AssistantMessage = { role: 'assistant', origin, finishReason: 'end', usage, content: [{ type: 'text', text: 'Two files.' }], responseId: 'resp_2' };

export function runResult(more: Partial<RunResult> = {}): RunResult {
  return { outcome: 'success', text: 'Two files.', turns: 2, usage, durationMs: 1_234.5, apiDurationMs: 1_000, permissionDenials: [], messages: [remark, answer], ...more };
}

/** A remark with a tool call, then the answer. */
export function recordedRun(result = runResult()): AgentEvent[] {
  return [
    { type: 'run-start', sessionId: 's', turnId: 't', model: 'gpt-5.5', provider: 'codex', toolNames: ['shell'] },
    { type: 'turn-start', turn: 1 },
    { type: 'model', event: { type: 'response-start', responseId: 'resp_1' } },
    { type: 'model', event: { type: 'reasoning-start', id: 'r' } },
    { type: 'model', event: { type: 'reasoning-delta', id: 'r', text: 'hm' } },
    { type: 'model', event: { type: 'reasoning-end', id: 'r' } },
    { type: 'model', event: { type: 'text-start', id: 'm' } },
    { type: 'model', event: { type: 'text-delta', id: 'm', text: 'I will ' } },
    { type: 'model', event: { type: 'text-delta', id: 'm', text: 'look.' } },
    { type: 'model', event: { type: 'text-end', id: 'm' } },
    { type: 'model', event: { type: 'tool-input-start', id: 'call_1', name: 'shell' } },
    { type: 'model', event: { type: 'tool-input-delta', id: 'call_1', text: '{"command":"ls"}' } },
    { type: 'model', event: { type: 'tool-input-end', id: 'call_1' } },
    { type: 'model', event: { type: 'tool-call', call } },
    { type: 'model', event: { type: 'finish', reason: 'tool-use', usage, raw: [] } },
    { type: 'message', message: remark },
    { type: 'tool-start', call, title: 'shell ls' },
    { type: 'tool-end', call, durationMs: 40, output: { isError: false, content: [{ type: 'text', text: 'a\nb' }], summary: 'exit 0' } },
    { type: 'tool-results', message: { role: 'tool', content: [{ type: 'tool-result', callId: 'call_1', name: 'shell', isError: false, content: [{ type: 'text', text: 'a\nb' }] }] } },
    { type: 'turn-end', turn: 1, usage },
    { type: 'turn-start', turn: 2 },
    { type: 'model', event: { type: 'response-start', responseId: 'resp_2' } },
    { type: 'model', event: { type: 'text-start', id: 'm2' } },
    { type: 'model', event: { type: 'text-delta', id: 'm2', text: 'Two ' } },
    { type: 'model', event: { type: 'text-delta', id: 'm2', text: 'files.' } },
    { type: 'model', event: { type: 'text-end', id: 'm2' } },
    { type: 'model', event: { type: 'finish', reason: 'end', usage, raw: [] } },
    { type: 'message', message: answer },
    { type: 'turn-end', turn: 2, usage },
    { type: 'run-end', result },
  ];
}
