/**
 * The agent loop: ask the model, run the tools it calls, give it the results, until it is done or a limit is reached.
 *
 * In: a conversation whose last message is the user's, and everything that acts, injected. Out: the events of
 * `events.ts`. It never throws out of the iterator: what went wrong is in `run-end`, which always comes and comes last.
 * Leaving the iterator early aborts the request and the tools, and waits for the tools.
 *
 * Rules:
 * - Tools run only after a response finished. So a response that broke off may be asked for again, as a new turn that
 *   the reader is told of (`turn-restart`); repeats of a request that nothing was shown of are the provider's business.
 * - Every call gets exactly one result, also where it did not run, so that the history can always be sent again.
 * - Limits are looked at before each request. The tools of the last turn allowed still run: their work is not lost.
 * - An answer that must fit a schema ends the run only once it does (structured-output.ts).
 * - A conversation that grows above a threshold, or does not fit any more, is compacted between turns (compaction/compact.ts).
 * - What the user says meanwhile (`takeSteering`) goes in behind the results of tools, or in place of the end of the run.
 * - A message that did not finish is kept for the record with the reason `error` or `aborted`; replay leaves it out.
 */
import {
  type AssistantMessage, type FinishEvent, type Message, type ModelRequest, type Origin, type ProviderErrorCode, type StreamEvent, type ToolCallPart, type Usage, type UserMessage,
  ProviderError, createAccumulator, isProviderError, noUsage,
} from '@sx/llm';
import { monotonicMs } from '@sx/net/monotonic-ms';

import { abortable, sleep as defaultSleep } from './abortable.ts';
import { AgentError } from './agent-error.ts';
import { contextTokens, estimatedTokens } from './compaction/context-size.ts';
import type { AgentEvent, CompactionTrigger, RunOutcome, RunResult } from './events.ts';
import type { FileChanges } from './file-changes.ts';
import { type AgentLimits, agentLimits } from './limits.ts';
import type { Permissions } from './permissions/permissions.ts';
import { type RunLimits, type Spending, createSpending } from './run-limits.ts';
import type { StructuredOutput, StructuredOutputOptions, Verdict } from './structured-output/structured-output.ts';
import { type Ask, refuseCalls, runToolCalls } from './tool-calls.ts';
import type { Tool, ToolContext } from './tool.ts';

export type ModelStream = (request: ModelRequest, options: { readonly signal: AbortSignal }) => AsyncIterable<StreamEvent>;

/** What else a request says, the same in every turn. */
export type RequestSettings = Omit<ModelRequest, 'model' | 'system' | 'messages' | 'tools' | 'sessionId' | 'turnId'>;

export interface RunOptions {
  readonly stream: ModelStream;
  /** Who answers; stamped on every assistant message. `origin.model` is the model asked for. */
  readonly origin: Origin;
  readonly tools: readonly Tool[];
  readonly permissions: Permissions;
  /** Asks a person for what the rules leave open. Absent: headless, the answer is no. */
  readonly ask?: Ask | undefined;
  readonly context: ToolContext;
  readonly system: string;
  /** The conversation so far, the new user message last. */
  readonly messages: readonly Message[];
  readonly settings?: RequestSettings | undefined;
  /** The answer must fit a JSON Schema. */
  readonly structuredOutput?: StructuredOutputOptions | undefined;
  readonly limits?: RunLimits | undefined;
  /** `never`: a conversation that does not fit is an error. Default: compacted once it does not fit. */
  readonly compaction?: CompactionOptions | 'never' | undefined;
  /** What the user said meanwhile. Asked for at each tool boundary, and once more before the run would end; what it hands over is gone from it. */
  readonly takeSteering?: (() => readonly UserMessage[]) | undefined;
  /** Remembers files before tools change them. */
  readonly fileChanges?: FileChanges | undefined;
  /** How often and how patiently a broken turn is started again, over `agentLimits`. */
  readonly restarts?: Partial<Pick<AgentLimits, 'turnRestartsMax' | 'turnRestartDelayMs' | 'turnRestartDelayMaxMs'>> | undefined;
  /** What a usage costs, where the vendor does not say. */
  readonly costUsd?: ((usage: Usage) => number | undefined) | undefined;
  /** UUIDs. */
  readonly sessionId: string;
  readonly turnId: string;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds, monotonic. For tests. */
  readonly now?: (() => number) | undefined;
  readonly sleep?: ((ms: number, signal: AbortSignal) => Promise<void>) | undefined;
}

