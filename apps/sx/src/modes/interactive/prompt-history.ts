/**
 * What was sent before, over all sessions: `SX_HOME/history`, a JSON string a line, 0600. Its end is read; nothing depends on
 * it.
 */
import { appendFileSync, closeSync, fstatSync, mkdirSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';

import type { Settings } from '../../settings.ts';

const READ_BYTES_MAX = 256 * 1024;
const ENTRY_CHARS_MAX = 16 * 1024;

export function readPromptHistory({ home }: Settings): string[] {
  if (home.stateDirectory === undefined) return [];
  try {
    const descriptor = openSync(join(home.stateDirectory, 'history'), 'r');
    try {
      const { size } = fstatSync(descriptor);
      const bytes = Buffer.alloc(Math.min(size, READ_BYTES_MAX));
      readSync(descriptor, bytes, 0, bytes.length, size - bytes.length);
      return bytes.toString('utf8').split('\n').flatMap(entry);
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return [];
  }
}

function entry(line: string): string[] {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'string' ? [value] : [];
  } catch {
    return [];
  }
}

export function addToPromptHistory({ home }: Settings, text: string, redact: (text: string) => string): void {
  if (home.stateDirectory === undefined || text.length > ENTRY_CHARS_MAX) return;
  try {
    mkdirSync(home.stateDirectory, { recursive: true, mode: 0o700 });
    appendFileSync(join(home.stateDirectory, 'history'), `${JSON.stringify(redact(text))}\n`, { mode: 0o600 });
  } catch {
    // A convenience; the prompt itself is in the session.
  }
}
