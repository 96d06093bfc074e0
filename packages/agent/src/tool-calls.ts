/**
 * Runs the calls of one message.
 *
 * In: the calls, in order. Out: events, and one tool message with exactly one result per call, in the order of the calls,
 * whatever happens: unknown tool, arguments that are no JSON, a refusal, a throw, an abort, a tool that never comes back.
 * Calls run beside each other only where all of the message's tools are `parallel`; otherwise one after the other, each
 * looked at (paths resolved, rules asked) when its turn comes, because the call before may have moved a link.
 *
 * For each call: `tool-start` (`tool-denied` | `tool-progress`*) `tool-end`.
 */
import { type ToolCallPart, type ToolMessage, type ToolResultPart, type Usage, type UserPart } from '@sx/llm';

import { orAbort } from './abortable.ts';
import { createEventQueue } from './event-queue.ts';
import type { AgentEvent } from './events.ts';
import type { FileChanges } from './file-changes.ts';
import { agentLimits } from './limits.ts';
import type { PermissionDecision, Permissions } from './permissions/permissions.ts';
import type { Access, Tool, ToolContext, ToolOutput, ToolRunContext } from './tool.ts';

/** What a person is asked. */
export interface PermissionQuestion {
  readonly call: ToolCallPart;
  readonly title: string;
  readonly reason: string;
  readonly accesses: readonly Access[];
  readonly suggestedRule?: string;
  /** What the call would change, as a unified diff. */
  readonly preview?: string;
}

export type PermissionAnswer = { readonly behavior: 'allow' } | { readonly behavior: 'deny'; readonly reason?: string };
export type Ask = (question: PermissionQuestion, options: { readonly signal: AbortSignal }) => Promise<PermissionAnswer>;

export interface ToolCallOptions {
  readonly tools: ReadonlyMap<string, Tool>;
  readonly permissions: Permissions;
  readonly context: ToolContext;
  readonly ask?: Ask | undefined;
  readonly signal: AbortSignal;
  /** Called when the reader of the events leaves while calls run. */
  readonly stop: () => void;
  readonly now: () => number;
  readonly onDenied: (call: ToolCallPart) => void;
  readonly onUsage: (usage: Usage) => void;
  readonly remaining: () => NonNullable<ToolRunContext['remaining']>;
  readonly fileChanges?: FileChanges | undefined;
}

type Push = (event: AgentEvent) => void;

export async function* runToolCalls(
  calls: readonly ToolCallPart[],
  options: ToolCallOptions,
): AsyncGenerator<AgentEvent, ToolMessage, undefined> {
  const queue = createEventQueue();
  const outputs = new Map<ToolCallPart, ToolOutput>();
  const width = calls.every((call) => options.tools.get(call.name)?.parallel === true) ? agentLimits.parallelCallsMax : 1;
  const withAskInTurn = { ...options, ask: options.ask && inTurn(options.ask) };
  const pending = [...calls.entries()];
  const work = async (): Promise<void> => {
    for (let next = pending.shift(); next !== undefined; next = pending.shift()) {
      const [index, call] = next;
      const repeated = calls.findIndex((each) => each.id === call.id) < index;
      outputs.set(call, await runCall(call, index, repeated, withAskInTurn, queue.push));
    }
  };
  const done = Promise.all(Array.from({ length: Math.min(width, calls.length) }, work)).finally(queue.close);
  let readToEnd = false;
  try {
    yield* queue.read();
    readToEnd = true;
  } finally {
    if (!readToEnd) options.stop();
    await done;
  }
  return toToolMessage(calls, (call) => outputs.get(call) ?? failure('no result: the call did not run'));
}

/** Results for calls that must not run: the response was cut, refused or broke off. */
export function refuseCalls(calls: readonly ToolCallPart[], reason: string): ToolMessage {
  return toToolMessage(calls, () => failure(reason));
}

export function failure(text: string): ToolOutput {
  return { isError: true, content: [{ type: 'text', text }] };
}

