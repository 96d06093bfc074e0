/** The prompt in the user's own editor (`VISUAL`, `EDITOR`). The screen has left the terminal to it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { runEditor } from '../../config-files/edit-file.ts';
import type { Invocation } from '../../invocation.ts';
import type { Settings } from '../../settings.ts';

/** @throws {CliError} `CLI_EDITOR_FAILED`, and then the text is what it was. */
export async function editText(invocation: Invocation, settings: Settings, text: string): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'sx-prompt-'));
  const file = join(directory, 'prompt.md');
  try {
    writeFileSync(file, text, { mode: 0o600 });
    await runEditor(invocation, settings, file);
    return readFileSync(file, 'utf8').replace(/\n$/, '');
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