export interface CompactionOptions {
  /** Tokens of the conversation from which it is compacted before the next request. Absent: only when it does not fit. */
  readonly thresholdTokens?: number | undefined;
  /** Context of the model. */
  readonly contextTokens?: number | undefined;
}

interface Run {
  readonly options: RunOptions;
  readonly structured: StructuredOutput | undefined;
  readonly tools: Map<string, Tool>;
  readonly spending: Spending;
  readonly controller: AbortController;
  readonly now: () => number;
  readonly added: Message[];
  /** Of the requests: another one from where the user, or who speaks for them, said something more. */
  turnId: string;
  /** What is sent: the conversation so far and what the run added, or what a compaction put in their place. */
  history: readonly Message[];
  compacted: boolean;
  /** Does not fit: compacted once, then it is an error. */
  overflows: number;
  readonly denials: RunResult['permissionDenials'][number][];
  turns: number;
  apiDurationMs: number;
  /** In a row, without a tool having run. */
  continuations: number;
  cutCalls: number;
}

/** Most runs have no schema, and load nothing for one. */
async function structure(options: StructuredOutputOptions, otherTools: number): Promise<StructuredOutput> {
  const { createStructuredOutput } = await import('./structured-output/structured-output.ts');
  return createStructuredOutput(options, otherTools);
}

/** Why the run's own controller was aborted. */
const TIME_IS_UP = Symbol('max-seconds');
type Ending = { readonly outcome: RunOutcome; readonly error?: unknown };

export async function* runAgent(options: RunOptions): AsyncGenerator<AgentEvent, void, undefined> {
  const now = options.now ?? monotonicMs;
  const startedAt = now();
  const structured = options.structuredOutput === undefined ? undefined : await structure(options.structuredOutput, options.tools.length);
  const tools = new Map([...options.tools, ...(structured?.tools ?? [])].map((tool) => [tool.definition.name, tool]));
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  if (options.signal?.aborted === true) abort();
  options.signal?.addEventListener('abort', abort, { once: true });
  const added: Message[] = [];
  const denials: Run['denials'] = [];
  let run: Run | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let ending: Ending = { outcome: 'interrupted' };
  try {
    const { sessionId, turnId, origin } = options;
    yield { type: 'run-start', sessionId, turnId, model: origin.model, provider: origin.provider, toolNames: [...tools.keys()] };
    const spending = createSpending(options.limits ?? {}, options.costUsd ?? (() => undefined));
    run = { options, structured, tools, spending, controller, now, added, turnId, history: options.messages, compacted: false, overflows: 0, denials, turns: 0, apiDurationMs: 0, continuations: 0, cutCalls: 0 };
    const maxSeconds = options.limits?.maxSeconds;
    // Timers hold 31 bits; a run of more than 24 days has no limit in effect.
    if (maxSeconds !== undefined && maxSeconds * 1_000 < 2 ** 31) timer = setTimeout(() => controller.abort(TIME_IS_UP), maxSeconds * 1_000);
    ending = yield* runTurns(run);
  } catch (error) {
    ending = { outcome: 'error', error };
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', abort);
    controller.abort();
  }
  yield {
    type: 'run-end',
    result: {
      ...ending,
      text: structured?.answer?.text ?? lastText(added),
      ...(structured?.answer === undefined ? {} : { structuredOutput: structured.answer.value }),
      turns: run?.turns ?? 0,
      usage: run?.spending.usage ?? noUsage,
      durationMs: now() - startedAt,
      apiDurationMs: run?.apiDurationMs ?? 0,
      permissionDenials: denials,
      messages: added,
      ...(run?.compacted === true ? { conversation: run.history } : {}),
    },
  };
}

