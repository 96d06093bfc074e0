/**
 * Writes server-sent events (WHATWG HTML, section 9.2). A line break in an event name or an id would let data forge events, so
 * it is refused.
 */
export interface OutgoingEvent {
  readonly event?: string;
  readonly id?: string;
  /** Line feeds become several `data` lines. */
  readonly data: string;
}

const LINE_BREAK = /[\r\n]/;

export function encodeServerSentEvent({ event, id, data }: OutgoingEvent, lineEnd = '\n'): string {
  if (event !== undefined && LINE_BREAK.test(event)) {
    throw new TypeError(`a line break in the event name ${JSON.stringify(event)}`);
  }
  if (id !== undefined && /[\r\n\0]/.test(id)) throw new TypeError(`a line break or NUL in the event id ${JSON.stringify(id)}`);
  if (data.includes('\r')) throw new TypeError('a carriage return in event data would read as a line break');
  const lines = [
    ...(event === undefined ? [] : [`event: ${event}`]),
    ...(id === undefined ? [] : [`id: ${id}`]),
    ...data.split('\n').map((line) => `data: ${line}`),
  ];
  return `${lines.join(lineEnd)}${lineEnd}${lineEnd}`;
}
