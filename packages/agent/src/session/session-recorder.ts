/**
 * Writes a run down while it happens. Events pass through unchanged; each is on file before the reader sees it, so what was shown
 * was kept, and a tool starts only when its call is on file. Synced to the disk turn by turn.
 *
 * What cannot be written (a full disk, a record above the limit) ends the recording, not the run: `onLost` is told once.
 */
import type { ToolCallPart, ToolResultPart, Usage, UserPart } from '@sx/llm';

import type { AgentEvent } from '../events.ts';
import type { SessionRecord } from './session-record.ts';

/** What a recorder writes to; `session-file.ts` makes one. */
export interface SessionLog {
  append(records: readonly SessionRecord[]): Promise<void>;
  /** To the disk. */
  sync(): Promise<void>;
}

export interface RecordOptions {
  readonly prompt: readonly UserPart[];
  readonly log: SessionLog;
  readonly protocol: string;
  readonly baseUrl?: string | undefined;
  readonly workingDirectory: string;
  /** Undefined: as in the run before. */
  readonly system: string | undefined;
  readonly onLost: (error: unknown) => void;
  /** Wall clock. */
  readonly nowMs?: () => number;
}

export async function* recordRun(
  events: AsyncIterable<AgentEvent>,
  options: RecordOptions,
): AsyncGenerator<AgentEvent, void, undefined> {
  const toRecords = createMapper(options);
  let lost = false;
  for await (const event of events) {
    if (!lost) {
      try {
        const records = toRecords(event);
        if (records.length > 0) await options.log.append(records);
        // A turn is synced before the next one begins; the last one together with the end of the run.
        if ((event.type === 'turn-start' && event.turn > 1) || event.type === 'compaction' || event.type === 'run-end') {
          await options.log.sync();
        }
      } catch (error) {
        lost = true;
        options.onLost(error);
      }
    }
    yield event;
  }
}

/** Events to records. Each result is written once: when its tool ended, else with the message that answers all calls. */
function createMapper(options: RecordOptions): (event: AgentEvent) => SessionRecord[] {
  const nowMs = options.nowMs ?? Date.now;
  let calls: readonly ToolCallPart[] = [];
  let written = new Set<number>();
  const toResult = (index: number, result: ToolResultPart): SessionRecord[] => {
    if (index === -1 || written.has(index)) return [];
    written.add(index);
    return [{ type: 'tool-result', index, result }];
  };
  return (event) => {
    switch (event.type) {
      case 'run-start': {
        const { provider, model, turnId } = event;
        const origin = {
          provider,
          protocol: options.protocol,
          model,
          ...(options.baseUrl === undefined ? {} : { baseUrl: options.baseUrl }),
        };
        const system = options.system === undefined ? {} : { system: options.system };
        return [
          { type: 'run', atMs: nowMs(), turnId, origin, workingDirectory: options.workingDirectory, ...system },
          { type: 'message', message: { role: 'user', content: options.prompt } },
        ];
      }
      case 'message':
        calls = event.message.content.filter((part) => part.type === 'tool-call');
        written = new Set();
        return [{ type: 'message', message: event.message }];
      case 'user-message':
        return [{ type: 'message', message: event.message }];
      case 'tool-end': {
        const { isError, content } = event.output;
        return toResult(
          calls.indexOf(event.call),
          { type: 'tool-result', callId: event.call.id, name: event.call.name, isError, content },
        );
      }
      case 'tool-results':
        return event.message.content.flatMap((result, index) => toResult(index, result));
      case 'run-end': {
        const { outcome, turns, usage } = event.result;
        const cost = usage.costUsd === undefined ? {} : { costUsd: usage.costUsd };
        return [
          {
            type: 'run-end',
            atMs: nowMs(),
            outcome,
            turns,
            inputTokens: promptTokens(usage),
            outputTokens: usage.outputTokens ?? 0,
            ...cost,
          },
        ];
      }
      case 'compaction':
        return [{ type: 'compaction', message: event.message, kept: event.kept }];
      case 'turn-start':
      case 'compaction-start':
      case 'model':
      case 'tool-start':
      case 'tool-progress':
      case 'tool-denied':
      case 'turn-end':
      case 'turn-restart':
        return [];
      default:
        return event satisfies never;
    }
  };
}

function promptTokens({ inputTokens, cacheReadTokens, cacheWriteTokens }: Usage): number {
  return (inputTokens ?? 0) + (cacheReadTokens ?? 0) + (cacheWriteTokens ?? 0);
}