async function* runTurns(run: Run): AsyncGenerator<AgentEvent, Ending, undefined> {
  for (;;) {
    if (run.controller.signal.aborted) return interrupted(run);
    const exceeded = run.spending.exceeded(run.turns);
    if (exceeded !== undefined) return { outcome: exceeded };
    if (isDue(run)) yield* compact(run, 'threshold');
    run.turns++;
    yield { type: 'turn-start', turn: run.turns };
    const response = yield* askModel(run);
    if (isOverflow(response) && run.options.compaction !== 'never' && ++run.overflows === 1) {
      yield { type: 'turn-end', turn: run.turns, usage: response.message.usage ?? noUsage };
      if (yield* compact(run, 'overflow')) continue;
    }
    const ending = yield* answer(run, response);
    yield { type: 'turn-end', turn: run.turns, usage: response.message.usage ?? noUsage };
    if (ending !== undefined) return ending;
  }
}

function append(run: Run, message: Message): void {
  run.added.push(message);
  if (message.role === 'user') run.turnId = crypto.randomUUID();
  run.history = [...run.history, message];
}

/** Nothing came, because the conversation does not fit. */
function isOverflow({ message, finish, error }: Response): boolean {
  if (message.content.length > 0) return false;
  return finish?.reason === 'context-overflow' || (isProviderError(error) && error.code === 'PROVIDER_CONTEXT_OVERFLOW');
}

/** Whether the conversation is above the threshold: by the last figure of the vendor, and an estimate for what came after it or without it. */
function isDue(run: Run): boolean {
  const { compaction } = run.options;
  if (compaction === undefined || compaction === 'never' || compaction.thresholdTokens === undefined) return false;
  return run.history.length >= agentLimits.compactionMessagesMin && (contextTokens(run.history) ?? estimatedTokens(run.history)) >= compaction.thresholdTokens;
}

/** Puts one message in the place of the conversation; a prompt that nobody has answered yet stays. False: there is nothing to replace. */
async function* compact(run: Run, trigger: CompactionTrigger): AsyncGenerator<AgentEvent, boolean, undefined> {
  const { stream, origin, sessionId, compaction } = run.options;
  const { turnId } = run;
  const kept = run.history.at(-1)?.role === 'user' ? run.history.slice(-1) : [];
  const replaced = run.history.slice(0, run.history.length - kept.length);
  if (replaced.length === 0) return false;
  const tokens = contextTokens(run.history);
  yield { type: 'compaction-start', trigger, tokens };
  // Loaded when it is needed: few conversations become that long.
  const { compactMessages } = await import('./compaction/compact.ts');
  const { message, usage, failure } = await compactMessages(replaced, {
    stream, origin, sessionId, turnId, signal: run.controller.signal,
    contextTokens: typeof compaction === 'object' ? compaction.contextTokens : undefined,
  });
  run.spending.add(usage);
  run.history = [message, ...kept];
  run.compacted = true;
  yield { type: 'compaction', trigger, message, kept: kept.length, tokens, usage, ...(failure === undefined ? {} : { failure }) };
  return true;
}

interface Response {
  readonly message: AssistantMessage;
  /** Absent where the response did not finish. */
  readonly finish?: FinishEvent;
  readonly error?: unknown;
}

/** One response, asked for again where it broke off. */
async function* askModel(run: Run): AsyncGenerator<AgentEvent, Response, undefined> {
  const { signal } = run.controller;
  for (let attempt = 1; ; attempt++) {
    const response = yield* readResponse(run);
    run.spending.add(response.message.usage ?? noUsage);
    const { error } = response;
    const delayMs = isProviderError(error) ? restartDelayMs(error, attempt, run.options.restarts) : undefined;
    // Before the first event it is a request that failed, and the provider has repeated it as often as makes sense.
    const brokeOff = response.message.content.length > 0 || response.message.responseId !== undefined;
    if (signal.aborted || !brokeOff || delayMs === undefined || !isProviderError(error)) return response;
    yield { type: 'turn-restart', attempt, delayMs, error };
    try {
      await (run.options.sleep ?? defaultSleep)(delayMs, signal);
    } catch {
      return response;
    }
  }
}

