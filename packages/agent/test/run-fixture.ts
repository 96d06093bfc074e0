/** A run with everything that acts replaced: tools that record, rules that allow, a clock that stands still. */
import type { Message } from '@sx/llm';

import type { AgentEvent, RunResult } from '../src/events.ts';
import { type RunOptions, runAgent } from '../src/loop.ts';
import type { Permissions } from '../src/permissions/permissions.ts';
import type { Tool, ToolContext, ToolOutput, ToolRunContext } from '../src/tool.ts';
import { type ScriptedResponse, scriptedModel } from './scripted-model.ts';

export const allowAll: Permissions = { mode: 'bypass', setMode: () => undefined, decide: () => ({ behavior: 'allow' }), mayRead: () => true, add: () => undefined };

export const context: ToolContext = {
  workingDirectory: '/work/project',
  additionalDirectories: [],
  childEnvironment: {},
  outputDirectory: '/nonexistent',
  readFiles: new Map(),
  redact: (text) => text.replaceAll('hunter2', '[redacted]'),
};

export function tool(name: string, run: (input: object, context: ToolRunContext) => Promise<ToolOutput> | ToolOutput, more: Partial<Tool> = {}): Tool {
  return {
    definition: { name, description: name, inputSchema: { type: 'object', properties: {} } },
    parallel: false,
    accesses: () => ({ kind: 'accesses', list: [{ action: 'tool', name }], title: `${name} it` }),
    run: async (input, runContext) => run(input, runContext),
    ...more,
  };
}

export function says(text: string): ToolOutput {
  return { isError: false, content: [{ type: 'text', text }] };
}

export const prompt: Message = { role: 'user', content: [{ type: 'text', text: 'go' }] };

export function options(responses: readonly ScriptedResponse[], more: Partial<RunOptions> = {}): RunOptions & { requests: ReturnType<typeof scriptedModel>['requests'] } {
  const model = scriptedModel(responses);
  return {
    requests: model.requests,
    stream: model.stream,
    origin: { provider: 'scripted', protocol: 'none', model: 'm' },
    tools: [],
    permissions: allowAll,
    context,
    system: 'system',
    messages: [prompt],
    sessionId: 'session',
    turnId: 'turn',
    now: () => 0,
    sleep: async () => undefined,
    ...more,
  };
}

export async function collect(run: RunOptions): Promise<{ events: AgentEvent[]; result: RunResult }> {
  const events: AgentEvent[] = [];
  for await (const event of runAgent(run)) events.push(event);
  const last = events.at(-1);
  if (last?.type !== 'run-end') throw new Error('the last event is not run-end');
  return { events, result: last.result };
}

/** Events as short words: `model text-delta`, `tool-end a ok`. */
export function outline(events: readonly AgentEvent[]): string[] {
  return events.map((event) => {
    switch (event.type) {
      case 'model':
        return `model ${event.event.type}`;
      case 'tool-start':
        return `tool-start ${event.call.id} ${event.title}`;
      case 'tool-end':
        return `tool-end ${event.call.id} ${event.output.isError ? 'error' : 'ok'}`;
      case 'tool-denied':
        return `tool-denied ${event.call.id}`;
      case 'tool-progress':
        return `tool-progress ${event.callId} ${event.text}`;
      case 'run-end':
        return `run-end ${event.result.outcome}`;
      case 'turn-restart':
        return `turn-restart ${event.attempt} ${event.delayMs}`;
      default:
        return event.type;
    }
  });
}

/** Each call of each assistant message has one result, in order, in the message right behind. */
export function findUnpaired(messages: readonly Message[]): string[] {
  return messages.flatMap((message, index) => {
    if (message.role !== 'assistant') return [];
    const calls = message.content.flatMap((part) => (part.type === 'tool-call' ? [part.id] : []));
    const next = messages[index + 1];
    const results = next?.role === 'tool' ? next.content.map((part) => part.callId) : [];
    const empty = next?.role === 'tool' && next.content.some((part) => part.content.length === 0) ? ['an empty result'] : [];
    return calls.join() === results.join() ? empty : [`message ${index}: calls ${calls.join()}, results ${results.join()}`];
  });
}
