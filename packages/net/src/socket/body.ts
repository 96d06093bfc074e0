/**
 * The body of one response: what the decoder completed and the caller has not pulled yet.
 *
 * Pieces wait here only while nobody pulls. The first piece that has to wait pauses the socket, and pulling past the last
 * one resumes it, so at most what one socket read delivered is held. A piece that a caller already waits for goes straight
 * through. A fault is thrown after the pieces that came before it; an abort is thrown at once.
 */
import type { Fields } from '../fields.ts';
import { NetError } from '../net-error.ts';
import type { HttpBody } from '../transport.ts';

/** What a body can ask of its exchange. */
export interface BodySource {
  pause(): void;
  resume(): void;
  /** The caller lost interest. Does nothing once the exchange has ended. */
  cancel(): void;
}

type Ending = 'complete' | 'closed' | { readonly error: unknown };

interface Waiter {
  resolve(result: IteratorResult<Uint8Array, void>): void;
  reject(error: unknown): void;
}

const DONE: IteratorResult<Uint8Array, void> = { done: true, value: undefined };

export class ResponseBody implements HttpBody, AsyncIterator<Uint8Array, void> {
  trailers: Fields = [];
  readonly #source: BodySource;
  #pieces: Uint8Array[] = [];
  #waiter: Waiter | undefined;
  #ending: Ending | undefined;
  #iterated = false;

  constructor(source: BodySource) {
    this.#source = source;
  }

  get state(): HttpBody['state'] {
    if (this.#ending === undefined || this.#pieces.length > 0) return this.#iterated ? 'reading' : 'unread';
    return typeof this.#ending === 'object' ? 'failed' : this.#ending;
  }

  push(piece: Uint8Array): void {
    const waiter = this.#waiter;
    if (waiter === undefined) {
      this.#pieces.push(piece);
      this.#source.pause();
      return;
    }
    this.#waiter = undefined;
    waiter.resolve({ done: false, value: piece });
  }

  finish(ending: 'complete' | 'closed', trailers: Fields): void {
    if (this.#ending !== undefined) return;
    this.trailers = trailers;
    this.#ending = ending;
    this.#waiter?.resolve(DONE);
    this.#waiter = undefined;
  }

  /** @param dropPieces - An abort does not hand out what had arrived. */
  fail(error: unknown, dropPieces: boolean): void {
    if (this.#ending !== undefined) return;
    this.#ending = { error };
    if (dropPieces) this.#pieces = [];
    this.#waiter?.reject(error);
    this.#waiter = undefined;
  }

  cancel(): void {
    this.#pieces = [];
    this.#source.cancel();
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, void> {
    if (this.#iterated) throw new NetError('NET_BAD_REQUEST', 'a response body can be read once', { where: 'body' });
    this.#iterated = true;
    return this;
  }

  next(): Promise<IteratorResult<Uint8Array, void>> {
    const piece = this.#pieces.shift();
    if (piece !== undefined) return Promise.resolve({ done: false, value: piece });
    if (this.#ending !== undefined) {
      return typeof this.#ending === 'object' ? Promise.reject(this.#ending.error) : Promise.resolve(DONE);
    }
    if (this.#waiter !== undefined) {
      return Promise.reject(new NetError('NET_BAD_REQUEST', 'a response body has one reader at a time', { where: 'body' }));
    }
    const result = new Promise<IteratorResult<Uint8Array, void>>((resolve, reject) => {
      this.#waiter = { resolve, reject };
    });
    // After the waiter is set: resuming may deliver at once.
    this.#source.resume();
    return result;
  }

  return(): Promise<IteratorResult<Uint8Array, void>> {
    this.cancel();
    return Promise.resolve(DONE);
  }
}
