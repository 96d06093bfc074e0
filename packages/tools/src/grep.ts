import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

import type { Tool, ToolRunContext } from '@sx/agent';

import { counted } from './counted.ts';
import { ToolFailure, defineTool, textOutput } from './define-tool.ts';
import { createNameFilter } from './glob.ts';
import { type SearchPattern, compileSearch, runBounded } from './line-search.ts';
import { toolLimits } from './limits.ts';
import { plainOutput } from './printable.ts';
import { decodeText, sniffEncoding } from './text-encoding.ts';
import { BadInput, readCount, readFlag, readOptionalText, readPath, readText } from './tool-input.ts';
import { createWalkReport, describeWalk, walk } from './walk.ts';
import { assertApproved, assertDirectory, displayPath, resolvePath } from './workspace-path.ts';

const DESCRIPTION = `Searches the lines of text files for a JavaScript regular expression, or for a plain text with literal. Prints path:line:text. Binary files and what .gitignore excludes are left out. At most ${toolLimits.grepMatchesMax} lines.`;

interface GrepInput {
  readonly pattern: string;
  readonly path: string;
  readonly include: string | undefined;
  readonly literal: boolean;
  readonly ignoreCase: boolean;
  readonly filesOnly: boolean;
  readonly context: number;
  readonly search: SearchPattern;
}

/**
 * Searches a tree. A pattern that takes linear time is matched as each file is read; others in batches: some files are read, then matched
 * under a time limit (`line-search.ts`). A file whose matching takes too long is given up and named; after a few of them the pattern is refused.
 */
export const grepTool: Tool = defineTool<GrepInput>({
  name: 'grep',
  description: DESCRIPTION,
  properties: {
    pattern: { type: 'string' },
    path: { type: 'string', description: 'File or directory. Default: the working directory' },
    include: { type: 'string', description: 'Only files that match this glob: *.ts' },
    literal: { type: 'boolean', description: 'The pattern is plain text' },
    ignoreCase: { type: 'boolean' },
    filesOnly: { type: 'boolean', description: 'Only the paths of files with a match' },
    context: { type: 'integer', description: `Lines to show around each match, 0 to ${toolLimits.grepContextLinesMax}` },
  },
  required: ['pattern'],
  parallel: true,
  read(input) {
    const pattern = readText(input, 'pattern');
    if (pattern === '') throw new BadInput('`pattern` is empty.');
    if (pattern.length > toolLimits.grepPatternCharsMax) {
      throw new BadInput(`\`pattern\` has ${pattern.length} characters, at most ${toolLimits.grepPatternCharsMax}.`);
    }
    const [literal, ignoreCase] = [readFlag(input, 'literal'), readFlag(input, 'ignoreCase')];
    if (/\n/.test(pattern)) throw new BadInput('`pattern` holds a line break; lines are searched one by one.');
    return {
      pattern,
      path: readPath(input, 'path', '.'),
      include: readOptionalText(input, 'include'),
      literal,
      ignoreCase,
      filesOnly: readFlag(input, 'filesOnly'),
      context: readCount(input, 'context', { fallback: 0, min: 0, max: toolLimits.grepContextLinesMax }),
      search: compilePattern(pattern, literal, ignoreCase),
    };
  },
  accesses(input, context) {
    const path = resolvePath(input.path, context);
    return { list: [{ action: 'read', path }], title: `grep ${input.pattern} in ${displayPath(path, context)}` };
  },
  async run(input, context) {
    const root = resolvePath(input.path, context);
    assertApproved('read', root, context);
    const found = createFindings(input, context);
    const report = createWalkReport();
    const batch = createBatch(input.search, found);
    const file = openText(root, true);
    if (file === undefined) await assertDirectory(root, context);
    if (file !== undefined) {
      searchFile(root, file, batch);
      if (batch.bytes > 0) batch.run();
    } else {
      const matchesName = input.include === undefined ? () => true : createNameFilter(input.include, root);
      walking: for await (const slice of walk(root, context, {}, report)) {
        for (const { path, kind } of slice) {
          if (kind !== 'file' || !matchesName(path)) continue;
          const opened = openText(path, false);
          if (opened !== undefined) searchFile(path, opened, batch);
          if (found.full()) break walking;
        }
        // One batch at most is matched per slice, so that an abort is heard soon.
        context.signal.throwIfAborted();
      }
      batch.run();
    }
    return textOutput(found.format(describeWalk(report)), { summary: found.summary() });
  },
});

