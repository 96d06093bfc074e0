/**
 * One socket and the exchange that it carries, if any. No pipelining: one exchange at a time (RFC 9112, section 9.3.2).
 *
 * In: a dialed socket. Its five events are listened to once, for the life of the socket, and go to the exchange in progress.
 * States: `busy` (an exchange owns it, or is about to) → `idle` (in the pool) → `busy` … → `closed`, for good.
 *
 * Whatever an idle socket says is its end: bytes (an answer nobody asked for would be taken for that of the next request),
 * FIN, RST. Closing sends TLS's closure alert (`destroySoon`), with `destroy` as the deadline; an abort destroys at once.
 */
import type { Socket } from 'node:net';

import type { WireTrace } from '../trace.ts';
import type { Dialed } from './dialer-contract.ts';
import { ConnectionDeadline, type Clock } from './connection-deadline.ts';

/** What happens on the socket while an exchange owns it. */
export interface ConnectionUser {
  receive(bytes: Uint8Array): void;
  /** FIN, or a TLS closure alert: Node shows both alike. */
  ended(): void;
  /** The socket is gone. */
  broke(error: Error | undefined): void;
  due(clock: Clock): void;
}

export interface ConnectionOptions {
  readonly poolKey: string;
  /** `host` or `host:port`, for messages. */
  readonly host: string;
  readonly closeTimeoutMs: number;
  readonly trace: WireTrace | undefined;
  /** Called once, when the connection can carry nothing any more. */
  readonly onClosed: (connection: Connection) => void;
}

export class Connection {
  readonly id: number;
  readonly dialed: Dialed;
  readonly poolKey: string;
  readonly host: string;
  readonly deadline: ConnectionDeadline;
  readonly #socket: Socket;
  readonly #options: ConnectionOptions;
  #user: ConnectionUser | undefined;
  #paused = false;
  /** Writes that the operating system has not taken yet. */
  #writing = 0;
  #onTaken: () => void = () => undefined;
  #closed = false;
  /** Number of the request in progress, or of the last one, as the wire trace counts them. */
  #request = 0;

  constructor(dialed: Dialed, options: ConnectionOptions) {
    this.id = dialed.connectionId;
    this.dialed = dialed;
    this.poolKey = options.poolKey;
    this.host = options.host;
    this.#socket = dialed.socket;
    this.#options = options;
    this.deadline = new ConnectionDeadline((clock) => this.#due(clock));
    // `error` first: a socket that broke meanwhile reports it as soon as it is asked to read.
    this.#socket.on('error', this.#onError);
    this.#socket.on('close', this.#onClose);
    this.#socket.on('end', this.#onEnd);
    this.#socket.on('data', this.#onData);
  }

  /** Whether an exchange may begin: alive, and the last request is all out. */
  get usable(): boolean {
    return !this.#closed && this.#user === undefined && this.#writing === 0 && this.#socket.writable;
  }

  begin(user: ConnectionUser, request: number): void {
    this.#user = user;
    this.#request = request;
  }

  /** Ends the exchange: from now on every byte is one too many. */
  release(): void {
    this.#user = undefined;
    this.#options.trace?.exchangeEnded(this.id);
    this.deadline.stop('head');
    this.deadline.stop('idle');
    this.deadline.stop('write');
  }

  enterIdle(keepAliveMs: number): void {
    this.resume();
    this.#socket.unref();
    this.deadline.start('keep-alive', keepAliveMs);
  }

  leaveIdle(): void {
    this.#socket.ref();
    this.deadline.stop('keep-alive');
  }

  /** @param onTaken - Called when the operating system has taken the bytes, not where the socket broke. Write again after it. */
  write(bytes: Uint8Array, onTaken: () => void): void {
    this.#options.trace?.bytes(this.id, this.#request, 'sent', bytes);
    this.#writing += 1;
    this.#onTaken = onTaken;
    this.#socket.write(bytes, this.#onWritten);
  }

  /** Every byte of the request was given to `write`. */
  requestSent(): void {
    this.#options.trace?.requestSent(this.id);
  }

  pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.#socket.pause();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#socket.resume();
  }

  /** Says goodbye as far as TLS asks for it, without waiting for an answer longer than `closeTimeoutMs`. */
  close(reason: string): void {
    if (!this.#finish(reason)) return;
    this.deadline.start('close', this.#options.closeTimeoutMs);
    this.#socket.unref();
    this.#socket.destroySoon();
  }

  /** Ends the connection this instant, without a word to the peer. */
  destroy(reason: string): void {
    if (!this.#finish(reason)) return;
    this.#socket.destroy();
  }

  #finish(reason: string): boolean {
    if (this.#closed) return false;
    this.#closed = true;
    this.#user = undefined;
    this.deadline.clear();
    this.#options.trace?.closed(this.id, reason);
    this.#options.onClosed(this);
    return true;
  }

  readonly #onData = (bytes: Uint8Array): void => {
    if (this.#closed) return;
    this.#options.trace?.bytes(this.id, this.#request, 'received', bytes);
    if (this.#user === undefined) this.destroy('bytes that no request asked for');
    else this.#user.receive(bytes);
  };

  readonly #onWritten = (error?: Error | null): void => {
    this.#writing -= 1;
    if (error === undefined || error === null) this.#onTaken();
  };

  readonly #onEnd = (): void => {
    if (this.#user === undefined) this.close('closed by the server while idle');
    else this.#user.ended();
  };

  readonly #onError = (error: Error): void => {
    const user = this.#user;
    if (user === undefined) this.destroy('broken while idle');
    else user.broke(error);
  };

  readonly #onClose = (): void => {
    const user = this.#user;
    if (user === undefined) this.destroy('closed while idle');
    else user.broke(undefined);
    this.deadline.clear();
    this.#socket.removeListener('error', this.#onError);
    this.#socket.removeListener('close', this.#onClose);
    this.#socket.removeListener('end', this.#onEnd);
    this.#socket.removeListener('data', this.#onData);
  };

  #due(clock: Clock): void {
    if (clock === 'close') this.#socket.destroy();
    else if (clock === 'keep-alive') this.close('keep-alive expired');
    else this.#user?.due(clock);
  }
}
