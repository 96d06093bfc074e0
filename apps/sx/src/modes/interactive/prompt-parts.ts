/**
 * What the editor hands over, as the parts of a prompt: notes first, then the text, then images and documents that were pasted
 * or are mentioned with `@`.
 */
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { resolve } from 'node:path';

import type { UserPart } from '@sx/llm';

import { readMediaFiles } from '../../prompt/media-files.ts';
import { messageOf } from '../../report-error.ts';
import type { Prompt } from './controller.ts';
import { MEDIA_NAME } from './media-chip.ts';

const NOTE_CHARS_MAX = 30_000;

export function promptParts(
  { text, attachments }: Prompt,
  notes: readonly string[],
  workingDirectory: string,
  warn: (text: string) => void,
): UserPart[] {
  const mentioned = [...text.matchAll(/(?:^|\s)@(\S+)/g)].flatMap(
    ([, path = '']) => (MEDIA_NAME.test(path) && existsSync(resolve(workingDirectory, path)) ? [resolve(workingDirectory, path)] : []),
  );
  const files = [...new Set([...attachments.map(({ value }) => value), ...mentioned])];
  const media = files.flatMap((file): UserPart[] => {
    try {
      return readMediaFiles([file], workingDirectory);
    } catch (error) {
      warn(messageOf(error));
      return [];
    }
  });
  const before = notes.map(
    (note): UserPart => ({ type: 'text', text: `<note>\n${note.length > NOTE_CHARS_MAX ? `${note.slice(0, NOTE_CHARS_MAX)}\n[cut]` : note}\n</note>` }),
  );
  return [...before, { type: 'text', text }, ...media];
}

/** What a file holds now; undefined: it is gone. */
export function currentBytes(path: string): Uint8Array | undefined {
  try {
    return readFileSync(realpathSync(path));
  } catch {
    return undefined;
  }
}
