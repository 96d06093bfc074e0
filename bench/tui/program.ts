/**
 * Built programs at a pseudo-terminal: ours, and what npm could install beside it.
 *
 * All get the same terminal, the same answers of a model (`model-server.ts`) and the same keys, interleaved. CPU, wake-ups and
 * memory are those of the program and all that it started, daemons included, from `/proc`. The time of `script` itself is
 * measured and taken off. Idle is counted once V8 has put its heap in order, which it does some eight seconds after the last
 * allocation.
 */
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { dropPageCache, median } from '../measure.ts';
import { answerTokens } from './answer.ts';
import { type ModelServer, startModelServer } from './model-server.ts';
import { endAllAt, usageOf } from './process-tree.ts';
import { type Candidate, candidatesFor, installPeers } from './programs.ts';
import { COLUMNS, openTerminal, type Program, ROWS, type Terminal } from './terminal.ts';

const ROUNDS = 15;
const STREAM_ROUNDS = 3;
const TOKENS = 1_000;
const TOKENS_PER_SECOND = 100;
const KEYS = 40;
/** Rows of the long transcript: turns of paragraphs, each a row and an empty one. */
const TURNS = 10;
const PARAGRAPHS = 500;
const SETTLE_MS = 20_000;
const IDLE_MS = 30_000;
const QUIET_MS = 400;
const QUIET_MS_MAX = 4_000;
/** Letters that no program shows by itself. */
const LETTERS = [...'бвгджзийклмнпрстуфхцчшщъыьэюя'];
const MARK = 'ЯКОРЬ';

/** Figure → program → value. */
type Figures = Map<string, Map<string, string>>;

export async function benchPrograms(): Promise<void> {
  process.stdout.write(installPeers() ?? '');
  const home = mkdtempSync(join(tmpdir(), 'sx-bench-tui-'));
  const model = await startModelServer();
  try {
    const candidates = candidatesFor(model.url, home);
    const versions = candidates.map(({ name, version }) => `${name} ${version}`).join(', ');
    process.stdout.write(`\nprograms at a pseudo-terminal of ${COLUMNS} × ${ROWS}: ${versions}\n`);
    await benchStart(candidates, home);
    dropPageCache();
    await benchSessions(candidates, model);
  } finally {
    model.close();
    endAllAt(home);
    rmSync(home, { recursive: true, force: true });
  }
}

async function benchStart(candidates: readonly Candidate[], home: string): Promise<void> {
  const node = realpathSync(process.execPath);
  const program = (command: string): Program => ({ command, env: { HOME: home }, cwd: home });
  const base = [
    { name: 'script itself', prompt: /»/, ...program("printf '»'") },
    { name: 'node -e 0', prompt: /»/, ...program(`${node} -e "process.stdout.write('»')"`) },
  ];
  const samples = new Map<string, { first: number[]; echo: number[] }>();
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const candidate of [...base, ...candidates]) {
      const startedAt = performance.now();
      const terminal = await openTerminal(candidate);
      const first = (await terminal.until(candidate.prompt)) - startedAt;
      let echo = Number.NaN;
      if (!base.some(({ name }) => name === candidate.name)) {
        terminal.write('ж');
        echo = (await terminal.until(/ж/)) - startedAt;
      }
      await terminal.end();
      const kept = samples.get(candidate.name) ?? { first: [], echo: [] };
      // The first round reads the files from disk.
      samples.set(candidate.name, round === 0 ? kept : { first: [...kept.first, first], echo: [...kept.echo, echo] });
    }
  }
  const of = (name: string): number => median(samples.get(name)?.first ?? []);
  const own = of('script itself');
  const unit = of('node -e 0') - own;
  process.stdout.write(
    `\nstart, median of ${ROUNDS} interleaved, without script's own ${own.toFixed(1)} ms:`
      + ' to the first prompt, and to the echo of a key typed there at once\n',
  );
  for (const { name } of [...base.slice(1), ...candidates]) {
    const figure = (time: number): string =>
      `${(time - own).toFixed(1).padStart(8)} ms ${((time - own) / unit).toFixed(2).padStart(7)} ×`;
    const echo = median(samples.get(name)?.echo ?? []);
    const aim = name === 'sx' ? '   (aim: first prompt ≤ 2.00 ×)' : '';
    process.stdout.write(`  ${name.padEnd(24)}${figure(of(name))}${Number.isNaN(echo) ? '' : figure(echo)}${aim}\n`);
  }
}

