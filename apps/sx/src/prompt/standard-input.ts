/**
 * Standard input beside a prompt: read where something is there, never waited for where nothing is.
 *
 * A regular file is always read. A pipe or socket is read if its first byte or its end comes within `firstByteTimeoutMs`,
 * then to its end within `endTimeoutMs`. A terminal and `/dev/null` are ignored, and so is any other device. `wait` (from
 * `--stdin`, or a prompt of `-`) takes both deadlines away; `never` (from `--no-stdin`) does not even look.
 */
import { fstatSync } from 'node:fs';

import { CliError } from '../cli/cli-error.ts';

export const stdinLimits = { bytesMax: 10 * 1024 * 1024, firstByteTimeoutMs: 500, endTimeoutMs: 60_000 } as const;

export type StdinKind = 'file' | 'pipe' | 'device';
export type StdinMode = 'wait' | 'auto' | 'never';

export type StdinResult =
  | { readonly kind: 'read'; readonly bytes: Uint8Array }
  /** There was nothing to read. */
  | { readonly kind: 'ignored' }
  /** Something may come one day; it was not waited for. */
  | { readonly kind: 'silent' };

export interface StdinOptions {
  readonly mode: StdinMode;
  readonly kind: StdinKind;
  readonly stream: () => NodeJS.ReadableStream & { destroy?: () => unknown };
  readonly signal: AbortSignal;
  readonly limits?: { readonly bytesMax: number; readonly firstByteTimeoutMs: number; readonly endTimeoutMs: number };
}

export function standardInputKind(descriptor = 0): StdinKind {
  try {
    const status = fstatSync(descriptor);
    return status.isFile() ? 'file' : status.isFIFO() || status.isSocket() ? 'pipe' : 'device';
  } catch {
    return 'device';
  }
}

/** @throws {CliError} `CLI_INPUT_TOO_LARGE`, `CLI_INPUT_TIMEOUT` where it began and did not end. */
export async function readStandardInput({ mode, kind, stream, signal, limits = stdinLimits }: StdinOptions): Promise<StdinResult> {
  if (mode === 'never' || kind === 'device') return { kind: 'ignored' };
  const deadlines = mode === 'auto' && kind === 'pipe';
  const source = stream();
  const pieces: Buffer[] = [];
  let length = 0;
  const outcome = await new Promise<'end' | 'silent' | 'aborted' | CliError>((settle) => {
    const first = deadlines ? setTimeout(() => settle('silent'), limits.firstByteTimeoutMs) : undefined;
    let end: NodeJS.Timeout | undefined;
    const done = (how: 'end' | 'aborted' | CliError): void => {
      clearTimeout(first);
      clearTimeout(end);
      settle(how);
    };
    source.on('data', (piece: Buffer | string) => {
      clearTimeout(first);
      if (deadlines) end ??= setTimeout(() => done(inputTimeout(limits.endTimeoutMs)), limits.endTimeoutMs);
      const bytes = Buffer.from(piece);
      length += bytes.length;
      if (length > limits.bytesMax) return done(new CliError('CLI_INPUT_TOO_LARGE', `standard input is larger than ${limits.bytesMax} bytes`));
      pieces.push(bytes);
    });
    source.once('end', () => done('end'));
    // EAGAIN, EIO, a closed descriptor: what can be read was read.
    source.once('error', () => done('end'));
    signal.addEventListener('abort', () => done('aborted'), { once: true });
  });
  source.removeAllListeners('data');
  source.pause();
  if (outcome instanceof CliError) throw outcome;
  if (outcome === 'silent') return { kind: 'silent' };
  return outcome === 'aborted' ? { kind: 'ignored' } : { kind: 'read', bytes: Buffer.concat(pieces, Math.min(length, limits.bytesMax)) };
}

function inputTimeout(timeoutMs: number): CliError {
  return new CliError('CLI_INPUT_TIMEOUT', `standard input did not end in ${timeoutMs} ms`, { hint: '--stdin waits for as long as it takes, --no-stdin does not read it' });
}
