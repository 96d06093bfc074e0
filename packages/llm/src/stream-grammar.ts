/**
 * The grammar of a stream of events (`stream-event.ts`), as a check: for tests of protocols and for scripted models.
 *
 * In: the events of one stream, in order. Out: nothing, or the first rule that is broken.
 */
import type { StreamEvent } from './stream-event.ts';

export interface StreamGrammar {
  /** @throws {Error} that says which rule `event` breaks. */
  check(event: StreamEvent): void;
  /** @throws {Error} where the stream is not finished. */
  end(): void;
}

export function createStreamGrammar(): StreamGrammar {
  let state: 'before' | 'open' | 'finished' = 'before';
  const open = new Set<string>();
  /** Inputs that ended and whose call has not come. */
  const due = new Set<string>();
  /** The input that ended last. */
  let ended: string | undefined;
  const fail = (rule: string): never => {
    throw new Error(`event grammar: ${rule}`);
  };
  const start = (key: string): void => {
    if (open.has(key)) fail(`${key} starts twice`);
    open.add(key);
  };
  const within = (key: string): void => {
    if (!open.has(key)) fail(`${key} goes on without a start`);
  };
  const end = (key: string): void => {
    within(key);
    open.delete(key);
  };
  return {
    check(event) {
      if (state === 'finished') fail(`${event.type} after finish`);
      if (event.type === 'warning' || event.type === 'rate-limits') return;
      if (event.type === 'retry') {
        if (state !== 'before') fail('retry after response-start');
        return;
      }
      if (event.type === 'response-start') {
        if (state !== 'before') fail('response-start twice');
        state = 'open';
        return;
      }
      if (state === 'before') fail(`${event.type} before response-start`);
      switch (event.type) {
        case 'text-start': return start(`text ${event.id}`);
        case 'text-delta': return within(`text ${event.id}`);
        case 'text-end': return end(`text ${event.id}`);
        case 'reasoning-start': return start(`reasoning ${event.id}`);
        case 'reasoning-delta': return within(`reasoning ${event.id}`);
        case 'reasoning-end': return end(`reasoning ${event.id}`);
        case 'tool-input-start': return start(`input ${event.id}`);
        case 'tool-input-delta': return within(`input ${event.id}`);
        case 'tool-input-end':
          end(`input ${event.id}`);
          due.add(event.id);
          ended = event.id;
          return;
        case 'tool-call':
          if (open.has(`input ${event.call.id}`)) fail(`the call ${event.call.id} comes before its input ended`);
          // A server may give the finished call another id than it had; then it comes right behind the end of its input.
          due.delete(due.has(event.call.id) || ended === undefined ? event.call.id : ended);
          ended = undefined;
          return;
        case 'usage': return;
        case 'finish':
          for (const key of open) fail(`${key} is open at finish`);
          // A response that was cut has calls that never came.
          if (event.reason === 'tool-use' || event.reason === 'end') {
            for (const id of due) fail(`the call ${id} has an input but no tool-call`);
          }
          state = 'finished';
          return;
        default: event satisfies never;
      }
    },
    end() {
      if (state !== 'finished') fail('no finish');
    },
  };
}
