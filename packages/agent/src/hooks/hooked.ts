/** Puts hooks around tools and around a run. */
import type { JsonObject, Usage } from '@sx/llm';

import type { AgentEvent } from '../events.ts';
import type { Tool } from '../tool.ts';
import type { HookEvent } from './hook-files.ts';
import type { Hooks } from './hooks.ts';

/**
 * Fires `tool_use` (and `mcp_call`) once the rules have allowed a call, before it runs. A hook that says no makes it a result
 * that the model reads.
 */
export function hookedTool(tool: Tool, { fire }: Hooks): Tool {
  const { name } = tool.definition;
  return {
    ...tool,
    async run(input, context) {
      const details: JsonObject = { tool: name, call_id: context.callId, input };
      const isMcp = name.startsWith('mcp__');
      const refused = (await fire('tool_use', details)) ?? (isMcp ? await fire('mcp_call', details) : undefined);
      if (refused !== undefined) {
        return {
          isError: true,
          content: [
            { type: 'text', text: `Denied by a hook of the user: ${refused}. Nothing was run. Do not look for a way around.` },
          ],
        };
      }
      return tool.run(input, context);
    },
  };
}

/** Passes the events of a run on, and tells the hooks of it. The reader does not wait for them but where they run in turn. */
export async function* hookedRun(events: AsyncIterable<AgentEvent>, { fire }: Hooks): AsyncGenerator<AgentEvent, void> {
  for await (const event of events) {
    const told = toldOf(event);
    if (told !== undefined) await fire(...told);
    yield event;
  }
}

function toldOf(event: AgentEvent): readonly [event: HookEvent, details: JsonObject] | undefined {
  switch (event.type) {
    case 'run-start':
      return ['agent_run_start', { model: event.model, provider: event.provider }];
    case 'turn-end':
      return ['api_response', { turn: event.turn, usage: usageOf(event.usage) }];
    case 'turn-restart':
      return ['api_error', { error: event.error.message, code: event.error.code, attempt: event.attempt }];
    case 'model': {
      if (event.event.type !== 'retry') return undefined;
      const { error, attempt } = event.event;
      return ['api_error', { error: error.message, code: error.code, attempt }];
    }
    case 'tool-end':
      if (event.call.name !== 'task') return undefined;
      return ['subagent_complete', { call_id: event.call.id, is_error: event.output.isError }];
    case 'compaction':
      return ['compact', { trigger: event.trigger, tokens: event.tokens ?? null }];
    case 'run-end': {
      const { outcome, text, turns, durationMs, error } = event.result;
      const details: JsonObject = { outcome, text, turns, duration_ms: Math.round(durationMs) };
      const failure = error instanceof Error ? { error: error.message } : {};
      return [outcome === 'interrupted' ? 'agent_cancelled' : 'agent_complete', { ...details, ...failure }];
    }
    default:
      return undefined;
  }
}

function usageOf({ inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens }: Usage): JsonObject {
  return {
    input_tokens: inputTokens ?? null,
    output_tokens: outputTokens ?? null,
    cache_read_tokens: cacheReadTokens ?? null,
    cache_write_tokens: cacheWriteTokens ?? null,
  };
}