async function benchSessions(candidates: readonly Candidate[], model: ModelServer): Promise<void> {
  const figures: Figures = new Map();
  const note: Note = (figure, name, value) =>
    void figures.set(figure, (figures.get(figure) ?? new Map<string, string>()).set(name, value));
  const open: { readonly name: string; readonly terminal: Terminal }[] = [];
  try {
    for (const candidate of candidates) {
      const terminal = await openTerminal(candidate);
      open.push({ name: candidate.name, terminal });
      await terminal.until(candidate.prompt);
      await quiet(terminal);
    }
    const peak = (when: string): void =>
      open.forEach(({ name, terminal }) => note(`peak memory ${when}, MB`, name, usageOf(terminal).peakRssMb.toFixed(0)));

    peak('at the first prompt');
    const empty = '';
    await streams(open, model, empty, note);
    await echoes(open, empty, note);
    for (const { terminal } of open) {
      for (let turn = 0; turn < TURNS; turn += 1) {
        const paragraph = (index: number): string =>
          `${turn * PARAGRAPHS + index} ${'some words of an earlier turn '.repeat(2)}\n\n`;
        model.answer = { tokens: Array.from({ length: PARAGRAPHS }, (_, index) => paragraph(index)).concat(MARK) };
        await ask(terminal);
      }
    }
    const long = `, after ${(TURNS * PARAGRAPHS * 2).toLocaleString('en')} lines`;
    await streams(open, model, long, note);
    await echoes(open, long, note);
    peak('at the end');
    await sleep(SETTLE_MS);
    const before = open.map(({ terminal }) => ({ ...usageOf(terminal), bytes: terminal.bytes }));
    await sleep(IDLE_MS);
    for (const [index, { name, terminal }] of open.entries()) {
      const { cpuMs, wakeUps } = usageOf(terminal);
      const then = before[index] ?? { cpuMs: 0, wakeUps: 0, bytes: 0 };
      note(`wake-ups in ${IDLE_MS / 1_000} s of idleness`, name, String(wakeUps - then.wakeUps));
      note(`CPU in ${IDLE_MS / 1_000} s of idleness, ms`, name, (cpuMs - then.cpuMs).toFixed(1));
      note(`bytes written in ${IDLE_MS / 1_000} s of idleness`, name, String(terminal.bytes - then.bytes));
    }
  } finally {
    await Promise.all(open.map(({ terminal }) => terminal.end()));
  }
  printFigures(figures, open.map(({ name }) => name));
}

type Note = (figure: string, name: string, value: string) => void;
type Open = readonly { readonly name: string; readonly terminal: Terminal }[];

async function streams(open: Open, model: ModelServer, when: string, note: Note): Promise<void> {
  const samples = new Map(open.map(({ name }) => [name, { bytes: [] as number[], cpuMs: [] as number[] }]));
  for (let round = 0; round < STREAM_ROUNDS; round += 1) {
    for (const { name, terminal } of open) {
      model.answer = { tokens: [...answerTokens(TOKENS), MARK], tokensPerSecond: TOKENS_PER_SECOND };
      const before = { ...usageOf(terminal), bytes: terminal.bytes };
      await ask(terminal);
      samples.get(name)?.bytes.push((terminal.bytes - before.bytes) / TOKENS);
      samples.get(name)?.cpuMs.push(((usageOf(terminal).cpuMs - before.cpuMs) * 1_000) / TOKENS);
    }
  }
  for (const [name, { bytes, cpuMs }] of samples) {
    note(`bytes written per token${when}`, name, median(bytes).toFixed(1));
    note(`CPU per 1,000 tokens${when}, ms`, name, median(cpuMs).toFixed(0));
  }
}

/** Types a prompt, waits for the end of the answer. */
async function ask(terminal: Terminal): Promise<void> {
  terminal.write('go');
  // A return right behind letters is a line of a paste to some.
  await sleep(300);
  terminal.write('\r');
  await terminal.until(new RegExp(MARK));
  await quiet(terminal);
}

async function quiet(terminal: Terminal): Promise<void> {
  const untilMs = performance.now() + QUIET_MS_MAX;
  for (let seen = -1; seen !== terminal.bytes && performance.now() < untilMs; ) {
    seen = terminal.bytes;
    await sleep(QUIET_MS);
  }
}

async function echoes(open: Open, when: string, note: Note): Promise<void> {
  for (const { name, terminal } of open) {
    const times: number[] = [];
    const before = usageOf(terminal);
    for (let key = 0; key < KEYS; key += 1) {
      // Slower than frames come: what is measured is one key, not the waiting for the next frame.
      await sleep(60);
      const letter = LETTERS[key % LETTERS.length] ?? 'ж';
      const at = performance.now();
      terminal.write(letter);
      times.push((await terminal.until(new RegExp(letter))) - at);
    }
    const after = usageOf(terminal);
    terminal.write('\u007f'.repeat(KEYS));
    await quiet(terminal);
    const sorted = [...times].sort((one, other) => one - other);
    note(`keystroke to echo${when}, ms`, name, median(times).toFixed(1));
    note(`the same${when}, 95th of 100, ms`, name, (sorted[Math.floor(sorted.length * 0.95)] ?? 0).toFixed(1));
    note(`CPU of a keystroke${when}, ms`, name, ((after.cpuMs - before.cpuMs) / KEYS).toFixed(2));
  }
}

/** Beside a figure of another program: how many times ours that is. */
function printFigures(figures: Figures, names: readonly string[]): void {
  process.stdout.write(
    `\nsessions: ${STREAM_ROUNDS} answers of ${TOKENS} tokens at ${TOKENS_PER_SECOND} a second, interleaved, medians;`
      + ' × is the figure divided by ours\n',
  );
  process.stdout.write(`  ${''.padEnd(52)}${names.map((name) => name.padStart(20)).join('')}\n`);
  for (const [figure, values] of figures) {
    const own = Number(values.get('sx'));
    const cell = (name: string): string => {
      const value = values.get(name) ?? '';
      return name === 'sx' || own === 0 ? value : `${value} (${(Number(value) / own).toFixed(1)} ×)`;
    };
    process.stdout.write(`  ${figure.padEnd(52)}${names.map((name) => cell(name).padStart(20)).join('')}\n`);
  }
}
