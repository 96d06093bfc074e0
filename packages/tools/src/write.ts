import { lstat } from 'node:fs/promises';

import type { Tool } from '@sx/agent';

import { counted } from './counted.ts';
import { ToolFailure, defineTool, textOutput } from './define-tool.ts';
import { fingerprintBytes } from './file-fingerprint.ts';
import { toolLimits } from './limits.ts';
import { readTextOf, readWhole } from './read.ts';
import { replaceFile } from './replace-file.ts';
import { decodeText } from './text-encoding.ts';
import { readPath, readText } from './tool-input.ts';
import { unifiedDiff } from './unified-diff.ts';
import { displayPath, openFile, resolvePath } from './workspace-path.ts';

const DESCRIPTION = `Writes a file, as UTF-8, and makes missing directories. Replaces the whole content: an existing file must have been read first. For changes to a part of a file use edit.`;

export const writeTool: Tool = defineTool<{ path: string; content: string }>({
  name: 'write',
  description: DESCRIPTION,
  properties: {
    path: { type: 'string', description: 'Absolute, or relative to the working directory' },
    content: { type: 'string' },
  },
  required: ['path', 'content'],
  parallel: false,
  read: (input) => ({ path: readPath(input, 'path'), content: readText(input, 'content') }),
  accesses(input, context) {
    const path = resolvePath(input.path, context);
    return { list: [{ action: 'read', path }, { action: 'edit', path }], title: `write ${displayPath(path, context)}` };
  },
  async preview({ path: given, content }, context) {
    const path = resolvePath(given, context);
    return unifiedDiff(displayPath(path, context), (await readTextOf(path, context).catch(() => undefined)) ?? '', content);
  },
  async run(input, context) {
    const path = resolvePath(input.path, context);
    const shown = displayPath(path, context);
    const bytes = Buffer.from(input.content, 'utf8');
    const stats = await lstat(path).catch(() => undefined);
    if (stats?.isDirectory() === true) throw new ToolFailure(`${shown} is a directory.`);
    if (bytes.length > toolLimits.wholeFileBytesMax) {
      throw new ToolFailure(`The content has ${bytes.length} bytes, at most ${toolLimits.wholeFileBytesMax}.`);
    }
    let old: Buffer | undefined;
    if (stats !== undefined) {
      const known = context.readFiles.get(path);
      if (known === undefined) {
        throw new ToolFailure(`${shown} exists and was not read in this session. Read it first, then write or edit it.`);
      }
      const file = await openFile(path, context);
      try {
        old = await readWhole(file, stats.size);
      } finally {
        await file.close();
      }
      if (fingerprintBytes(old) !== known) {
        throw new ToolFailure(`${shown} changed since it was read. Read it again before you overwrite it.`);
      }
    }
    await replaceFile(path, bytes, context);
    context.readFiles.set(path, fingerprintBytes(bytes));
    const lines = input.content === '' ? 0 : input.content.split('\n').length - (input.content.endsWith('\n') ? 1 : 0);
    const before = old === undefined ? undefined : decodeText(old)?.text;
    const diff = before === undefined ? '' : `\n${unifiedDiff(shown, before, input.content)}`;
    return textOutput(`${old === undefined ? 'Created' : 'Replaced'} ${shown}: ${lines} lines, ${bytes.length} bytes.${diff}`, {
      summary: counted(lines, 'line'),
      changedFiles: [{ path, kind: old === undefined ? 'add' : 'update' }],
    });
  },
});