function restartDelayMs(error: ProviderError, attempt: number, restarts: RunOptions['restarts']): number | undefined {
  const { turnRestartsMax, turnRestartDelayMs, turnRestartDelayMaxMs } = { ...agentLimits, ...restarts };
  if (!error.retryable || attempt > turnRestartsMax) return undefined;
  const delayMs = error.retryAfterMs ?? Math.min(turnRestartDelayMs * 2 ** (attempt - 1), turnRestartDelayMaxMs);
  return delayMs <= turnRestartDelayMaxMs ? delayMs : undefined;
}

async function* readResponse(run: Run): AsyncGenerator<AgentEvent, Response, undefined> {
  const { options, controller, now } = run;
  const accumulator = createAccumulator(options.origin);
  let finish: FinishEvent | undefined;
  let waitingSince = now();
  try {
    const request: ModelRequest = {
      ...options.settings,
      ...run.structured?.settings(),
      model: options.origin.model,
      system: options.system,
      messages: run.history,
      tools: [...run.tools.values()].map((tool) => tool.definition),
      sessionId: options.sessionId,
      turnId: run.turnId,
    };
    for await (const event of abortable(options.stream(request, { signal: controller.signal }), controller.signal)) {
      run.apiDurationMs += now() - waitingSince;
      accumulator.push(event);
      if (event.type === 'finish') finish = event;
      yield { type: 'model', event };
      waitingSince = now();
    }
  } catch (error) {
    // A fault behind the last event takes nothing away from a finished response.
    if (finish === undefined) return { message: accumulator.message(controller.signal.aborted ? 'aborted' : 'error'), error };
  } finally {
    run.apiDurationMs += now() - waitingSince;
  }
  if (finish !== undefined) return { message: accumulator.message(), finish };
  const error = new ProviderError(
    'PROVIDER_TRUNCATED_STREAM',
    'the stream ended without a finish event',
    { provider: options.origin.provider, retryable: true },
  );
  return { message: accumulator.message('error'), error };
}

/** What follows from a response: results for its calls, and an ending or another turn (undefined). */
async function* answer(run: Run, response: Response): AsyncGenerator<AgentEvent, Ending | undefined, undefined> {
  const { message, finish, error } = response;
  const calls = message.content.filter((part): part is ToolCallPart => part.type === 'tool-call');
  if (message.content.length > 0 || finish !== undefined) {
    append(run, message);
    yield { type: 'message', message };
  }
  if (finish === undefined) {
    if (message.content.length === 0 && run.structured?.fallBack(error) === true) {
      for (const tool of run.structured.tools) run.tools.set(tool.definition.name, tool);
      yield { type: 'model', event: { type: 'warning', message: 'the server refused the schema of the answer: it is asked for by a tool' } };
      return undefined;
    }
    yield* refuse(run, calls, 'Not run: the response broke off.');
    return run.controller.signal.aborted ? interrupted(run) : { outcome: 'error', error };
  }
  switch (finish.reason) {
    case 'tool-use':
    // Some servers name the end of a message that holds calls an ordinary end.
    case 'end':
    case 'stop-sequence':
    case 'pause':
      return yield* carryOn(run, calls, finish);
    case 'length':
      if (calls.length === 0) return { outcome: 'max-tokens' };
      yield* refuse(run, calls, 'Not run: the response was cut at the output limit, so the call may be incomplete. Call again, with shorter arguments or in several steps.');
      if (++run.cutCalls >= agentLimits.cutCallsMax) return { outcome: 'max-tokens' };
      return undefined;
    case 'refusal':
    case 'blocked':
      return yield* fail(run, calls, 'PROVIDER_CONTENT_POLICY', finish.reason === 'refusal' ? 'the model declined to answer' : 'a filter of the vendor cut the answer');
    case 'context-overflow':
      return yield* fail(run, calls, 'PROVIDER_CONTEXT_OVERFLOW', 'the conversation no longer fits the model');
    case 'error':
    case 'aborted':
      return yield* fail(run, calls, 'PROVIDER_MALFORMED_RESPONSE', `the response ended with ${finish.rawReason ?? finish.reason}`);
    default:
      return finish.reason satisfies never;
  }
}

