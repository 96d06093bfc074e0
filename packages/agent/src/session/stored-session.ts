/**
 * A conversation out of its records. Pure: records in, in order; the messages as they can be sent again out.
 *
 * Every call has exactly one result behind its message. A call without one was under way when the program ended: it gets a result
 * that says so, because nobody knows how far it came. Records that fit nowhere (a result of no call, a second header) are
 * passed over.
 */
import type { AssistantMessage, Message, Origin, ToolCallPart, ToolResultPart, UserMessage } from '@sx/llm';

import { COMPACTED_OPENING } from '../compaction/compacted-opening.ts';
import { agentLimits } from '../limits.ts';
import type { SessionFault, SessionLine } from './session-decoder.ts';
import type { SessionHeader, SessionRecord } from './session-record.ts';

export interface StoredSession {
  readonly header: SessionHeader;
  /** What is sent when it goes on: since the last compaction. */
  readonly messages: readonly Message[];
  /** All that was said, in order, what compactions replaced included. */
  readonly transcript: readonly Message[];
  /** What the user said, in order, what compactions replaced included. */
  readonly prompts: readonly UserMessage[];
  /** Instructions and directory of the last run; undefined where there was none. */
  readonly system: string | undefined;
  readonly workingDirectory: string;
  readonly origin: Origin | undefined;
  readonly runs: number;
  readonly turns: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly costUsd: number | undefined;
  readonly updatedAtMs: number;
  /** Lines that could not be read; at most `sessionFaultsMax`. */
  readonly faults: readonly SessionFault[];
  readonly faultCount: number;
  /** Calls that had no result. */
  readonly interruptedCalls: number;
  /** Where the file ends in the middle of a line, that line's offset. */
  readonly tornAt: number | undefined;
  /** The last line lacks its LF. */
  readonly unended: boolean;
}

export interface SessionFold {
  add(line: SessionLine): void;
  /** Undefined where no header was read: this is no session file. */
  session(): StoredSession | undefined;
}

export const INTERRUPTED_CALL =
  'Interrupted: the program ended before this call was done. Whether it had an effect is not known; look before you repeat it.';

interface Asked {
  readonly message: AssistantMessage;
  readonly calls: readonly ToolCallPart[];
  readonly results: (ToolResultPart | undefined)[];
}

/** @param beforePrompt - The conversation as it was before this one of its `prompts`, from 0; what came later is passed over. */
export function createSessionFold(beforePrompt = Infinity): SessionFold {
  let header: SessionHeader | undefined;
  let system: string | undefined;
  let workingDirectory: string | undefined;
  let origin: Origin | undefined;
  const entries: (Message | Asked)[] = [];
  /** Of `entries`, what is still sent. */
  let live: (Message | Asked)[] = [];
  let asked: Asked | undefined;
  const prompts: UserMessage[] = [];
  let isCut = false;
  const sums = { runs: 0, turns: 0, inputTokens: 0, outputTokens: 0, updatedAtMs: 0, faultCount: 0 };
  let costUsd: number | undefined;
  const faults: SessionFault[] = [];
  let tornAt: number | undefined;
  let unended = false;

  const addRecord = (record: SessionRecord): void => {
    switch (record.type) {
      case 'session':
        header ??= record;
        sums.updatedAtMs = Math.max(sums.updatedAtMs, record.createdAtMs);
        return;
      case 'run':
        sums.runs += 1;
        sums.updatedAtMs = Math.max(sums.updatedAtMs, record.atMs);
        ({ origin, workingDirectory } = record);
        system = record.system ?? system;
        asked = undefined;
        return;
      case 'message': {
        const { message } = record;
        if (isPrompt(message)) {
          isCut = prompts.length >= beforePrompt;
          if (isCut) return;
          prompts.push(message);
        }
        const calls = message.role === 'assistant' ? message.content.filter((part) => part.type === 'tool-call') : [];
        asked = message.role === 'assistant' && calls.length > 0
          ? { message, calls, results: calls.map(() => undefined) }
          : undefined;
        entries.push(asked ?? message);
        live.push(asked ?? message);
        return;
      }
      case 'tool-result':
        // The first counts: what the model was shown.
        if (asked?.calls[record.index]?.id === record.result.callId) asked.results[record.index] ??= record.result;
        return;
      case 'compaction':
        // Results belong to their call's entry, so entries are messages but for results: what is kept is a prompt.
        live = [record.message, ...live.slice(live.length - Math.min(Math.max(record.kept, 0), live.length))];
        entries.push(record.message);
        asked = undefined;
        return;
      case 'run-end':
        sums.turns += record.turns;
        sums.inputTokens += record.inputTokens;
        sums.outputTokens += record.outputTokens;
        sums.updatedAtMs = Math.max(sums.updatedAtMs, record.atMs);
        if (record.costUsd !== undefined) costUsd = (costUsd ?? 0) + record.costUsd;
        return;
      default:
        record satisfies never;
    }
  };

  return {
    add(line) {
      if (isCut) return;
      if (line.kind === 'record') addRecord(line.record);
      else if (line.kind === 'torn') tornAt = line.offset;
      else if (line.kind === 'unended') unended = true;
      else {
        sums.faultCount += 1;
        if (faults.length < agentLimits.sessionFaultsMax) faults.push(line.fault);
      }
    },
    session() {
      if (header === undefined) return undefined;
      const interruptedCalls = entries.reduce(
        (sum, entry) => sum + ('calls' in entry ? entry.results.filter((result) => result === undefined).length : 0),
        0,
      );
      const place = workingDirectory === undefined || workingDirectory === '' ? header.workingDirectory : workingDirectory;
      return {
        header,
        messages: live.flatMap(toMessages),
        transcript: entries.flatMap(toMessages),
        prompts,
        system,
        workingDirectory: place,
        origin,
        ...sums,
        costUsd,
        faults,
        interruptedCalls,
        tornAt,
        unended,
      };
    },
  };
}

/** A copied conversation may begin with what a compaction left. */
function isPrompt(message: Message): message is UserMessage {
  const [first] = message.role === 'user' ? message.content : [];
  return message.role === 'user' && !(first?.type === 'text' && first.text.startsWith(COMPACTED_OPENING));
}

function toMessages(entry: Message | Asked): Message[] {
  if (!('calls' in entry)) return [entry];
  const content = entry.calls.map((call, index) => entry.results[index] ?? interrupted(call));
  return [entry.message, { role: 'tool', content }];
}

function interrupted(call: ToolCallPart): ToolResultPart {
  return {
    type: 'tool-result',
    callId: call.id,
    name: call.name,
    isError: true,
    content: [{ type: 'text', text: INTERRUPTED_CALL }],
  };
}

/** The other way: messages as the records that give them back. Results that were made up for interrupted calls become real. */
export function toRecords(messages: readonly Message[]): SessionRecord[] {
  return messages.flatMap((message): SessionRecord[] =>
    message.role === 'tool'
      ? message.content.map((result, index) => ({ type: 'tool-result', index, result }))
      : [{ type: 'message', message }],
  );
}
