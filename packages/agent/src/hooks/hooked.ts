/** Puts hooks around tools and around a run. */
import type { JsonObject } from '@sx/llm';

import type { AgentEvent } from '../events.ts';
import type { Tool } from '../tool.ts';
import type { Hooks } from './hooks.ts';

/** Fires `tool_use` (and `mcp_call`) once the rules have allowed a call, before it runs. A hook that says no makes it a result that the model reads. */
export function hookedTool(tool: Tool, { fire }: Hooks): Tool {
  const { name } = tool.definition;
  return {
    ...tool,
    async run(input, context) {
      const details: JsonObject = { tool: name, call_id: context.callId, input };
      const refused = (await fire('tool_use', details)) ?? (name.startsWith('mcp__') ? await fire('mcp_call', details) : undefined);
      if (refused !== undefined) return { isError: true, content: [{ type: 'text', text: `Denied by a hook of the user: ${refused}. Nothing was run. Do not look for a way around.` }] };
      return tool.run(input, context);
    },
  };
}

/** Passes the events of a run on, and tells the hooks of it. The reader does not wait for them but where they run in turn. */
export async function* hookedRun(events: AsyncIterable<AgentEvent>, { fire }: Hooks): AsyncGenerator<AgentEvent, void, undefined> {
  for await (const event of events) {
    await observe(event, fire);
    yield event;
  }
}

async function observe(event: AgentEvent, fire: Hooks['fire']): Promise<void> {
  switch (event.type) {
    case 'run-start':
      return void (await fire('agent_run_start', { model: event.model, provider: event.provider }));
    case 'turn-end': {
      const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens } = event.usage;
      return void (await fire('api_response', { turn: event.turn, usage: { input_tokens: inputTokens ?? null, output_tokens: outputTokens ?? null, cache_read_tokens: cacheReadTokens ?? null, cache_write_tokens: cacheWriteTokens ?? null } }));
    }
    case 'turn-restart':
      return void (await fire('api_error', { error: event.error.message, code: event.error.code, attempt: event.attempt }));
    case 'model':
      return event.event.type === 'retry' ? void (await fire('api_error', { error: event.event.error.message, code: event.event.error.code, attempt: event.event.attempt })) : undefined;
    case 'tool-end':
      return event.call.name === 'task' ? void (await fire('subagent_complete', { call_id: event.call.id, is_error: event.output.isError })) : undefined;
    case 'compaction':
      return void (await fire('compact', { trigger: event.trigger, tokens: event.tokens ?? null }));
    case 'run-end': {
      const { outcome, text, turns, durationMs, error } = event.result;
      const details: JsonObject = { outcome, text, turns, duration_ms: Math.round(durationMs), ...(error instanceof Error ? { error: error.message } : {}) };
      return void (await fire(outcome === 'interrupted' ? 'agent_cancelled' : 'agent_complete', details));
    }
    default:
      return undefined;
  }
}
