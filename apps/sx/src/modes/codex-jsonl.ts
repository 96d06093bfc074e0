/**
 * A run in the lines of `codex exec --json`, for programs that read those: `thread.started`, `turn.started`, items that start and
 * complete, then `turn.completed` or `turn.failed`.
 *
 * Their turn is a prompt with all it leads to, ours a request. Shell commands are `command_execution`, changed files
 * `file_change`, tools of MCP servers `mcp_tool_call`; our other tools, which that format has no item for, are calls of a
 * server named `sx`. No deltas.
 */
import type { AgentEvent, RunResult, ToolOutput } from '@sx/agent';
import type { AssistantMessage, ToolCallPart, Usage } from '@sx/llm';

import type { Output } from '../output.ts';
import { messageOf } from '../report-error.ts';
import type { Printer } from './printer.ts';
import { errorText, failedRun } from './run-result-json.ts';

export interface CodexJsonlOptions {
  readonly stdout: Output;
  readonly redact: (text: string) => string;
}

export function createCodexJsonlPrinter({ stdout, redact }: CodexJsonlOptions): Printer {
  let itemCount = 0;
  let ended = false;
  const running = new Map<ToolCallPart, { readonly id: string; declined: boolean }>();
  const line = (value: object): Promise<void> => stdout.write(`${JSON.stringify(value)}\n`);
  const nextId = (): string => `item_${itemCount++}`;
  const item = (event: 'item.started' | 'item.completed', fields: object): Promise<void> => line({ type: event, item: fields });

  const message = async ({ content }: AssistantMessage): Promise<void> => {
    for (const part of content) {
      if (part.type === 'text') await item('item.completed', { id: nextId(), type: 'agent_message', text: part.text });
      if (part.type === 'reasoning' && part.text !== '') {
        await item('item.completed', { id: nextId(), type: 'reasoning', text: part.text });
      }
    }
  };
  const toolEnd = async (call: ToolCallPart, output: ToolOutput): Promise<void> => {
    const { id, declined } = running.get(call) ?? { id: nextId(), declined: false };
    running.delete(call);
    const fields = toolItem(call, output, declined ? 'declined' : output.isError ? 'failed' : 'completed');
    await item('item.completed', { id, ...fields });
  };
  const end = (result: RunResult): Promise<void> => {
    ended = true;
    if (result.outcome === 'success') return line({ type: 'turn.completed', usage: usageJson(result.usage) });
    return line({ type: 'turn.failed', error: { message: redact(errorText(result)) } });
  };

  return {
    async print(event: AgentEvent) {
      switch (event.type) {
        case 'run-start':
          ended = false;
          await line({ type: 'thread.started', thread_id: event.sessionId });
          return line({ type: 'turn.started' });
        case 'model': {
          const { event: streamed } = event;
          if (streamed.type === 'retry') {
            return line(
              {
                type: 'error',
                message: redact(`attempt ${streamed.attempt} of ${streamed.attemptsMax}: ${messageOf(streamed.error)}`),
              },
            );
          }
          if (streamed.type === 'warning') {
            return item('item.completed', { id: nextId(), type: 'error', message: streamed.message });
          }
          return;
        }
        case 'message':
          return message(event.message);
        case 'tool-start': {
          const id = nextId();
          running.set(event.call, { id, declined: false });
          return item('item.started', { id, ...toolItem(event.call, undefined, 'in_progress') });
        }
        case 'tool-denied': {
          const state = running.get(event.call);
          if (state !== undefined) state.declined = true;
          return;
        }
        case 'tool-end':
          return toolEnd(event.call, event.output);
        case 'turn-restart':
          return line({ type: 'error', message: redact(`the response broke off: ${messageOf(event.error)}`) });
        case 'run-end':
          return end(event.result);
        case 'compaction-start':
        case 'compaction':
        case 'turn-start':
        case 'tool-progress':
        case 'tool-results':
        case 'user-message':
        case 'turn-end':
          return;
        default:
          return event satisfies never;
      }
    },
    fail: (error, interrupted) => end(failedRun(error, interrupted)),
    abandon: (error) => void (ended ? undefined : end(failedRun(error, error === undefined))),
  };
}

type Status = 'in_progress' | 'completed' | 'failed' | 'declined';

function toolItem(call: ToolCallPart, output: ToolOutput | undefined, status: Status): object {
  const text = output?.content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n') ?? '';
  if (call.name === 'shell') {
    return {
      type: 'command_execution',
      command: String(call.input?.['command'] ?? call.inputText),
      aggregated_output: text,
      exit_code: exitCodeIn(output),
      status,
    };
  }
  if (output?.changedFiles !== undefined && output.changedFiles.length > 0) {
    return { type: 'file_change', changes: output.changedFiles, status };
  }
  if (call.name === 'write' || call.name === 'edit') {
    return { type: 'file_change', changes: [{ path: String(call.input?.['path'] ?? ''), kind: 'update' }], status };
  }
  const [, server = 'sx', tool = call.name] = /^mcp__(.+?)__(.+)$/.exec(call.name) ?? [];
  const failed = status === 'failed' || status === 'declined';
  return {
    type: 'mcp_tool_call',
    server,
    tool,
    arguments: call.input ?? call.inputText,
    result: output === undefined || failed ? null : { content: [{ type: 'text', text }], structured_content: null },
    error: failed ? { message: text } : null,
    // The kind of item has no word for declined.
    status: status === 'declined' ? 'failed' : status,
  };
}

/** The shell tool says it first in its summary: `exit 1 after 2.1 s`. */
function exitCodeIn(output: ToolOutput | undefined): number | null {
  const found = /^exit (\d+)/.exec(output?.summary ?? '')?.[1];
  return found === undefined ? null : Number(found);
}

/** The prompt whole, of which cached. */
function usageJson({ inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens, reasoningTokens }: Usage): object {
  return {
    input_tokens: (inputTokens ?? 0) + (cacheReadTokens ?? 0) + (cacheWriteTokens ?? 0),
    cached_input_tokens: cacheReadTokens ?? 0,
    cache_write_input_tokens: cacheWriteTokens ?? 0,
    output_tokens: outputTokens ?? 0,
    reasoning_output_tokens: reasoningTokens ?? 0,
  };
}