function toToolMessage(calls: readonly ToolCallPart[], output: (call: ToolCallPart) => ToolOutput): ToolMessage {
  const toResult = (call: ToolCallPart): ToolResultPart => {
    const { isError, content } = output(call);
    return { type: 'tool-result', callId: call.id, name: call.name, isError, content };
  };
  return { role: 'tool', content: calls.map(toResult) };
}

async function runCall(
  call: ToolCallPart,
  index: number,
  repeated: boolean,
  options: ToolCallOptions,
  push: Push,
): Promise<ToolOutput> {
  let startedAt = options.now();
  const end = (output: ToolOutput): ToolOutput => {
    const finished = finalize(output, options.context.redact);
    if (finished.usage !== undefined) options.onUsage(finished.usage);
    push({ type: 'tool-end', call, output: finished, durationMs: options.now() - startedAt });
    return finished;
  };
  const prepared = await prepare(call, index, repeated, options);
  push({ type: 'tool-start', call, title: prepared.kind === 'ready' ? prepared.title : call.name });
  if (prepared.kind === 'refused') return end(failure(prepared.reason));
  const decision = await decide(call, prepared, options);
  if (decision.behavior !== 'allow') {
    push({ type: 'tool-denied', call, reason: decision.reason });
    options.onDenied(call);
    return end(failure(`Permission denied: ${decision.reason}`));
  }
  startedAt = options.now();
  return end(await execute(call, prepared, options, push));
}

type Prepared = ReadyCall | { readonly kind: 'refused'; readonly reason: string };
interface ReadyCall {
  readonly kind: 'ready';
  readonly tool: Tool;
  readonly input: NonNullable<ToolCallPart['input']>;
  readonly title: string;
  readonly accesses: readonly Access[];
}

async function prepare(
  call: ToolCallPart,
  index: number,
  repeated: boolean,
  { tools, context, signal }: ToolCallOptions,
): Promise<Prepared> {
  const refused = (reason: string): Prepared => ({ kind: 'refused', reason });
  if (signal.aborted) return refused(INTERRUPTED);
  if (index >= agentLimits.callsPerMessageMax) {
    return refused(`Not run: a message may hold ${agentLimits.callsPerMessageMax} calls. Call again in the next one.`);
  }
  if (repeated) return refused(`Not run: another call of this message has the same id ${JSON.stringify(call.id)}.`);
  const tool = tools.get(call.name);
  if (tool === undefined) {
    return refused(
      `There is no tool ${JSON.stringify(call.name.slice(0, 200))}. Tools: ${[...tools.keys()].join(', ') || 'none'}.`,
    );
  }
  if (call.input === undefined) {
    return refused(
      `The arguments of ${call.name} are not a JSON object: ${explainArguments(call)}. Nothing was run; call again with valid JSON.`,
    );
  }
  try {
    const accesses = await orAbort(Promise.resolve(tool.accesses(call.input, context)), signal);
    if (accesses.kind === 'invalid') return refused(`${accesses.message} Nothing was run.`);
    return { kind: 'ready', tool, input: call.input, title: accesses.title, accesses: accesses.list };
  } catch (error) {
    return refused(signal.aborted ? INTERRUPTED : defect(call.name, error));
  }
}

function explainArguments(call: ToolCallPart): string {
  if (call.freeform === true) return 'the tool takes JSON arguments, not free text';
  try {
    const value: unknown = JSON.parse(call.inputText);
    return `they are ${Array.isArray(value) ? 'an array' : value === null ? 'null' : `a ${typeof value}`}`;
  } catch (error) {
    return call.inputText.trim() === ''
      ? 'they are empty'
      : error instanceof Error ? error.message.slice(0, 200) : 'they cannot be parsed';
  }
}

