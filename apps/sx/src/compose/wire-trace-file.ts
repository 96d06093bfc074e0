/** `--trace FILE`: the wire trace, a line at a time, written before the bytes go on, so that a crash leaves it whole. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { resolve } from 'node:path';

import { createWireTrace, type Redactor, type WireTrace } from '@sx/net';

import { CliError } from '../cli/cli-error.ts';

export interface WireTraceFile {
  readonly trace: WireTrace;
  /** Why the trace is not complete, if it is not. */
  close(): string | undefined;
}

/** @throws {CliError} `CLI_OUTPUT_FILE` where the file cannot be opened. An existing one is replaced. */
export function openWireTrace(path: string, workingDirectory: string, redactor: Redactor): WireTraceFile {
  const file = resolve(workingDirectory, path);
  let descriptor: number;
  try {
    descriptor = openSync(file, 'w', 0o600);
  } catch (cause) {
    throw new CliError('CLI_OUTPUT_FILE', `${file} cannot be written (${codeOf(cause)})`, { cause });
  }
  const trace = createWireTrace({ redactor, write: (line) => void writeSync(descriptor, `${line}\n`) });
  return {
    trace,
    close() {
      closeSync(descriptor);
      return trace.fault === undefined ? undefined : `the wire trace in ${file} is not complete (${codeOf(trace.fault)})`;
    },
  };
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}
