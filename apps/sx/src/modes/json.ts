/**
 * A run as JSON on standard output: `json` is the one result object, `stream-json` one object a line, the result last.
 *
 * Shapes and names are Claude Code's, so that programs that read its stream read ours; every line adds `schema_version`, `seq`
 * (from 0, without gaps) and `provider`. Lines end with LF only; nothing else is ever written to standard output.
 */
import { randomUUID } from 'node:crypto';

import type { AgentEvent, RunResult } from '@sx/agent';
import type { ProviderError } from '@sx/llm';

import type { ExitCode } from '../cli/exit-codes.ts';
import { errorCode } from '../cli/exit-codes.ts';
import type { ExtensionFacts } from '../compose/extensions.ts';
import type { Output } from '../output.ts';
import { messageOf } from '../report-error.ts';
import { VERSION } from '../version.ts';
import { assistantJson, toolResultsJson, userJson } from './message-json.ts';
import { createPartialMessageMapper, type PartialMessageMapper } from './partial-message.ts';
import type { Printer } from './printer.ts';
import { failedRun, resultJson } from './run-result-json.ts';

export const SCHEMA_VERSION = 1;

export interface JsonPrinterOptions {
  readonly stdout: Output;
  /** False: only the result. */
  readonly everyEvent: boolean;
  readonly partialMessages: boolean;
  readonly workingDirectory: string;
  readonly permissionMode: string;
  /** Before the run says better. */
  readonly provider: string | null;
  readonly exitCodeOf: (result: RunResult) => ExitCode;
  readonly redact: (text: string) => string;
  readonly extensions?: ExtensionFacts | undefined;
}

export function createJsonPrinter(options: JsonPrinterOptions): Printer {
  const { stdout, everyEvent } = options;
  let sequence = 0;
  let run: { sessionId: string; model: string; provider: string } | undefined;
  let partial: PartialMessageMapper | undefined;
  let ended = false;
  let failed = false;

  const line = (type: string, fields: object): Promise<void> => {
    const common = { schema_version: SCHEMA_VERSION, seq: sequence, provider: run?.provider ?? options.provider, session_id: run?.sessionId ?? null, uuid: randomUUID() };
    sequence += 1;
    return stdout.write(`${JSON.stringify({ type, ...fields, ...common })}\n`);
  };
  const event = (type: string, fields: object): Promise<void> => (everyEvent ? line(type, fields) : Promise.resolve());
  const result = (value: RunResult): Promise<void> => {
    ended = true;
    return line('result', resultJson(value, { model: run?.model, exitCode: options.exitCodeOf(value), redact: options.redact }));
  };
  const retry = (attempt: number, attemptsMax: number | null, delayMs: number, error: ProviderError): Promise<void> =>
    event('system', {
      subtype: 'api_retry',
      attempt,
      max_retries: attemptsMax,
      retry_delay_ms: Math.round(delayMs),
      error_status: error.status ?? null,
      error: options.redact(messageOf(error)),
      error_code: errorCode(error) ?? null,
    });

  const init = (start: Extract<AgentEvent, { type: 'run-start' }>): Promise<void> => {
    run = start;
    ended = false;
    if (options.partialMessages) partial = createPartialMessageMapper(start.model);
    return event('system', {
      subtype: 'init',
      cwd: options.workingDirectory,
      tools: start.toolNames,
      mcp_servers: options.extensions?.mcpServers ?? [],
      model: start.model,
      permissionMode: options.permissionMode,
      slash_commands: [],
      output_style: 'default',
      skills: options.extensions?.skills ?? [],
      plugins: [],
      agents: [],
      sx_version: VERSION,
    });
  };

  return {
    async print(agentEvent) {
      switch (agentEvent.type) {
        case 'run-start':
          return init(agentEvent);
        case 'model': {
          const streamEvent = agentEvent.event;
          if (streamEvent.type === 'retry') return retry(streamEvent.attempt, streamEvent.attemptsMax, streamEvent.delayMs, streamEvent.error);
          if (streamEvent.type === 'warning') return event('system', { subtype: 'informational', level: 'warning', content: streamEvent.message });
          if (streamEvent.type === 'rate-limits') return event('system', { subtype: 'rate_limits', limits: streamEvent.limits, plan: streamEvent.plan ?? null });
          for (const mapped of partial?.(streamEvent) ?? []) await event('stream_event', { event: mapped, parent_tool_use_id: null });
          return;
        }
        case 'message':
          return event('assistant', { message: assistantJson(agentEvent.message), parent_tool_use_id: null });
        case 'tool-denied':
          return event('system', { subtype: 'permission_denied', tool_name: agentEvent.call.name, tool_use_id: agentEvent.call.id, message: agentEvent.reason });
        case 'tool-results':
          return event('user', { message: toolResultsJson(agentEvent.message), parent_tool_use_id: null });
        case 'user-message':
          return event('user', { message: userJson(agentEvent.message), parent_tool_use_id: null });
        case 'turn-restart':
          return retry(agentEvent.attempt, null, agentEvent.delayMs, agentEvent.error);
        case 'compaction': {
          const { trigger, tokens, failure } = agentEvent;
          const metadata = { trigger: trigger === 'manual' ? 'manual' : 'auto', pre_tokens: tokens ?? null };
          await event('system', { subtype: 'compact_boundary', compact_metadata: metadata });
          if (failure === undefined) return;
          return event('system', { subtype: 'informational', level: 'warning', content: options.redact(`no summary could be made: ${failure.message}`) });
        }
        case 'run-end':
          return result(agentEvent.result);
        case 'turn-start':
        case 'compaction-start':
        case 'tool-start':
        case 'tool-progress':
        case 'tool-end':
        case 'turn-end':
          return;
        default: {
          const unknown: never = agentEvent;
          return unknown;
        }
      }
    },
    fail(error, interrupted) {
      if (failed) return Promise.resolve();
      failed = true;
      return result(failedRun(error, interrupted));
    },
    abandon: (error) => void (ended ? undefined : result(failedRun(error, error === undefined))),
  };
}
