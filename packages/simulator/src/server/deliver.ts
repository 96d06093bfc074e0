/**
 * Sends events as a chunked `text/event-stream`, in the pieces and at the pace that the scenario asks for, and breaks off where
 * it says.
 *
 * In: an iterable of events, pulled one by one as the socket takes them. Out: bytes. A client that goes away ends it at once.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { JournalEntry } from './journal.ts';
import type { Delivery } from './scenario.ts';
import { encodeServerSentEvent, type OutgoingEvent } from './sse-writer.ts';

export interface DeliveryTarget {
  readonly response: ServerResponse;
  readonly journal: JournalEntry;
  /** Breaks the TCP connection with RST. */
  reset(): void;
}

export async function deliverEvents(
  target: DeliveryTarget,
  headers: Readonly<Record<string,
  string>>,
  events: Iterable<OutgoingEvent>,
  delivery: Delivery,
): Promise<void> {
  const { response, journal } = target;
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  journal.status = 200;
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache', ...headers });
  response.flushHeaders();
  const lineEnd = delivery.lineEnd === 'crlf' ? '\r\n' : '\n';
  const stopAfter = delivery.stopAfterEvents ?? Infinity;
  try {
    const writer = createPieceWriter(response, delivery, gone.signal);
    if (delivery.bom === true) await writer.write('\uFEFF');
    for (const event of stopAfter === 0 ? [] : events) {
      if (delivery.comment !== undefined) await writer.write(`: ${delivery.comment}${lineEnd}${lineEnd}`);
      await writer.write(encodeServerSentEvent(event, lineEnd));
      journal.events += 1;
      if (journal.events >= stopAfter) break;
    }
    await writer.flush();
    if (stopAfter !== Infinity) return stop(target, delivery);
    if (delivery.holdOpen !== true) response.end();
  } catch (fault) {
    if (!gone.signal.aborted) throw fault;
  }
}

function stop({ response, reset }: DeliveryTarget, delivery: Delivery): void {
  switch (delivery.stop ?? 'end') {
    case 'stall':
      return;
    case 'end':
      response.end();
      return;
    case 'truncate':
      // Past node:http, which would never announce 255 bytes and send fewer.
      response.socket?.end('ff\r\ndata: {"type":"response.output_text.de');
      return;
    case 'reset':
      reset();
  }
}

interface PieceWriter {
  write(text: string): Promise<void>;
  flush(): Promise<void>;
}

function createPieceWriter(response: ServerResponse, { chunkBytes, delayMs = 0 }: Delivery, gone: AbortSignal): PieceWriter {
  let held: Buffer[] = [];
  let heldBytes = 0;
  const send = async (piece: Buffer | string): Promise<void> => {
    gone.throwIfAborted();
    if (!response.write(piece)) await once(response, 'drain', { signal: gone });
    if (delayMs > 0) await delay(delayMs, undefined, { signal: gone });
  };
  return {
    async write(text) {
      if (chunkBytes === undefined) return send(text);
      held.push(Buffer.from(text));
      heldBytes += held.at(-1)?.length ?? 0;
      if (heldBytes < chunkBytes) return;
      const bytes = Buffer.concat(held);
      const whole = heldBytes - (heldBytes % chunkBytes);
      held = [bytes.subarray(whole)];
      heldBytes -= whole;
      for (let at = 0; at < whole; at += chunkBytes) await send(bytes.subarray(at, at + chunkBytes));
    },
    async flush() {
      if (heldBytes > 0) await send(Buffer.concat(held));
      held = [];
      heldBytes = 0;
    },
  };
}
