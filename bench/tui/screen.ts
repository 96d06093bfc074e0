/**
 * The screen alone, measured where it is made: bytes, CPU and time of frames, without a terminal behind it.
 *
 * A recorded kind of answer (prose, lists, code, a table) is streamed in tokens of about four characters at 100 a second of a
 * clock that we move, so that frames come as they would; only the CPU time is real.
 */
import {
  type Clock,
  createEditor,
  createKeyDecoder,
  createMarkdownStream,
  createScreen,
  createTheme,
  detectCapabilities,
  type Line,
  renderBlocks,
  type Screen,
  span,
  textLines,
  updateEditor,
  viewEditor,
} from '@sx/tui';

import { median } from '../measure.ts';
import { answerTokens } from './answer.ts';

const COLUMNS = 100;
const ROWS = 40;
const TOKENS_PER_SECOND = 100;
const theme = createTheme('dark');

interface Counted {
  readonly screen: Screen;
  readonly clock: Clock & { advance(byMs: number): void };
  bytes: number;
  writes: number;
}

function manualClock(): Counted['clock'] {
  let nowMs = 0;
  let due: { readonly atMs: number; readonly run: () => void } | undefined;
  return {
    now: () => nowMs,
    schedule(delayMs, run) {
      due = { atMs: nowMs + delayMs, run };
      return () => {
        due = undefined;
      };
    },
    advance(byMs) {
      nowMs += byMs;
      if (due === undefined || due.atMs > nowMs) return;
      const { run } = due;
      due = undefined;
      run();
    },
  };
}

function openCounted(): Counted {
  const clock = manualClock();
  const counted = { clock, bytes: 0, writes: 0 };
  const output = {
    write(text: string): boolean {
      counted.bytes += Buffer.byteLength(text);
      counted.writes += 1;
      return true;
    },
    once: () => undefined,
  };
  const screen = createScreen(
    {
      output,
      columns: COLUMNS,
      rows: ROWS,
      clock,
      capabilities: detectCapabilities({ TERM: 'xterm-256color', COLORTERM: 'truecolor' }),
    },
  );
  return Object.assign(counted, { screen });
}

/** Streams so many tokens below whatever is there, with a status line and an editor below, as the program has them. */
function stream(counted: Counted, tokens: number): void {
  const { screen, clock } = counted;
  const markdown = createMarkdownStream();
  const editor = createEditor();
  let seconds = 0;
  screen.show(({ columns }): { lines: Line[]; cursor: { row: number; column: number } } => {
    const tail = renderBlocks(markdown.tail(), { columns, theme });
    const view = viewEditor(editor, { columns, theme });
    return {
      lines: [...tail, [span(`working ${Math.floor(seconds)} s`, theme.muted)], ...view.lines],
      cursor: { row: tail.length + 1, column: view.cursor?.column ?? 0 },
    };
  });
  for (const token of answerTokens(tokens)) {
    const blocks = markdown.push(token);
    if (blocks.length > 0) screen.print(renderBlocks(blocks, { columns: COLUMNS, theme }));
    seconds += 1 / TOKENS_PER_SECOND;
    screen.invalidate();
    clock.advance(1_000 / TOKENS_PER_SECOND);
  }
  screen.print(renderBlocks(markdown.end(), { columns: COLUMNS, theme }));
  screen.flush();
}

function filled(lines: number): Counted {
  const counted = openCounted();
  counted.screen.print(
    textLines(Array.from({ length: lines }, (_, index) => `${index} ${'some words of an earlier turn '.repeat(2)}`).join('\n')),
  );
  while (lines > 0) {
    counted.screen.flush();
    lines -= 2_000;
  }
  return counted;
}

const cpuMs = (run: () => void): number => {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
};
const line = (text: string, value: string): void => void process.stdout.write(`  ${text.padEnd(64)} ${value.padStart(12)}\n`);

export function benchScreen(): void {
  benchStreaming();
  benchFrames();
  benchKeys();
}

