/** The one `result` object that ends every run, whatever happened. Pure. */
import type { RunOutcome, RunResult } from '@sx/agent';

import { errorCode, type ExitCode, exitCodeOfError } from '../cli/exit-codes.ts';
import { hintOf, messageOf, resetOf } from '../report-error.ts';
import { stopReason, usageJson } from './message-json.ts';

export interface ResultContext {
  readonly model: string | undefined;
  readonly exitCode: ExitCode;
  readonly redact: (text: string) => string;
}

/**
 * Claude Code's subtypes, and ours for what it lumps together. A result that is no success has `errors` and no `result`; what
 * text there was is its `partial_result`. `total_cost_usd` is null where the vendor does not name a price.
 */
export function resultJson(result: RunResult, { model, exitCode, redact }: ResultContext): object {
  const success = result.outcome === 'success';
  const last = result.messages.findLast((message) => message.role === 'assistant');
  return {
    subtype: subtypeOf(result),
    is_error: !success,
    duration_ms: Math.round(result.durationMs),
    duration_api_ms: Math.round(result.apiDurationMs),
    num_turns: result.turns,
    ...(success ? { result: result.text } : { errors: [redact(errorText(result))], ...(result.text === '' ? {} : { partial_result: result.text }) }),
    ...(result.structuredOutput === undefined ? {} : { structured_output: result.structuredOutput }),
    ...errorDetails(result.error, redact),
    exit_code: exitCode,
    total_cost_usd: result.usage.costUsd ?? null,
    stop_reason: last === undefined ? null : stopReason(last.finishReason),
    usage: usageJson(result.usage),
    modelUsage: model === undefined ? {} : { [model]: modelUsage(result) },
    permission_denials: result.permissionDenials.map((denial) => ({ tool_name: denial.toolName, tool_use_id: denial.callId, tool_input: denial.input })),
  };
}

/** The result of a run that could not start, or broke without one. */
export function failedRun(error: unknown, interrupted: boolean): RunResult {
  return {
    outcome: interrupted ? 'interrupted' : 'error',
    text: '',
    turns: 0,
    usage: { inputTokens: undefined, cacheReadTokens: undefined, cacheWriteTokens: undefined, outputTokens: undefined, reasoningTokens: undefined },
    durationMs: 0,
    apiDurationMs: 0,
    permissionDenials: [],
    ...(interrupted ? {} : { error }),
    messages: [],
  };
}

const SUBTYPES: Readonly<Record<RunOutcome, string>> = {
  success: 'success',
  interrupted: 'interrupted',
  'max-turns': 'error_max_turns',
  'max-budget': 'error_max_budget_usd',
  'max-tokens': 'error_max_tokens',
  'max-seconds': 'error_max_seconds',
  error: 'error_during_execution',
};

const ERROR_SUBTYPES: { readonly [Exit in ExitCode]?: string } = {
  41: 'error_auth',
  42: 'error_input',
  44: 'error_sandbox',
  52: 'error_config',
  58: 'error_max_structured_output_retries',
  61: 'error_network',
  62: 'error_provider',
};

function subtypeOf(result: RunResult): string {
  const general = SUBTYPES[result.outcome];
  return result.outcome === 'error' ? (ERROR_SUBTYPES[exitCodeOfError(result.error)] ?? general) : general;
}

const OUTCOME_TEXTS: Readonly<Record<RunOutcome, string>> = {
  success: '',
  interrupted: 'the run was interrupted',
  'max-turns': 'the turn limit was reached',
  'max-budget': 'the budget was used up',
  'max-tokens': 'the token limit was reached',
  'max-seconds': 'the time limit was reached',
  error: 'the run failed',
};

/** What ended the run, in a line; for the error of `outcome: error`, its message. */
export function errorText(result: RunResult): string {
  return result.error === undefined ? OUTCOME_TEXTS[result.outcome] : messageOf(result.error);
}

function errorDetails(error: unknown, redact: (text: string) => string): object {
  if (error === undefined) return {};
  const status = error instanceof Error && 'status' in error && typeof error.status === 'number' ? error.status : undefined;
  const hint = hintOf(error);
  const resetsAt = resetOf(error);
  const reset = resetsAt === undefined ? {} : { resets_at: resetsAt.toISOString() };
  return { error_code: errorCode(error) ?? null, ...reset, ...(hint === undefined ? {} : { error_hint: redact(hint) }), ...(status === undefined ? {} : { api_error_status: status }) };
}

function modelUsage({ usage }: RunResult): object {
  return {
    inputTokens: usage.inputTokens ?? 0,
    outputTokens: usage.outputTokens ?? 0,
    cacheReadInputTokens: usage.cacheReadTokens ?? 0,
    cacheCreationInputTokens: usage.cacheWriteTokens ?? 0,
    costUSD: usage.costUsd ?? null,
  };
}
