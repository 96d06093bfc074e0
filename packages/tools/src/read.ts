import { StringDecoder } from 'node:string_decoder';
import type { FileHandle } from 'node:fs/promises';

import type { Tool, ToolContext, ToolOutput, ToolRunContext } from '@sx/agent';
import { readMediaFacts } from '@sx/llm';

import { counted } from './counted.ts';
import { ToolFailure, defineTool, textOutput } from './define-tool.ts';
import { fingerprintBytes, fingerprintStat } from './file-fingerprint.ts';
import { toolLimits } from './limits.ts';
import { type TextEncoding, decodeText, sniffEncoding } from './text-encoding.ts';
import { readCount, readPath } from './tool-input.ts';
import { displayPath, openFile, resolvePath } from './workspace-path.ts';

const DESCRIPTION = `Reads a text file, or shows you a PDF document whole. Each line comes back as its number, a tab and the text; the number and the tab are not part of the file. At most ${toolLimits.readLines} lines and ${toolLimits.readBytesMax / 1024} KB at once; the result says how to read on. A file must be read before it is edited or overwritten.`;

interface ReadInput {
  readonly path: string;
  /** One-based. */
  readonly offset: number;
  readonly limit: number;
}

/**
 * Reads lines from a file of any size: it is streamed, and only what is shown is kept. A file that is small enough to be
 * edited is read to its end, so that later edits can tell whether it changed.
 */
export const readTool: Tool = defineTool<ReadInput>({
  name: 'read',
  description: DESCRIPTION,
  properties: {
    path: { type: 'string', description: 'Absolute, or relative to the working directory' },
    offset: { type: 'integer', description: 'First line to read, from 1' },
    limit: { type: 'integer', description: 'How many lines' },
  },
  required: ['path'],
  parallel: true,
  read: (input) => ({
    path: readPath(input, 'path'),
    offset: readCount(input, 'offset', { fallback: 1, min: 1, max: Number.MAX_SAFE_INTEGER }),
    limit: readCount(input, 'limit', { fallback: toolLimits.readLines, min: 1, max: Number.MAX_SAFE_INTEGER }),
  }),
  accesses(input, context) {
    const path = resolvePath(input.path, context);
    return { list: [{ action: 'read', path }], title: `read ${displayPath(path, context)}` };
  },
  async run(input, context) {
    const path = resolvePath(input.path, context);
    const file = await openFile(path, context);
    try {
      const start = Buffer.alloc(toolLimits.sniffBytes);
      const { bytesRead } = await file.read(start, 0, start.length, 0);
      const beginning = start.subarray(0, bytesRead);
      if (beginning.toString('latin1', 0, PDF_MARK.length) === PDF_MARK) return await readDocument(file, displayPath(path, context));
      const page = await readPage(file, beginning, path, input, context);
      return textOutput(formatPage(page, input, displayPath(path, context)), { summary: counted(page.lines.length, 'line') });
    } finally {
      await file.close();
    }
  },
});

const PDF_MARK = '%PDF-';

/** A PDF as the model's vendor reads it. */
async function readDocument(file: FileHandle, shown: string): Promise<ToolOutput> {
  const { size } = await file.stat();
  if (size > toolLimits.documentBytesMax) {
    throw new ToolFailure(`${shown} is a PDF of ${size} bytes, at most ${toolLimits.documentBytesMax}. Take pages or text out of it first.`);
  }
  const bytes = await readWhole(file, size);
  const pages = readMediaFacts(bytes)?.pages;
  return {
    isError: false,
    content: [{ type: 'media', mediaType: 'application/pdf', data: bytes.toString('base64'), filename: shown }],
    summary: `PDF, ${pages === undefined ? '' : `${pages} ${pages === 1 ? 'page' : 'pages'}, `}${bytes.length} bytes`,
  };
}

interface Page {
  readonly lines: readonly string[];
  readonly encoding: TextEncoding;
  /** Undefined where reading stopped before the end. */
  readonly totalLines: number | undefined;
  readonly endsWithNewline: boolean;
  readonly crlf: boolean;
}

async function readPage(file: FileHandle, beginning: Buffer, path: string, input: ReadInput, context: ToolRunContext): Promise<Page> {
  const stats = await file.stat();
  const encoding = sniffEncoding(beginning);
  if (encoding === 'binary') {
    throw new ToolFailure(
      `${displayPath(path, context)} is binary (${stats.size} bytes). Use view_image for images, shell for anything else.`,
    );
  }
  if (stats.size <= toolLimits.wholeFileBytesMax) {
    // A size of nothing says nothing: files in /proc have it.
    const isWhole = stats.size > 0 && beginning.length === stats.size && beginning.length < toolLimits.sniffBytes;
    const bytes = isWhole ? beginning : await readWhole(file, stats.size);
    const decoded = decodeText(bytes);
    if (decoded === undefined) throw new ToolFailure(`${displayPath(path, context)} is binary (${stats.size} bytes).`);
    context.readFiles.set(path, fingerprintBytes(bytes));
    return selectLines(decoded.text, decoded.encoding, input);
  }
  if (encoding !== 'utf-8' && encoding !== 'utf-8-bom') {
    throw new ToolFailure(
      `${displayPath(path, context)} is UTF-16 and has ${stats.size} bytes, at most ${toolLimits.wholeFileBytesMax} can be read.`,
    );
  }
  context.readFiles.set(path, fingerprintStat(stats));
  return streamLines(file, encoding, input, context.signal);
}

