/**
 * Carries events from tools that push to a reader that pulls.
 *
 * Bounded by construction: a call gives one event of each kind, and waiting progress of one call is joined into one
 * event of at most `progressCharsMax` characters, the newest. A slow reader loses old progress and nothing else.
 */
import type { AgentEvent } from './events.ts';
import { agentLimits } from './limits.ts';

export interface EventQueue {
  push(event: AgentEvent): void;
  /** No more events. What waits is still read. */
  close(): void;
  read(): AsyncGenerator<AgentEvent, void, undefined>;
}

export function createEventQueue(): EventQueue {
  const events: AgentEvent[] = [];
  let closed = false;
  let wake: () => void = () => undefined;

  return {
    push(event) {
      if (closed) return;
      const last = events.findLastIndex(
        (each) => each.type === 'tool-progress' && event.type === 'tool-progress' && each.callId === event.callId,
      );
      const waiting = events[last];
      if (event.type === 'tool-progress' && waiting?.type === 'tool-progress') {
        events[last] = { ...event, text: (waiting.text + event.text).slice(-agentLimits.progressCharsMax) };
      } else events.push(event);
      wake();
    },
    close() {
      closed = true;
      wake();
    },
    async *read() {
      for (;;) {
        const event = events.shift();
        if (event !== undefined) yield event;
        else if (closed) return;
        else await new Promise<void>((resolve) => void (wake = resolve));
      }
    },
  };
}