function compilePattern(pattern: string, literal: boolean, ignoreCase: boolean): SearchPattern {
  try {
    return compileSearch(pattern, { literal, ignoreCase });
  } catch (error) {
    throw new BadInput(
      `\`pattern\` is not a regular expression: ${error instanceof Error ? error.message : 'it cannot be read'}. For plain text set literal.`,
    );
  }
}

/** @returns undefined for what is no regular file or cannot be opened; never waits for a pipe and follows no link. */
function openText(path: string, check: boolean): number | undefined {
  let fd: number | undefined;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    // The walk has seen that it is a file; should it be a pipe by now, the read fails at once.
    if (!check || fstatSync(fd).isFile()) return fd;
  } catch {
    // Gone, or not ours to read.
  }
  if (fd !== undefined) closeSync(fd);
  return undefined;
}

interface Piece {
  readonly path: string;
  readonly bytes: Buffer;
  /** Of its first line, from 1. */
  readonly firstLine: number;
}

/** Most files fit, and then cost one read and no memory of their own unless they may hold a match. */
const firstRead = Buffer.allocUnsafeSlow(256 * 1024);

/** Feeds a file to the batch, in pieces that end at a line end. Closes it. */
function searchFile(path: string, fd: number, batch: Batch): void {
  try {
    const read = readSync(fd, firstRead, 0, firstRead.length, null);
    const start = firstRead.subarray(0, read);
    const encoding = sniffEncoding(start);
    if (encoding === 'binary') return;
    if (encoding === 'utf-16le' || encoding === 'utf-16be') {
      // Without a second read: longer files of these encodings are rare, and `decodeText` wants them whole.
      if (read === firstRead.length) batch.cut(path);
      const text = decodeText(start.subarray(0, read - (read % 2)))?.text;
      if (text !== undefined) batch.add({ path, bytes: Buffer.from(text), firstLine: 1 });
    } else if (read < firstRead.length) batch.add({ path, bytes: start.subarray(encoding === 'utf-8-bom' ? 3 : 0), firstLine: 1 });
    else searchPieces(path, fd, start.subarray(encoding === 'utf-8-bom' ? 3 : 0), batch);
  } catch (error) {
    // A file that fails while it is read is passed over, like one that cannot be opened.
    if (error instanceof ToolFailure) throw error;
  } finally {
    closeSync(fd);
  }
}

function searchPieces(path: string, fd: number, start: Buffer, batch: Batch): void {
  const chunk = Buffer.allocUnsafe(toolLimits.grepPieceBytes);
  let rest: Buffer = Buffer.from(start);
  let firstLine = 1;
  for (let total = start.length; !batch.done(); ) {
    if (total > toolLimits.grepFileBytesMax) return batch.cut(path);
    const read = readSync(fd, chunk, 0, chunk.length, null);
    // Binary after all, or a hole.
    if (chunk.subarray(0, read).includes(0)) return;
    total += read;
    const bytes = Buffer.concat([rest, chunk.subarray(0, read)]);
    // A line that is longer than a piece is cut: it is no text that anybody reads.
    const end = read === 0 ? bytes.length : bytes.lastIndexOf(0x0a) + 1 || bytes.length;
    if (end > 0) batch.add({ path, bytes: bytes.subarray(0, end), firstLine });
    if (read === 0) return;
    firstLine += countLines(bytes.subarray(0, end));
    rest = bytes.subarray(end);
  }
}

function countLines(bytes: Buffer): number {
  let lines = 0;
  for (let at = bytes.indexOf(0x0a); at !== -1; at = bytes.indexOf(0x0a, at + 1)) lines++;
  return lines;
}

interface Batch {
  readonly bytes: number;
  add(piece: Piece): void;
  run(): void;
  done(): boolean;
  /** The rest of the file is not searched. */
  cut(path: string): void;
}

function createBatch(search: SearchPattern, found: Findings): Batch {
  let pieces: Piece[] = [];
  // Of one search, not of a batch: the collector need not see any of it.
  let waiting: Buffer | undefined;
  let used = 0;
  const keep = (view: Buffer): Buffer => {
    waiting ??= Buffer.allocUnsafeSlow(toolLimits.grepBatchBytes + firstRead.length);
    const kept = waiting.subarray(used, used + view.copy(waiting, used));
    used += kept.length;
    return kept;
  };
  let bytes = 0;
  function run(): void {
    let at = 0;
    while (at < pieces.length && !found.full()) {
      const inTime = runBounded(() => {
        for (; at < pieces.length && !found.full(); at++) {
          const piece = pieces[at];
          if (piece !== undefined) searchPiece(piece, search, found);
        }
      }, toolLimits.grepBatchMsMax);
      if (inTime) continue;
      found.giveUp(pieces[at]?.path ?? '');
      at++;
    }
    pieces = [];
    bytes = 0;
    used = 0;
  }
  return {
    get bytes() {
      return bytes;
    },
    add(piece) {
      if (search.required !== undefined && !piece.bytes.includes(search.required)) return;
      if (search.linear) return searchPiece(piece, search, found);
      const shared = piece.bytes.buffer === firstRead.buffer;
      pieces.push(shared ? { ...piece, bytes: keep(piece.bytes) } : piece);
      bytes += piece.bytes.length;
      if (bytes >= toolLimits.grepBatchBytes || pieces.length >= toolLimits.grepBatchFiles) run();
    },
    run,
    done: () => found.full(),
    cut: found.cut,
  };
}

