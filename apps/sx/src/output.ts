/**
 * Standard output and error as the program writes them: whole pieces, awaited, so that a slow reader slows the run down
 * instead of filling memory. A reader that went away (EPIPE) is no error: what is written afterwards is dropped, and whoever
 * wants to stop the work listens.
 */
export interface Output {
  readonly isTerminal: boolean;
  /** True once the reader went away. */
  readonly closed: boolean;
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
  let opened: Writable | undefined;
  // Process streams are made when they are first asked for; a command that prints nothing does not pay for them.
  const open = (): Writable => {
    if (opened !== undefined) return opened;
    opened = stream();
    // EPIPE, ENOSPC, EIO: nobody can be told on a stream that does not work.
    opened.on('error', () => {
      if (closed) return;
      closed = true;
      for (const listener of listeners) listener();
    });
    return opened;
  };
  return {
    get isTerminal() {
      return open().isTTY === true;
    },
    get closed() {
      return closed;
    },
    write(text) {
      if (closed || text === '') return Promise.resolve();
      return new Promise((resolve) => void open().write(text, () => resolve()));
    },
    onClosed: (listener) => void listeners.push(listener),
    size() {
      const { columns = 0, rows = 0 } = open();
      return columns > 0 && rows > 0 ? { columns, rows } : undefined;
    },
    onResize: (listener) => void open().on('resize', listener),
  };
}
