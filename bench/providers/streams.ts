/**
 * What the vendors send for a text, event by event: the beginning, the pieces (of different words, some with what JSON escapes),
 * the end. The same bytes for every client.
 */
export type Format = 'responses' | 'messages' | 'chat' | 'gemini';

export interface RecordedStream {
  readonly begin: string;
  readonly delta: (index: number) => string;
  readonly end: (deltas: number) => string;
}

/** About as long as tokens are. */
const WORDS = [' The', ' server', ' answers', ' in', ' pieces', ',', ' and', ' the', ' client', ' puts', ' them', ' together', '.\n', ' "So"', ' it', ' goes'];
export const PERIOD = WORDS.length;
const word = (index: number): string => WORDS[index % PERIOD] ?? '';
const textOf = (deltas: number): string => Array.from({ length: deltas }, (_, index) => word(index)).join('');
const data = (value: object): string => `data: ${JSON.stringify(value)}\n\n`;
const named = (value: { readonly type: string }): string => `event: ${value.type}\n${data(value)}`;

const item = { id: 'msg_1', type: 'message', role: 'assistant', status: 'in_progress', content: [] };
const response = { id: 'resp_1', object: 'response', status: 'in_progress', model: 'gpt-x', output: [], usage: null };
const responses: RecordedStream = {
  begin:
    named({ type: 'response.created', ...{ sequence_number: 0, response } })
    + named({ type: 'response.output_item.added', ...{ sequence_number: 1, output_index: 0, item } })
    + named({ type: 'response.content_part.added', ...{ sequence_number: 2, item_id: 'msg_1', output_index: 0, content_index: 0, part: { type: 'output_text', text: '', annotations: [] } } }),
  delta: (index) => named({ type: 'response.output_text.delta', ...{ sequence_number: 3 + index, item_id: 'msg_1', output_index: 0, content_index: 0, delta: word(index), logprobs: [] } }),
  end(deltas) {
    const text = textOf(deltas);
    const done = { ...item, status: 'completed', content: [{ type: 'output_text', text, annotations: [] }] };
    const usage = { input_tokens: 10, input_tokens_details: { cached_tokens: 0 }, output_tokens: deltas, output_tokens_details: { reasoning_tokens: 0 }, total_tokens: deltas + 10 };
    return named({ type: 'response.output_item.done', ...{ sequence_number: 8, output_index: 0, item: done } })
      + named({ type: 'response.completed', ...{ sequence_number: 9, response: { ...response, status: 'completed', output: [done], usage } } });
  },
};

const messages: RecordedStream = {
  begin:
    named({ type: 'message_start', ...{ message: { id: 'msg_1', type: 'message', role: 'assistant', model: 'claude-x', content: [], stop_reason: null, stop_sequence: null, usage: { input_tokens: 10, output_tokens: 1 } } } })
    + named({ type: 'content_block_start', ...{ index: 0, content_block: { type: 'text', text: '' } } })
    + named({ type: 'ping' }),
  delta: (index) => named({ type: 'content_block_delta', ...{ index: 0, delta: { type: 'text_delta', text: word(index) } } }),
  end: (deltas) =>
    named({ type: 'content_block_stop', ...{ index: 0 } })
    + named({ type: 'message_delta', ...{ delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: deltas } } })
    + named({ type: 'message_stop' }),
};

const chunk = (choice: object, more: object = {}): string =>
  data({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1_700_000_000, model: 'gpt-x', choices: [{ index: 0, ...choice, logprobs: null }], ...more });
const chat: RecordedStream = {
  begin: chunk({ delta: { role: 'assistant', content: '' }, finish_reason: null }),
  delta: (index) => chunk({ delta: { content: word(index) }, finish_reason: null }),
  end: (deltas) =>
    chunk({ delta: {}, finish_reason: 'stop' })
    + data({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1_700_000_000, model: 'gpt-x', choices: [], usage: { prompt_tokens: 10, completion_tokens: deltas, total_tokens: deltas + 10 } })
    + 'data: [DONE]\n\n',
};

const candidate = (text: string, more: object = {}): string =>
  data({ candidates: [{ content: { parts: [{ text }], role: 'model' }, index: 0, ...more }], usageMetadata: { promptTokenCount: 10, candidatesTokenCount: 5, totalTokenCount: 15 }, modelVersion: 'gemini-x', responseId: 'r1' });
const gemini: RecordedStream = { begin: '', delta: (index) => candidate(word(index)), end: () => candidate('', { finishReason: 'STOP' }) };

export const STREAMS: Readonly<Record<Format, RecordedStream>> = { responses, messages, chat, gemini };

export function formatOf(path: string): Format | undefined {
  if (path.includes(':streamGenerateContent')) return 'gemini';
  if (path.endsWith('/messages')) return 'messages';
  if (path.endsWith('/chat/completions')) return 'chat';
  return path.endsWith('/responses') ? 'responses' : undefined;
}
