/** Plays the recording as agent events, at the pace of a model. Opens nothing, runs nothing, asks nobody. */
import { setTimeout as sleep } from 'node:timers/promises';

import type { AgentEvent } from '@sx/agent';
import type { Usage } from '@sx/llm';

import { DEMO_PROMPT, DEMO_TURNS, type RecordedResult } from './recording.ts';

/** The package of models would bring the network along. */
const NOTHING: Usage = {
  inputTokens: undefined,
  cacheReadTokens: undefined,
  cacheWriteTokens: undefined,
  outputTokens: undefined,
  reasoningTokens: undefined,
};
const EVENT_MS = 18;
const TOOL_MS = 400;

/** @param pace - 1 as recorded, 0 at once. */
export async function* playDemo(signal: AbortSignal, pace = 1): AsyncGenerator<AgentEvent, void, undefined> {
  const wait = async (ms: number): Promise<boolean> => {
    if (pace > 0) await sleep(ms * pace, undefined, { signal }).catch(() => undefined);
    return !signal.aborted;
  };
  let usage = NOTHING;
  let turns = 0;
  const end = (outcome: 'success' | 'interrupted'): AgentEvent => ({
    type: 'run-end',
    result: { outcome, text: '', turns, usage, durationMs: 0, apiDurationMs: 0, permissionDenials: [], messages: [] },
  });
  yield { type: 'run-start', sessionId: 'demo', turnId: 'demo', model: 'demo', provider: 'demo', toolNames: [] };
  yield { type: 'user-message', message: { role: 'user', content: [{ type: 'text', text: DEMO_PROMPT }] } };
  for (const { events, results } of DEMO_TURNS) {
    turns += 1;
    yield { type: 'turn-start', turn: turns };
    let turnUsage = NOTHING;
    for (const event of events) {
      if (!(await wait(EVENT_MS))) return yield end('interrupted');
      yield { type: 'model', event };
      if (event.type === 'finish') turnUsage = event.usage;
    }
    for (const result of results) {
      yield { type: 'tool-start', call: result.call, title: result.title };
      if (!(await wait(TOOL_MS))) return yield end('interrupted');
      yield ended(result);
    }
    usage = turnUsage;
    yield { type: 'turn-end', turn: turns, usage: turnUsage };
  }
  yield end('success');
}

function ended({ call, text, summary, isError = false, changes }: RecordedResult): AgentEvent {
  return {
    type: 'tool-end', call, durationMs: TOOL_MS,
    output: {
      isError,
      content: [{ type: 'text', text }],
      summary,
      ...(changes === undefined ? {} : { changedFiles: [{ path: changes, kind: 'update' }] }),
    },
  };
}
