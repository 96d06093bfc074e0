/**
 * A run in the lines of `gemini -o stream-json`, for programs that read those: `init`, `message` (the assistant's, in deltas),
 * `tool_use`, `tool_result`, `error`, and one `result` at the end. Every line has an ISO `timestamp`. Thoughts are not part of
 * that format.
 */
import type { AgentEvent, RunResult } from '@sx/agent';

import { errorCode } from '../cli/exit-codes.ts';
import type { Output } from '../output.ts';
import { messageOf } from '../report-error.ts';
import type { Printer } from './printer.ts';
import { errorText, failedRun } from './run-result-json.ts';

export interface GeminiStreamJsonOptions {
  readonly stdout: Output;
  readonly redact: (text: string) => string;
  /** Wall clock. */
  readonly now?: () => Date;
}

export function createGeminiStreamJsonPrinter({ stdout, redact, now = () => new Date() }: GeminiStreamJsonOptions): Printer {
  let model = '';
  let toolCalls = 0;
  let ended = false;
  const line = (type: string, fields: object): Promise<void> => stdout.write(
    `${JSON.stringify({ type, timestamp: now().toISOString(), ...fields })}\n`,
  );
  const warning = (message: string): Promise<void> => line('error', { severity: 'warning', message: redact(message) });
  const end = async (result: RunResult): Promise<void> => {
    ended = true;
    const error = { type: errorCode(result.error) ?? result.outcome, message: redact(errorText(result)) };
    const success = result.outcome === 'success';
    return line(
      'result',
      { status: success ? 'success' : 'error', ...(success ? {} : { error }), stats: statsOf(result, model, toolCalls) },
    );
  };

  return {
    async print(event: AgentEvent) {
      switch (event.type) {
        case 'run-start':
          ({ model } = event);
          toolCalls = 0;
          ended = false;
          return line('init', { session_id: event.sessionId, model });
        case 'model': {
          const { event: streamed } = event;
          if (streamed.type === 'text-delta') return line('message', { role: 'assistant', content: streamed.text, delta: true });
          if (streamed.type === 'warning') return warning(streamed.message);
          if (streamed.type === 'retry') {
            return warning(`attempt ${streamed.attempt} of ${streamed.attemptsMax}: ${messageOf(streamed.error)}`);
          }
          return;
        }
        case 'tool-start':
          toolCalls += 1;
          return line('tool_use', { tool_name: event.call.name, tool_id: event.call.id, parameters: event.call.input ?? {} });
        case 'tool-end': {
          const { isError, content } = event.output;
          const text = content.map((part) => (part.type === 'text' ? part.text : `[${part.mediaType}]`)).join('\n');
          return line(
            'tool_result',
            {
              tool_id: event.call.id,
              status: isError ? 'error' : 'success',
              ...(isError ? { error: { type: 'TOOL_EXECUTION_ERROR', message: text } } : { output: text }),
            },
          );
        }
        case 'turn-restart':
          return warning(`the response broke off: ${messageOf(event.error)}`);
        case 'run-end':
          return end(event.result);
        case 'compaction-start':
        case 'compaction':
        case 'turn-start':
        case 'message':
        case 'tool-progress':
        case 'tool-denied':
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

function statsOf({ usage, durationMs }: RunResult, model: string, toolCalls: number): object {
  const cached = usage.cacheReadTokens ?? 0;
  const input = (usage.inputTokens ?? 0) + (usage.cacheWriteTokens ?? 0);
  const output = usage.outputTokens ?? 0;
  const tokens = { total_tokens: input + cached + output, input_tokens: input + cached, output_tokens: output, cached, input };
  return {
    ...tokens,
    duration_ms: Math.round(durationMs),
    tool_calls: toolCalls,
    models: model === '' ? {} : { [model]: tokens },
  };
}
