/**
 * One line of a session file: what happened, as JSON, in the order in which it happened. Pure.
 *
 * session                       once, first: which conversation this is
 *   run                         a prompt begins; says who answers and, where it changed, under which instructions
 *     message                   the user's, then each of the assistant's
 *     tool-result*              one for each call of the message before, as soon as it is there
 *     compaction                one message stands for what was said before, but for the last `kept` messages
 *   run-end                     absent where the program was killed
 *
 * A message is stored as it is: what a vendor sent (`providerMetadata.raw`) is never taken apart, so that it goes back to the
 * vendor byte for byte. Results are lines of their own, so that a program that dies loses no result that it had.
 */
import {
  type JsonObject,
  JsonPathError,
  type JsonValue,
  type Message,
  numberOr,
  type Origin,
  readNumber,
  readObject,
  readString,
  stringOr,
  type ToolResultPart,
  type UserMessage,
} from '@sx/llm';

import { readOrigin, readStoredMessage, readToolResult } from './read-message.ts';

export const SESSION_FORMAT_VERSION = 1;

export type SessionRecord = SessionHeader | RunRecord | MessageRecord | ToolResultRecord | CompactionRecord | RunEndRecord;

export interface SessionHeader {
  readonly type: 'session';
  readonly version: number;
  /** UUID. */
  readonly id: string;
  readonly createdAtMs: number;
  /** Absolute. */
  readonly workingDirectory: string;
  readonly projectRoot: string;
  /** Who wrote it: `sx/0.1.0`. */
  readonly program: string;
  /** Id of the session that this one continues on its own. */
  readonly forkOf?: string;
}

export interface RunRecord {
  readonly type: 'run';
  readonly atMs: number;
  readonly turnId: string;
  readonly origin: Origin;
  readonly workingDirectory: string;
  /** Absent: as in the run before. Frozen with the conversation, or every cache breaks. */
  readonly system?: string;
}

export interface MessageRecord {
  readonly type: 'message';
  /** The user's or the assistant's; results have records of their own. */
  readonly message: Exclude<Message, { role: 'tool' }>;
}

export interface ToolResultRecord {
  readonly type: 'tool-result';
  /** Which call of the last assistant message it answers, from 0: ids may come twice. */
  readonly index: number;
  readonly result: ToolResultPart;
}

export interface CompactionRecord {
  readonly type: 'compaction';
  readonly message: UserMessage;
  readonly kept: number;
}

export interface RunEndRecord {
  readonly type: 'run-end';
  readonly atMs: number;
  readonly outcome: string;
  readonly turns: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly costUsd?: number;
}

/** The line without its LF; JSON has no raw LF. */
export function encodeRecord(record: SessionRecord): string {
  return JSON.stringify(record);
}

/** Undefined for a kind of record that a later version writes. @throws {JsonPathError} */
export function readRecord(value: JsonValue): SessionRecord | undefined {
  const record = readObject(value, '$');
  const type = readString(record['type'], '$.type');
  switch (type) {
    case 'session':
      return readHeader(record);
    case 'run':
      return {
        type,
        atMs: readNumber(record['atMs'], '$.atMs'),
        turnId: readString(record['turnId'], '$.turnId'),
        origin: readOrigin(record['origin'], '$.origin'),
        workingDirectory: stringOr(record['workingDirectory'], ''),
        ...(record['system'] === undefined ? {} : { system: readString(record['system'], '$.system') }),
      };
    case 'message':
      return { type, message: readStoredMessage(record['message'], '$.message') };
    case 'tool-result':
      return { type, index: readNumber(record['index'], '$.index'), result: readToolResult(record['result'], '$.result') };
    case 'compaction': {
      const message = readStoredMessage(record['message'], '$.message');
      if (message.role !== 'user') throw new JsonPathError('$.message.role', '"user"', message.role);
      return { type, message, kept: readNumber(record['kept'], '$.kept') };
    }
    case 'run-end':
      return {
        type,
        atMs: readNumber(record['atMs'], '$.atMs'),
        outcome: readString(record['outcome'], '$.outcome'),
        turns: numberOr(record['turns'], 0),
        inputTokens: numberOr(record['inputTokens'], 0),
        outputTokens: numberOr(record['outputTokens'], 0),
        ...(typeof record['costUsd'] === 'number' ? { costUsd: record['costUsd'] } : {}),
      };
    default:
      return undefined;
  }
}

function readHeader(record: JsonObject): SessionHeader {
  return {
    type: 'session',
    version: readNumber(record['version'], '$.version'),
    id: readString(record['id'], '$.id'),
    createdAtMs: readNumber(record['createdAtMs'], '$.createdAtMs'),
    workingDirectory: readString(record['workingDirectory'], '$.workingDirectory'),
    projectRoot: readString(record['projectRoot'], '$.projectRoot'),
    program: stringOr(record['program'], ''),
    ...(record['forkOf'] === undefined ? {} : { forkOf: readString(record['forkOf'], '$.forkOf') }),
  };
}
