import type { Tool } from '@sx/agent';

import { counted } from './counted.ts';
import { ToolFailure, defineTool, textOutput } from './define-tool.ts';
import { explainNoMatch } from './explain-no-match.ts';
import { fingerprintBytes } from './file-fingerprint.ts';
import { readTextOf, readWhole } from './read.ts';
import { replaceFile } from './replace-file.ts';
import { decodeText, encodeText } from './text-encoding.ts';
import { BadInput, readFlag, readPath, readText } from './tool-input.ts';
import { unifiedDiff } from './unified-diff.ts';
import { displayPath, openFile, resolvePath } from './workspace-path.ts';

const DESCRIPTION = `Replaces a text in a file that was read before. oldText must occur in the file exactly as it is, indentation included and without line numbers, and only once: take in enough lines around it, or set replaceAll. Line ends, encoding and BOM of the file are kept. The result is a diff.`;

interface EditInput {
  readonly path: string;
  readonly oldText: string;
  readonly newText: string;
  readonly replaceAll: boolean;
}

/**
 * Exact replacement. Both texts are compared with LF line ends, and what is put in takes the line ends that stood there,
 * else those of the file; every byte outside the replaced text stays as it was.
 */
export const editTool: Tool = defineTool<EditInput>({
  name: 'edit',
  description: DESCRIPTION,
  properties: {
    path: { type: 'string', description: 'Absolute, or relative to the working directory' },
    oldText: { type: 'string' },
    newText: { type: 'string' },
    replaceAll: { type: 'boolean', description: 'Replace every occurrence' },
  },
  required: ['path', 'oldText', 'newText'],
  parallel: false,
  read(input) {
    const read = {
      path: readPath(input, 'path'),
      oldText: readText(input, 'oldText'),
      newText: readText(input, 'newText'),
      replaceAll: readFlag(input, 'replaceAll'),
    };
    if (read.oldText === '') throw new BadInput('`oldText` is empty. To make a new file use write.');
    if (toLf(read.oldText) === toLf(read.newText)) throw new BadInput('`oldText` and `newText` are the same: nothing to change.');
    return read;
  },
  accesses(input, context) {
    const path = resolvePath(input.path, context);
    return { list: [{ action: 'read', path }, { action: 'edit', path }], title: `edit ${displayPath(path, context)}` };
  },
  async preview(input, context) {
    const path = resolvePath(input.path, context);
    const shown = displayPath(path, context);
    const text = await readTextOf(path, context);
    return text === undefined ? undefined : unifiedDiff(shown, toLf(text), toLf(replaceText(text, input, shown).text));
  },
  async run(input, context) {
    const path = resolvePath(input.path, context);
    const shown = displayPath(path, context);
    const file = await openFile(path, context);
    let bytes: Buffer;
    try {
      bytes = await readWhole(file, (await file.stat()).size);
    } finally {
      await file.close();
    }
    const decoded = decodeText(bytes);
    if (decoded === undefined) throw new ToolFailure(`${shown} is binary and cannot be edited.`);
    const known = context.readFiles.get(path);
    if (known === undefined) throw new ToolFailure(`${shown} was not read in this session. Read it first, then edit it.`);
    if (known !== fingerprintBytes(bytes)) {
      throw new ToolFailure(`${shown} changed since it was read. Read it again, then edit it.`);
    }
    const { text, count } = replaceText(decoded.text, input, shown);
    const encoded = encodeText({ text, encoding: decoded.encoding });
    if (encoded === undefined) {
      throw new ToolFailure(
        `newText has characters that ${shown} cannot hold: its encoding is ${decoded.encoding}. Nothing was changed.`,
      );
    }
    await replaceFile(path, encoded, context);
    context.readFiles.set(path, fingerprintBytes(encoded));
    return textOutput(`Edited ${shown}: ${count} replacement${count === 1 ? '' : 's'}.\n${unifiedDiff(shown, toLf(decoded.text), toLf(text))}`, {
      summary: counted(count, 'replacement'),
      changedFiles: [{ path, kind: 'update' }],
    });
  },
});

/** @throws {ToolFailure} where the text does not occur, or more than once. */
export function replaceText(
  text: string,
  { oldText, newText, replaceAll }: Pick<EditInput,
  'oldText' | 'newText' | 'replaceAll'>,
  shown: string,
): { text: string; count: number } {
  const wanted = toLf(oldText.replace(/^\ufeff/, ''));
  const haystack = toLf(text);
  const matches: number[] = [];
  for (let at = haystack.indexOf(wanted); at !== -1; at = haystack.indexOf(wanted, at + wanted.length)) matches.push(at);
  if (matches.length === 0) throw new ToolFailure(`oldText was not found in ${shown}. ${explainNoMatch(haystack, wanted)}`);
  if (matches.length > 1 && !replaceAll) {
    const lines = matches.slice(0, 20).map((at) => lineAt(haystack, at));
    throw new ToolFailure(
      `oldText occurs ${matches.length} times in ${shown}, at lines ${lines.join(', ')}${matches.length > 20 ? ', …' : ''}. Take in more lines around the one you mean, or set replaceAll.`,
    );
  }
  return { text: splice(text, matches, wanted.length, toLf(newText)), count: matches.length };
}

/** `matches` are offsets in the LF form; each CR that the LF form lacks moves them on. */
function splice(text: string, matches: readonly number[], length: number, newText: string): string {
  const crs = crPositions(text);
  const fileEnd = crs.length * 2 > text.split('\n').length - 1 ? '\r\n' : '\n';
  const pieces: string[] = [];
  let passed = 0;
  let from = 0;
  // The n-th CR removed stands before LF offset `crs[n] - n`.
  const toOriginal = (offset: number): number => {
    while (passed < crs.length && (crs[passed] ?? 0) - passed < offset) passed++;
    return offset + passed;
  };
  for (const match of matches) {
    const start = toOriginal(match);
    const end = toOriginal(match + length);
    const replaced = text.slice(start, end);
    const lineEnd = replaced.includes('\n') ? (replaced.includes('\r\n') ? '\r\n' : '\n') : fileEnd;
    pieces.push(text.slice(from, start), lineEnd === '\n' ? newText : newText.replace(/\n/g, '\r\n'));
    from = end;
  }
  return pieces.join('') + text.slice(from);
}

function crPositions(text: string): number[] {
  const positions: number[] = [];
  for (let at = text.indexOf('\r\n'); at !== -1; at = text.indexOf('\r\n', at + 2)) positions.push(at);
  return positions;
}

function toLf(text: string): string {
  return text.replace(/\r\n/g, '\n');
}

function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1)) line++;
  return line;
}
