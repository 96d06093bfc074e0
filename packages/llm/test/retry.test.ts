import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { defaultRetryPolicy, isProviderError, nextDelayMs, noUsage, ProviderError, type StreamEvent, withRetry } from '@sx/llm';

const passing = (more: object = {}): ProviderError => new ProviderError('PROVIDER_SERVER', 'busy', { retryable: true, ...more });
const delay = (attempt: number, error: ProviderError, random = 0.5): number | undefined => nextDelayMs(defaultRetryPolicy, attempt, error, random);

describe('nextDelayMs', () => {
  it('doubles, within a quarter of jitter', () => {
    assert.deepEqual([1, 2, 3, 4].map((attempt) => delay(attempt, passing(), 0)), [375, 750, 1_500, 3_000]);
    assert.deepEqual([1, 2, 3, 4].map((attempt) => delay(attempt, passing(), 0.999999)), [500, 1_000, 2_000, 4_000]);
  });
  it('gives up after four repeats', () => assert.equal(delay(5, passing()), undefined));
  it('never repeats what is not marked', () => assert.equal(delay(1, new ProviderError('PROVIDER_USAGE_LIMIT', 'full')), undefined));
  it('honours what the server asks, never earlier, up to a minute', () => {
    assert.equal(delay(1, passing({ retryAfterMs: 11_054 }), 0), 11_054);
    assert.equal(delay(1, passing({ retryAfterMs: 0 }), 0.5), 0);
    assert.equal(delay(1, passing({ retryAfterMs: 60_000 }), 0.9), 60_000);
    assert.equal(delay(1, passing({ retryAfterMs: 60_001 })), undefined);
  });
});

const done: StreamEvent[] = [
  { type: 'response-start' }, { type: 'text-start', id: 't' }, { type: 'text-delta', id: 't', text: 'x' }, { type: 'text-end', id: 't' },
  { type: 'finish', reason: 'end', usage: noUsage, raw: [] },
];

async function run(attempts: ((StreamEvent | Error)[])[], signal?: AbortSignal): Promise<{ types: string[]; error: unknown; slept: number[]; count: number }> {
  const slept: number[] = [];
  let count = 0;
  async function* attempt(): AsyncGenerator<StreamEvent> {
    const script = attempts[Math.min(count++, attempts.length - 1)] ?? [];
    for (const step of script) {
      if (step instanceof Error) throw step;
      yield step;
    }
  }
  const clock = { sleep: (ms: number) => Promise.resolve(void slept.push(ms)), random: () => 0, now: () => 0 };
  const types: string[] = [];
  try {
    for await (const event of withRetry(attempt, { clock, signal })) types.push(event.type);
    return { types, error: undefined, slept, count };
  } catch (error) {
    return { types, error, slept, count };
  }
}

describe('withRetry', () => {
  it('announces each repeat before it waits, and then streams', async () => {
    const { types, slept } = await run([[passing()], [passing({ retryAfterMs: 7 })], done]);
    assert.deepEqual(types, ['retry', 'retry', ...done.map(({ type }) => type)]);
    assert.deepEqual(slept, [375, 7]);
  });
  it('makes five requests at most', async () => {
    const { count, types } = await run([[passing()]]);
    assert.deepEqual([count, types], [5, ['retry', 'retry', 'retry', 'retry']]);
  });
  it('repeats a response that failed right after its start, and shows nothing of it', async () => {
    const { types } = await run([[{ type: 'response-start' }, { type: 'warning', message: 'w' }, passing()], done]);
    assert.deepEqual(types, ['retry', ...done.map(({ type }) => type)]);
  });
  it('never repeats once content was shown', async () => {
    const { count, error } = await run([[...done.slice(0, 3), passing()], done]);
    assert.equal(count, 1);
    assert.ok(isProviderError(error));
  });
  it('makes one request where the usage limit is reached', async () => {
    assert.equal((await run([[new ProviderError('PROVIDER_USAGE_LIMIT', 'full', { retryAfterMs: 5 })]])).count, 1);
  });
  it('says until when, where the wait is too long to wait', async () => {
    const { error, count } = await run([[passing({ retryAfterMs: 3_600_000 })]]);
    assert.ok(isProviderError(error));
    assert.deepEqual([count, error.resetsAtMs], [1, 3_600_000]);
    assert.match(error.message, /3,600 s, until 1970-01-01T01:00:00/);
  });
  it('lets a defect through', async () => {
    const defect = new TypeError('bug');
    assert.equal((await run([[defect]])).error, defect);
  });
  it('ends with PROVIDER_ABORTED where the signal came while waiting', async () => {
    const { error, count } = await run([[passing()]], AbortSignal.abort());
    assert.ok(isProviderError(error) && error.code === 'PROVIDER_ABORTED');
    assert.equal(count, 1);
  });
});
