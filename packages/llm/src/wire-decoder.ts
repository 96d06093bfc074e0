/**
 * What the decoders of all protocols share, so that a protocol writes only its reducer.
 *
 * In: server-sent events. Out: what the reducer makes of their JSON. Data that is empty, no JSON, or no object is skipped,
 * unless the reducer wants to hear of it; so is a single event in which a known key has the wrong type (the reducer's readers
 * throw `JsonPathError`). A block that the end of the stream cut off counts where its data is whole JSON: servers forget the
 * last empty line. After the protocol's end sign everything is ignored. A fault is sticky: the same error again for whatever
 * comes.
 */
import type { ServerSentEvent } from '@sx/net';
import { sticky } from '@sx/net/sticky';

import { isObject, type JsonObject, JsonPathError, type JsonValue, parseJson } from './json.ts';
import type { ProtocolDecoder } from './protocol.ts';
import type { StreamEvent } from './stream-event.ts';

export interface WireReducer {
  /**
   * Takes the event as it came, where that is quicker than to parse it; it does exactly what `push` would do and return false
   * for.
   *
   * @returns false where it did nothing: the data is to be parsed.
   */
  pushData?(data: string, emit: (event: StreamEvent) => void): boolean;
  /**
   * @param dataChars - Length of the event's JSON, for reducers that keep parts of it and have a limit.
   * @returns true once nothing more can come: the `finish` was emitted.
   */
  push(event: JsonObject, emit: (event: StreamEvent) => void, dataChars: number): boolean;
  /**
   * Data of a whole event that is no object; undefined where it is no JSON at all. For protocols in which no later event repeats
   * what is lost: skipped data would be a hole in the answer. Default: skipped.
   */
  pushOther?(value: JsonValue | undefined, emit: (event: StreamEvent) => void, data: string): boolean;
  /**
   * The end before `push` returned true: of the input, or by the protocol's end sign. Emits `finish` where that is how the
   * protocol ends.
   *
   * @throws {ProviderError} `PROVIDER_TRUNCATED_STREAM` otherwise.
   */
  end(emit: (event: StreamEvent) => void, by: 'input' | 'sign'): void;
  /** As `ProtocolDecoder.isAnswered`. */
  isAnswered?(): boolean;
}

/** @param isEndSign - Data that is no JSON and says that the stream is over (`[DONE]`). Default: there is none. */
export function createWireDecoder(
  reducer: WireReducer,
  isEndSign?: (data: string) => boolean,
): ProtocolDecoder {
  let isOver = false;
  /** One event. Returns true once nothing more can come. */
  const take = (event: ServerSentEvent, emit: (event: StreamEvent) => void): boolean => {
    const { data } = event;
    if (reducer.pushData?.(data, emit) === true) return false;
    if (isEndSign?.(data) === true) {
      reducer.end(emit, 'sign');
      return true;
    }
    const value = parseJson(data);
    if (!isObject(value)) return event.unterminated === true ? false : (reducer.pushOther?.(value, emit, data) ?? false);
    try {
      return reducer.push(value, emit, data.length);
    } catch (error) {
      if (error instanceof JsonPathError) return false;
      throw error;
    }
  };
  return {
    isAnswered: () => reducer.isAnswered?.() ?? false,
    ...sticky<ServerSentEvent, StreamEvent>({
      push(event, emit) {
        isOver ||= take(event, emit);
      },
      end(emit) {
        if (!isOver) reducer.end(emit, 'input');
        isOver = true;
      },
    }),
  };
}
