/** A paste, or something dropped on the window, that is the path of an image or a document: it becomes a chip. */
import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { Chip } from '@sx/tui';

export const MEDIA_NAME = /\.(?:png|jpe?g|gif|webp|pdf)$/i;
const PATH_CHARS_MAX = 4_096;

/** Undefined: it is no such path, and is pasted as it is. */
export function mediaChip(pasted: string, workingDirectory: string): Chip | undefined {
  const text = pasted.trim();
  if (text.includes('\n') || text.length > PATH_CHARS_MAX) return undefined;
  const path = droppedPath(text);
  if (path === undefined || !MEDIA_NAME.test(path)) return undefined;
  const absolute = resolve(workingDirectory, path);
  return existsSync(absolute) ? { kind: 'attachment', label: `[${basename(absolute)}]`, value: absolute } : undefined;
}

/** As terminals and file managers write it: bare, quoted, with backslashes, as a URL. */
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