/** The whole text, for a preview: the call itself has not been allowed yet, so nobody but the user sees it. Undefined: binary. */
export async function readTextOf(path: string, context: ToolContext): Promise<string | undefined> {
  const file = await openFile(path, { ...context, signal: new AbortController().signal, callId: 'preview', onProgress: () => undefined });
  try {
    return decodeText(await readWhole(file, (await file.stat()).size))?.text;
  } finally {
    await file.close();
  }
}

/** Up to a bound, also where the size lies (as in /proc) or grows. */
export async function readWhole(file: FileHandle, size: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let total = 0;
  for (;;) {
    const chunk = Buffer.alloc(Math.max(size - total, 0) + 4_096);
    const { bytesRead } = await file.read(chunk, 0, chunk.length, total);
    if (bytesRead === 0) return chunks.length === 1 ? (chunks[0] ?? Buffer.alloc(0)) : Buffer.concat(chunks);
    chunks.push(chunk.subarray(0, bytesRead));
    total += bytesRead;
    if (total > toolLimits.wholeFileBytesMax) {
      throw new ToolFailure(`The file has more than ${toolLimits.wholeFileBytesMax} bytes.`);
    }
  }
}

function selectLines(text: string, encoding: TextEncoding, { offset, limit }: ReadInput): Page {
  const all = text.split('\n');
  const endsWithNewline = all.at(-1) === '';
  if (endsWithNewline) all.pop();
  const wanted = createPage(limit);
  for (let at = offset - 1; at < all.length && wanted.take(all[at] ?? ''); at++);
  return { ...wanted.page(), encoding, totalLines: all.length, endsWithNewline };
}

async function streamLines(
  file: FileHandle,
  encoding: TextEncoding,
  { offset, limit }: ReadInput,
  signal: AbortSignal,
): Promise<Page> {
  const wanted = createPage(limit);
  const decoder = new StringDecoder('utf8');
  let lineNumber = 1;
  let line = '';
  const chunk = Buffer.alloc(1024 * 1024);
  for (let position = encoding === 'utf-8-bom' ? 3 : 0; ; ) {
    signal.throwIfAborted();
    const { bytesRead } = await file.read(chunk, 0, chunk.length, position);
    if (bytesRead === 0) break;
    position += bytesRead;
    const bytes = chunk.subarray(0, bytesRead);
    let from = 0;
    while (from < bytes.length) {
      const end = bytes.indexOf(0x0a, from);
      // Lines before the page are counted, not decoded; of an endless line only the start is kept.
      if (lineNumber >= offset && line.length <= toolLimits.readLineCharsMax) line += decoder.write(bytes.subarray(from, end === -1 ? bytes.length : Math.min(end, from + 4 * toolLimits.readLineCharsMax)));
      if (end === -1) break;
      if (lineNumber >= offset && !wanted.take(line)) {
        return { ...wanted.page(), encoding, totalLines: undefined, endsWithNewline: true };
      }
      decoder.end();
      line = '';
      lineNumber++;
      from = end + 1;
    }
  }
  if (line !== '') wanted.take(line);
  return { ...wanted.page(), encoding, totalLines: line === '' ? lineNumber - 1 : lineNumber, endsWithNewline: line === '' };
}

/** Takes lines until one of the limits is reached; `take` is false where the line no longer fits. */
function createPage(limit: number): { take: (line: string) => boolean; page: () => Pick<Page, 'lines' | 'crlf'> } {
  const lines: string[] = [];
  let bytes = 0;
  let crlf = false;
  return {
    take(line) {
      crlf ||= line.endsWith('\r');
      const text = line.endsWith('\r') ? line.slice(0, -1) : line;
      const shown = text.length <= toolLimits.readLineCharsMax
        ? text
        : `${text.slice(0, toolLimits.readLineCharsMax)} [line cut at ${toolLimits.readLineCharsMax} characters]`;
      bytes += Buffer.byteLength(shown) + 1;
      if (lines.length >= Math.min(limit, toolLimits.readLines) || (bytes > toolLimits.readBytesMax && lines.length > 0)) {
        return false;
      }
      lines.push(shown);
      return true;
    },
    page: () => ({ lines, crlf }),
  };
}

function formatPage({ lines, encoding, totalLines, endsWithNewline, crlf }: Page, { offset }: ReadInput, shown: string): string {
  if (totalLines === 0) return `(${shown} is empty)`;
  if (lines.length === 0) throw new ToolFailure(`Line ${offset} is past the end: ${shown} has ${totalLines ?? 'fewer'} lines.`);
  const last = offset + lines.length - 1;
  const notes = [
    ...(encoding === 'utf-8' ? [] : [encoding === 'latin1' ? 'not UTF-8, shown as Latin-1; edits keep the bytes' : `encoding ${encoding}, kept by edits`]),
    ...(crlf ? ['line ends are CRLF, kept by edits'] : []),
    ...(totalLines === undefined || last < totalLines ? [`lines ${offset}-${last} of ${totalLines ?? 'more'}; read on with offset ${last + 1}`] : endsWithNewline ? [] : ['no newline at the end of the file']),
  ];
  const body = lines.map((line, index) => `${String(offset + index).padStart(6)}\t${line}`).join('\n');
  return notes.length === 0 ? body : `${body}\n[${notes.join('; ')}]`;
}