async function* carryOn(
  run: Run,
  calls: readonly ToolCallPart[],
  finish: FinishEvent,
): AsyncGenerator<AgentEvent, Ending | undefined, undefined> {
  if (calls.length === 0) {
    if (finish.reason !== 'pause' && finish.continueTurn !== true) return yield* conclude(run, run.structured?.judgeText(lastText(run.added)));
    if (++run.continuations <= agentLimits.continuationsMax) return undefined;
    return {
      outcome: 'error',
      error: new AgentError('AGENT_NO_PROGRESS', `the model asked to continue ${run.continuations} times in a row without calling a tool`),
    };
  }
  run.continuations = 0;
  run.cutCalls = 0;
  const { permissions, context, ask } = run.options;
  const message = yield* runToolCalls(calls, {
    tools: run.tools,
    permissions,
    context,
    ask,
    now: run.now,
    signal: run.controller.signal,
    stop: () => run.controller.abort(),
    fileChanges: run.options.fileChanges,
    onUsage: run.spending.add,
    remaining: run.spending.remaining,
    onDenied: (call) => run.denials.push({ toolName: call.name, callId: call.id, input: call.input ?? call.inputText }),
  });
  append(run, message);
  yield { type: 'tool-results', message };
  if (run.controller.signal.aborted) return interrupted(run);
  const verdict = run.structured?.judgeCalls();
  if (verdict !== undefined) return yield* conclude(run, verdict);
  yield* steer(run);
  return undefined;
}

/** Puts what the user said meanwhile behind what is there. False: nothing was said. */
async function* steer(run: Run): AsyncGenerator<AgentEvent, boolean, undefined> {
  const said = run.options.takeSteering?.() ?? [];
  for (const message of said) {
    append(run, message);
    yield { type: 'user-message', message };
  }
  return said.length > 0;
}

/** The model is done. Whether the run is, a schema may have a say in. */
async function* conclude(run: Run, verdict: Verdict = { kind: 'answer' }): AsyncGenerator<AgentEvent, Ending | undefined, undefined> {
  switch (verdict.kind) {
    case 'answer':
      return run.structured === undefined && (yield* steer(run)) ? undefined : { outcome: 'success' };
    case 'failure':
      return { outcome: 'error', error: verdict.error };
    case 'repair':
      append(run, verdict.message);
      yield { type: 'user-message', message: verdict.message };
      yield { type: 'model', event: { type: 'warning', message: verdict.warning } };
      return undefined;
    default:
      return verdict satisfies never;
  }
}

async function* refuse(run: Run, calls: readonly ToolCallPart[], reason: string): AsyncGenerator<AgentEvent, void, undefined> {
  if (calls.length === 0) return;
  const message = refuseCalls(calls, reason);
  append(run, message);
  yield { type: 'tool-results', message };
}

async function* fail(
  run: Run,
  calls: readonly ToolCallPart[],
  code: ProviderErrorCode,
  text: string,
): AsyncGenerator<AgentEvent, Ending, undefined> {
  yield* refuse(run, calls, `Not run: ${text}.`);
  return { outcome: 'error', error: new ProviderError(code, text, { provider: run.options.origin.provider }) };
}

function interrupted(run: Run): Ending {
  return { outcome: run.controller.signal.reason === TIME_IS_UP ? 'max-seconds' : 'interrupted' };
}

function lastText(messages: readonly Message[]): string {
  const last = messages.findLast((message) => message.role === 'assistant');
  return last?.content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('') ?? '';
}