/** `ask` becomes an answer: a person's, or a refusal where nobody is there. */
async function decide(
  call: ToolCallPart,
  { tool, input, accesses, title }: ReadyCall,
  options: ToolCallOptions,
): Promise<Exclude<PermissionDecision, { behavior: 'ask' }>> {
  const decision = options.permissions.decide(call.name, accesses);
  if (decision.behavior !== 'ask') {
    return decision.behavior === 'allow' ? decision : { behavior: 'deny', reason: `${decision.reason}.` };
  }
  const { reason, suggestedRule } = decision;
  if (options.ask === undefined) {
    const way = suggestedRule === undefined ? '' : ` The user can allow it with --allow '${suggestedRule}'.`;
    return {
      behavior: 'deny',
      reason: `${reason}, and nobody is there to give it.${way} Do not look for a way around: use what is allowed, or say what you need.`,
    };
  }
  try {
    const preview = await tool.preview?.(input, options.context).catch(() => undefined);
    const question = { call, title, reason, accesses, ...(suggestedRule === undefined ? {} : { suggestedRule }), ...(preview === undefined ? {} : { preview }) };
    const answer = await orAbort(options.ask(question, { signal: options.signal }), options.signal);
    return answer.behavior === 'allow' ? answer : { behavior: 'deny', reason: answer.reason ?? 'the user declined.' };
  } catch {
    return { behavior: 'deny', reason: options.signal.aborted ? INTERRUPTED : 'nobody could be asked.' };
  }
}

async function execute(
  call: ToolCallPart,
  { tool, input, accesses }: ReadyCall,
  options: ToolCallOptions,
  push: Push,
): Promise<ToolOutput> {
  const { context, signal, permissions, fileChanges } = options;
  if (signal.aborted) return failure(INTERRUPTED);
  const edited = accesses.flatMap((access) => (access.action === 'edit' ? [access.path] : []));
  for (const path of edited) fileChanges?.before(path);
  const running = (async () =>
    tool.run(input, {
      ...context,
      signal,
      callId: call.id,
      approved: accesses,
      mayRead: permissions.mayRead,
      mayReach: (host) => permissions.decide(call.name, [{ action: 'network', host }]).behavior === 'allow',
      remaining: options.remaining(),
      onProgress: (text) => push({ type: 'tool-progress', callId: call.id, text: context.redact(text) }),
    }))();
  try {
    return await withGrace(running, signal);
  } catch (error) {
    return failure(signal.aborted ? INTERRUPTED : defect(call.name, error));
  } finally {
    for (const path of edited) fileChanges?.after(path);
  }
}

/** After an abort a tool still gets a moment to clean up and to say how far it got. */
async function withGrace<Value>(running: Promise<Value>, signal: AbortSignal): Promise<Value> {
  try {
    return await orAbort(running, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
    const grace = new AbortController();
    const timer = setTimeout(() => grace.abort(error), agentLimits.toolAbortGraceMs);
    try {
      return await orAbort(running, grace.signal);
    } finally {
      clearTimeout(timer);
    }
  }
}

const INTERRUPTED = 'Interrupted by the user before it was done.';

function defect(name: string, error: unknown): string {
  return `The tool ${name} failed: ${error instanceof Error ? error.message : String(error)}`;
}

/** Never empty, never endless, no secret of ours. */
function finalize(output: ToolOutput, redact: (text: string) => string): ToolOutput {
  const content = output.content.map(
    (part): UserPart => (part.type === 'text' ? { type: 'text', text: cut(redact(part.text)) } : part),
  );
  const isEmpty = content.every((part) => part.type === 'text' && part.text === '');
  return { ...output, content: isEmpty ? [{ type: 'text', text: '(no output)' }] : content };
}

function cut(text: string): string {
  const max = agentLimits.resultCharsMax;
  return text.length <= max ? text : `${text.slice(0, max)}\n[cut: ${text.length - max} more characters]`;
}

/** One question at a time, also where calls run beside each other. */
function inTurn(ask: Ask): Ask {
  let last: Promise<unknown> = Promise.resolve();
  return (question, options) => {
    const answer = last.then(
      () => (options.signal.aborted ? { behavior: 'deny' as const, reason: INTERRUPTED } : ask(question, options)),
    );
    last = answer.catch(() => undefined);
    return answer;
  };
}
