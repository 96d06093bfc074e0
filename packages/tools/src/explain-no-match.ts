/** Why a text that the model believed to be in a file is not: the difference that is nearest, and where. */
import { toolLimits } from './limits.ts';
import { likeness } from './workspace-path.ts';

/** Both with LF line ends. */
export function explainNoMatch(text: string, wanted: string): string {
  const lines = text.split('\n').slice(0, toolLimits.nearestLinesMax);
  const wantedLines = wanted.split('\n');
  if (wantedLines.every((line) => /^\s*\d+\t/.test(line) || line === '')) {
    return 'It begins with line numbers as read shows them; they are not part of the file.';
  }
  const at = findBlock(lines, wantedLines, (line) => line.trim());
  if (at !== undefined) {
    return `Lines ${range(at, wantedLines)} differ only in white space. They are:\n${show(lines, at, wantedLines.length)}`;
  }
  const loose = findBlock(lines, wantedLines, (line) => line.replace(/\s+/g, '').toLowerCase());
  if (loose !== undefined) {
    return `Lines ${range(loose, wantedLines)} differ only in white space or case. They are:\n${show(lines, loose, wantedLines.length)}`;
  }
  const nearest = mostShared(lines, wantedLines) ?? nearestLine(lines, wantedLines);
  if (nearest === undefined) return 'Nothing in the file is like it. Read the file again.';
  const difference = firstDifference(lines, wantedLines, nearest);
  return `The nearest lines are:\n${show(lines, nearest, wantedLines.length)}${difference === undefined ? '' : `\n${difference}`}`;
}

/** Where the most of the text stands word for word, by the characters of its lines; undefined where no line of it does. */
function mostShared(lines: readonly string[], wanted: readonly string[]): number | undefined {
  const offsets = new Map<string, number[]>();
  for (const [offset, line] of wanted.entries()) {
    const known = offsets.get(line.trim());
    // Lines such as `}` stand everywhere and say nothing; one that is repeated without end says no more.
    if (known === undefined) offsets.set(line.trim(), [offset]);
    else if (known.length < 20) known.push(offset);
  }
  const votes = new Map<number, number>();
  for (const [at, line] of lines.entries()) {
    const text = line.trim();
    if (text.length < 4) continue;
    for (const offset of offsets.get(text) ?? []) if (at >= offset) votes.set(at - offset, (votes.get(at - offset) ?? 0) + text.length);
  }
  let best: { readonly at: number; readonly votes: number } | undefined;
  for (const [at, count] of votes) if (count > (best?.votes ?? 0)) best = { at, votes: count };
  return best?.at;
}

/** Of texts of several lines, where they part. */
function firstDifference(lines: readonly string[], wanted: readonly string[], at: number): string | undefined {
  const offset = wanted.findIndex((line, index) => line !== (lines[at + index] ?? ''));
  if (wanted.length === 1 || offset === -1) return undefined;
  return `The first difference is line ${at + offset + 1}, where oldText has: ${(wanted[offset] ?? '').slice(0, 300)}`;
}

function findBlock(lines: readonly string[], wanted: readonly string[], normalize: (line: string) => string): number | undefined {
  const trimmed = wanted.map(normalize);
  // A text that ends with a line break has an empty last line, which stands for nothing here.
  while (trimmed.length > 1 && trimmed.at(-1) === '') trimmed.pop();
  while (trimmed.length > 1 && trimmed[0] === '') trimmed.shift();
  if (trimmed.join('') === '') return undefined;
  const normalized = lines.map(normalize);
  const at = normalized.findIndex(
    (line, index) => line === trimmed[0] && trimmed.every((each, offset) => normalized[index + offset] === each),
  );
  return at === -1 ? undefined : at;
}

function nearestLine(lines: readonly string[], wanted: readonly string[]): number | undefined {
  const key = wanted.find((line) => line.trim() !== '')?.trim().slice(0, 200) ?? '';
  let best: { at: number; score: number } | undefined;
  for (const [at, line] of lines.entries()) {
    const score = likeness(key, line.trim().slice(0, 200));
    if (score > (best?.score ?? 0.4)) best = { at, score };
  }
  return best?.at;
}

function range(at: number, wanted: readonly string[]): string {
  return wanted.length === 1 ? `${at + 1}` : `${at + 1}-${at + wanted.length}`;
}

function show(lines: readonly string[], at: number, count: number): string {
  return lines.slice(at, at + Math.min(count, 30)).map((line, index) => `${String(at + index + 1).padStart(6)}\t${line.slice(0, 300)}`).join('\n');
}
