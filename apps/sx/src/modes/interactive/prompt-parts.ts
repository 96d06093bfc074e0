/** What the editor hands over, as the parts of a prompt: notes first, then the text, then images and documents that were pasted or are mentioned with `@`. */
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { UserPart } from '@sx/llm';
import type { Chip } from '@sx/tui';

import { readMediaFiles } from '../../prompt/media-files.ts';
import { messageOf } from '../../report-error.ts';
import type { Prompt } from './controller.ts';

const MEDIA = /\.(?:png|jpe?g|gif|webp|pdf)$/i;
const NOTE_CHARS_MAX = 30_000;

/** A paste, or something dropped on the window, that is the path of an image or a document; as terminals and file managers write it. */
export function mediaChip(pasted: string, workingDirectory: string): Chip | undefined {
  const text = pasted.trim();
  if (text.includes('\n') || text.length > 4_096) return undefined;
  const path = droppedPath(text);
  if (path === undefined || !MEDIA.test(path)) return undefined;
  const absolute = resolve(workingDirectory, path);
  return existsSync(absolute) ? { kind: 'attachment', label: `[${basename(absolute)}]`, value: absolute } : undefined;
}

function droppedPath(text: string): string | undefined {
  if (text.startsWith('file://')) {
    try {
      return fileURLToPath(text);
    } catch {
      return undefined;
    }
  }
  const quoted = /^'([^']+)'$|^"([^"]+)"$/.exec(text);
  return quoted?.[1] ?? quoted?.[2] ?? text.replace(/\\(.)/g, '$1');
}

export function promptParts({ text, attachments }: Prompt, notes: readonly string[], workingDirectory: string, warn: (text: string) => void): UserPart[] {
  const mentioned = [...text.matchAll(/(?:^|\s)@(\S+)/g)].flatMap(([, path = '']) => (MEDIA.test(path) && existsSync(resolve(workingDirectory, path)) ? [resolve(workingDirectory, path)] : []));
  const files = [...new Set([...attachments.map(({ value }) => value), ...mentioned])];
  const media = files.flatMap((file): UserPart[] => {
    try {
      return readMediaFiles([file], workingDirectory);
    } catch (error) {
      warn(messageOf(error));
      return [];
    }
  });
  const before = notes.map((note): UserPart => ({ type: 'text', text: `<note>\n${note.length > NOTE_CHARS_MAX ? `${note.slice(0, NOTE_CHARS_MAX)}\n[cut]` : note}\n</note>` }));
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
