/** Our messages in the shapes of the Messages API, which the programs that read Claude Code's stream parse. Pure. */
import type { AssistantMessage, AssistantPart, FinishReason, ToolMessage, Usage, UserMessage, UserPart } from '@sx/llm';

export function assistantJson(message: AssistantMessage): object {
  return {
    id: message.responseId ?? null,
    type: 'message',
    role: 'assistant',
    model: message.responseModel ?? message.origin.model,
    content: message.content.map(partJson),
    stop_reason: stopReason(message.finishReason),
    stop_sequence: null,
    usage: usageJson(message.usage),
  };
}

function partJson(part: AssistantPart): object {
  switch (part.type) {
    case 'text':
      return { type: 'text', text: part.text };
    case 'reasoning':
      return { type: 'thinking', thinking: part.text };
    case 'tool-call':
      return { type: 'tool_use', id: part.id, name: part.name, input: part.input ?? part.inputText };
    default: {
      const unknown: never = part;
      return unknown;
    }
  }
}

export function toolResultsJson(message: ToolMessage): object {
  return {
    role: 'user',
    content: message.content.map((result) => ({
      type: 'tool_result',
      tool_use_id: result.callId,
      content: result.content.map(userPartJson),
      is_error: result.isError,
    })),
  };
}

export function userJson({ content }: UserMessage): object {
  return { role: 'user', content: content.map(userPartJson) };
}

function userPartJson(part: UserPart): object {
  if (part.type === 'text') return { type: 'text', text: part.text };
  const type = part.mediaType.startsWith('image/') ? 'image' : 'document';
  return { type, source: { type: 'base64', media_type: part.mediaType, data: part.data } };
}

/** Zero where the vendor did not say: the readers of this format add them up. */
export function usageJson(usage: Usage | undefined): object {
  return {
    input_tokens: usage?.inputTokens ?? 0,
    cache_creation_input_tokens: usage?.cacheWriteTokens ?? 0,
    cache_read_input_tokens: usage?.cacheReadTokens ?? 0,
    output_tokens: usage?.outputTokens ?? 0,
    ...(usage?.reasoningTokens === undefined ? {} : { reasoning_tokens: usage.reasoningTokens }),
  };
}

const STOP_REASONS: Readonly<Record<FinishReason, string | null>> = {
  end: 'end_turn',
  'tool-use': 'tool_use',
  length: 'max_tokens',
  'stop-sequence': 'stop_sequence',
  pause: 'pause_turn',
  refusal: 'refusal',
  blocked: 'refusal',
  'context-overflow': 'model_context_window_exceeded',
  error: null,
  aborted: null,
};

export function stopReason(reason: FinishReason): string | null {
  return STOP_REASONS[reason];
}
