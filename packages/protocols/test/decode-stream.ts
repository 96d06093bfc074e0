/** The data of one stream through a protocol's decoder, checked against the grammar of events: for the tests of every protocol. */
import type { AssistantMessage, JsonValue, Protocol, ProtocolContext, StreamEvent } from '@sx/llm';
import { collectEvents } from '@sx/testkit';

export interface Decoded {
  readonly events: readonly StreamEvent[];
  readonly error: unknown;
  readonly message: AssistantMessage;
}

/** Data as they stand in the stream: values as JSON, text as it is. */
export function decodeStream(protocol: Protocol, context: ProtocolContext, list: readonly (JsonValue | undefined)[]): Decoded {
  const decoder = protocol.createDecoder(context);
  const { events, accumulator, emit } = collectEvents(context);
  let error: unknown;
  try {
    for (const value of list) {
      decoder.push({ event: 'message', data: typeof value === 'string' ? value : JSON.stringify(value), id: '' }, emit);
    }
    decoder.end(emit);
  } catch (caught) {
    error = caught;
  }
  return { events, error, message: accumulator.message() };
}
