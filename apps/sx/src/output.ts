/**
 * Standard output and error as the program writes them: whole pieces, awaited, so that a slow reader slows the run down
 * instead of filling memory. A reader that went away (EPIPE) is no error: what is written afterwards is dropped, and whoever
 * wants to stop the work listens.
 */
export interface Output {
  readonly isTerminal: boolean;
  /** True once the reader went away, or writing failed. */
  readonly closed: boolean;
  /** The system's code for why writing failed: `ENOSPC`, `EIO`; undefined where the reader just went away. */
  readonly fault: string | undefined;
  /** Resolves when the piece was handed to the system, or dropped. */
  write(text: string): Promise<void>;
  onClosed(listener: () => void): void;
  /** Of the terminal; undefined where it is none, or does not say. */
  size(): { readonly columns: number; readonly rows: number } | undefined;
  onResize(listener: () => void): void;
}

interface Writable {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  write(text: string, done: (error?: Error | null) => void): boolean;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'resize', listener: () => void): unknown;
}

export function createOutput(stream: () => Writable): Output {
  const listeners: (() => void)[] = [];
  let closed = false;
  let fault: string | undefined;
  let opened: Writable | undefined;
  // Process streams are made when they are first asked for; a command that prints nothing does not pay for them.
  const open = (): Writable => {
    if (opened !== undefined) return opened;
    opened = stream();
    opened.on('error', fail);
    return opened;
  };
  // EPIPE, ENOSPC, EIO: nobody can be told on a stream that does not work.
  const fail = (error: Error): void => {
    if (closed) return;
    closed = true;
    const code = 'code' in error ? String(error.code) : 'unknown';
    if (code !== 'EPIPE' && code !== 'ERR_STREAM_DESTROYED') fault = code;
    for (const listener of listeners) listener();
  };
  return {
    get isTerminal() {
      return open().isTTY === true;
    },
    get closed() {
      return closed;
    },
    get fault() {
      return fault;
    },
    write(text) {
      if (closed || text === '') return Promise.resolve();
      return new Promise((resolve) => {
        open().write(text, (error) => {
          if (error !== null && error !== undefined) fail(error);
          resolve();
        });
      });
    },
    onClosed: (listener) => void listeners.push(listener),
    size() {
      const { columns = 0, rows = 0 } = open();
      return columns > 0 && rows > 0 ? { columns, rows } : undefined;
    },
    onResize: (listener) => void open().on('resize', listener),
  };
}