function searchPiece({ path, bytes, firstLine }: Piece, search: SearchPattern, found: Findings): void {
  const text = bytes.toString('utf8');
  if (search.testWhole !== undefined && !search.testWhole(text.includes('\r\n') ? text.replace(/\r\n/g, '\n') : text)) return;
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  for (const [index, raw] of lines.entries()) {
    const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
    if (!search.test(line)) continue;
    found.add(path, firstLine + index, lines, index);
    if (found.full() || found.filesOnly) return;
  }
}

interface Findings {
  readonly filesOnly: boolean;
  add(path: string, lineNumber: number, lines: readonly string[], index: number): void;
  giveUp(path: string): void;
  cut(path: string): void;
  full(): boolean;
  format(notes: readonly string[]): string;
  summary(): string;
}

function createFindings({ pattern, filesOnly, context: around }: GrepInput, context: ToolRunContext): Findings {
  const out: string[] = [];
  const slow: string[] = [];
  const cut: string[] = [];
  let matches = 0;
  let chars = 0;
  let last = { path: '', lineNumber: 0 };
  const emit = (text: string): void => {
    out.push(text);
    chars += text.length + 1;
  };
  const full = (): boolean => matches >= toolLimits.grepMatchesMax || chars >= toolLimits.grepOutputCharsMax;
  return {
    filesOnly,
    full,
    add(path, lineNumber, lines, index) {
      matches++;
      const shown = displayPath(path, context);
      if (filesOnly) return emit(shown);
      // Already there as context of the match before.
      const prefix = `${shown}-${lineNumber}-`;
      const printed = path === last.path && lineNumber <= last.lineNumber
        ? out.findLastIndex((each) => each.startsWith(prefix))
        : -1;
      if (printed >= 0) out[printed] = `${shown}:${lineNumber}:${shorten(lines[index] ?? '')}`;
      const from = Math.max(lineNumber - around, path === last.path ? last.lineNumber + 1 : 1);
      if (around > 0 && out.length > 0 && (path !== last.path || from > last.lineNumber + 1)) emit('--');
      for (let line = from; line <= lineNumber + around; line++) {
        const text = lines[index + line - lineNumber];
        if (text !== undefined) emit(`${shown}${line === lineNumber ? ':' : '-'}${line}${line === lineNumber ? ':' : '-'}${shorten(text)}`);
      }
      last = { path, lineNumber: lineNumber + around };
    },
    giveUp(path) {
      slow.push(displayPath(path, context));
      if (slow.length >= toolLimits.grepSlowFilesMax) {
        throw new ToolFailure(
          `The pattern takes too long (${slow.join(', ')}): it backtracks. Write it without nested repetition, or set literal.`,
        );
      }
    },
    cut: (path) => void cut.push(displayPath(path, context)),
    format(more) {
      const notes = [
        ...(full() ? [`stopped after ${matches} matches; narrow the search`] : []),
        ...(slow.length > 0 ? [`given up, the pattern takes too long there: ${slow.join(', ')}`] : []),
        ...(cut.length > 0 ? [`only the beginning was searched of ${cut.slice(0, 5).join(', ')}${cut.length > 5 ? `, and ${cut.length - 5} more` : ''}`] : []),
        ...more,
      ];
      const body = out.length === 0 ? `No line matches ${pattern}.` : out.join('\n');
      return notes.length === 0 ? body : `${body}\n[${notes.join('; ')}]`;
    },
    summary: () => (filesOnly ? counted(matches, 'file') : counted(matches, 'match', 'matches')),
  };
}

function shorten(line: string): string {
  const text = plainOutput(line.slice(0, 4 * toolLimits.grepLineCharsMax).replace(/\r$/, ''));
  return line.length <= toolLimits.grepLineCharsMax
    ? text
    : `${text.slice(0, toolLimits.grepLineCharsMax)} [… ${line.length} characters]`;
}