function benchStreaming(): void {
  for (let warm = 0; warm < 3; warm += 1) stream(openCounted(), 4_000);

  process.stdout.write(`\nstreaming at ${TOKENS_PER_SECOND} tokens a second, ${COLUMNS} × ${ROWS}\n`);
  const counted = openCounted();
  const TOKENS = 10_000;
  stream(counted, TOKENS);
  line('bytes written per token of 4 characters', (counted.bytes / TOKENS).toFixed(1));
  line('frames a second (limit 30)', (counted.writes / (TOKENS / TOKENS_PER_SECOND)).toFixed(1));

  process.stdout.write('\nCPU per 1,000 tokens by length of the transcript (aim: flat), median of 7\n');
  const lengths = [0, 1_000, 10_000, 100_000];
  const samples = new Map<number, number[]>(lengths.map((length) => [length, []]));
  for (let round = 0; round < 7; round += 1) {
    for (const length of lengths) {
      const below = filled(length);
      // What printing the transcript left behind is its own cost, below.
      globalThis.gc?.();
      samples.get(length)?.push(cpuMs(() => stream(below, 4_000)) / 4);
    }
  }
  for (const length of lengths) {
    line(
      `after ${length.toLocaleString('en')} lines`,
      `${median(samples.get(length) ?? []).toFixed(2)} ms`,
    );
  }

  const heapMb = (): number => {
    globalThis.gc?.();
    return process.memoryUsage().heapUsed / 1e6;
  };
  const heapBefore = heapMb();
  const kept = filled(100_000);
  stream(kept, 100);
  line('heap kept of 100,000 lines (aim: 0)', `${Math.max(0, heapMb() - heapBefore).toFixed(1)} MB`);
  kept.screen.close();
}

function benchFrames(): void {
  process.stdout.write('\nframes at a transcript of 10,000 lines\n');
  const long = filled(10_000);
  let letters = '';
  long.screen.show(
    ({ columns }) => ({ lines: [[span(letters)], [span('> '.padEnd(columns, '.'))]], cursor: { row: 1, column: 2 } }),
  );
  const frames: number[] = [];
  for (let frame = 0; frame < 2_000; frame += 1) {
    letters = frame % 80 === 0 ? '' : `${letters}x`;
    const started = performance.now();
    long.screen.flush();
    frames.push(performance.now() - started);
  }
  const sorted = [...frames].sort((one, other) => one - other);
  line('a frame that changes a row, median', `${(median(frames) * 1_000).toFixed(1)} µs`);
  line('99th of 100', `${((sorted[Math.floor(sorted.length * 0.99)] ?? 0) * 1_000).toFixed(1)} µs`);
  const before = long.writes;
  for (let frame = 0; frame < 1_000; frame += 1) long.screen.flush();
  line('writes of 1,000 frames in which nothing changed (aim: 0)', String(long.writes - before - 0));
  line('printing 10,000 lines', `${cpuMs(() => void filled(10_000)).toFixed(1)} ms`);
}

function benchKeys(): void {
  process.stdout.write('\nfrom a key to its bytes, without the terminal\n');
  const echo = openCounted();
  let editor = createEditor();
  echo.screen.show(({ columns }) => viewEditor(editor, { columns, theme }));
  echo.screen.flush();
  const decoder = createKeyDecoder();
  const keys: number[] = [];
  for (let key = 0; key < 2_000; key += 1) {
    const started = performance.now();
    decoder.push(Buffer.from(key % 200 === 199 ? '\r' : 'a'), (event) => {
      editor = updateEditor(editor, event, { columns: COLUMNS - 2 }).state;
    });
    echo.screen.flush();
    keys.push(performance.now() - started);
  }
  line('a letter typed, median', `${(median(keys) * 1_000).toFixed(1)} µs`);
  line('bytes written per letter', (echo.bytes / keys.length).toFixed(1));
}
