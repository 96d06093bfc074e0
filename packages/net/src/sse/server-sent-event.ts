/** One dispatched event of an event stream (WHATWG HTML, section 9.2.6). */
export interface ServerSentEvent {
  /** The `event` field, or `message`. */
  readonly event: string;
  /** The `data` lines, joined by line feeds; at most `sseEventBytesMax` bytes. */
  readonly data: string;
  /** The last event id as of this event; empty where there was none. */
  readonly id: string;
  /**
   * True for a block that the end of the stream cut off before its empty line. The standard discards it; servers that
   * forget the last empty line are common, so it is handed out by `end()`, marked, and a protocol decides.
   */
  readonly unterminated?: boolean;
}
