/**
 * Files for `@`: the tree of the working directory as git would see it, listed once and kept for a moment, filtered as somebody
 * types.
 */
import { relative } from 'node:path';

import type { ToolRunContext } from '@sx/agent';
import { createWalkReport, walk } from '@sx/tools';
import { type CompletionItem, fuzzyFilter } from '@sx/tui';

const FILES_MAX = 20_000;
const KEPT_MS = 10_000;
const SHOWN_MAX = 50;

export interface FileMentions {
  complete(query: string): Promise<CompletionItem[]>;
}

export function createFileMentions(
  workingDirectory: string,
  mayRead: (path: string) => boolean,
  nowMs: () => number = Date.now,
): FileMentions {
  let files: Promise<string[]> | undefined;
  let readAtMs = -Infinity;
  return {
    async complete(query) {
      if (files === undefined || nowMs() - readAtMs > KEPT_MS) {
        files = listFiles(workingDirectory, mayRead);
        readAtMs = nowMs();
      }
      return fuzzyFilter(await files, query, (path) => path).slice(0, SHOWN_MAX).map(
        (path) => ({ value: `@${path}`, label: path }),
      );
    },
  };
}

async function listFiles(root: string, mayRead: (path: string) => boolean): Promise<string[]> {
  const context: ToolRunContext = {
    workingDirectory: root, additionalDirectories: [], childEnvironment: {}, outputDirectory: root, readFiles: new Map(), redact: (text) => text,
    signal: new AbortController().signal, callId: '@', onProgress: () => undefined, mayRead,
  };
  const found: string[] = [];
  for await (const entries of walk(root, context, {}, createWalkReport())) {
    for (const { path, kind } of entries) {
      if (kind === 'file') found.push(relative(root, path));
      else if (kind === 'directory') found.push(`${relative(root, path)}/`);
    }
    if (found.length >= FILES_MAX) break;
  }
  return found.slice(0, FILES_MAX);
}
