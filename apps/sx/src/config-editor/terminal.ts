/**
 * The editor on a terminal: keys in, frames out, files changed. Everything that decides is in `model.ts`, everything that is
 * shown in `screen.ts`.
 *
 * The alternate screen and raw mode are left on every way out: quit, signals, the end of the terminal, a defect.
 */
import { writeSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';

import { type KeyName, isConfigError, isKeyName, parseEnvText, KEY_NAMES, whereOf } from '@sx/config';

import type { ExitCode } from '../cli/exit-codes.ts';
import type { Arguments } from '../cli/parse-arguments.ts';
import { changeKeys, higherSetting, readEnvFile } from '../config-files/change-file.ts';
import { type LevelFile, levelFile } from '../config-files/level.ts';
import type { Invocation } from '../invocation.ts';
import { loadSettings, type Settings } from '../settings.ts';
import { createKeyDecoder, type Key } from './keys.ts';
import { createEditor, type EditorData, type EditorState, update, withData } from './model.ts';
import { type Line, screen } from './screen.ts';

const ENTER = '\u001b[?1049h\u001b[?25l\u001b[?2004h';
const LEAVE = '\u001b[?2004l\u001b[?25h\u001b[?1049l';
const STYLES: Readonly<Record<Line['style'], string>> = {
  plain: '',
  head: '\u001b[1m',
  selected: '\u001b[7m',
  faint: '\u001b[2m',
};
/** So long may the rest of an escape sequence take. */
const ESCAPE_TIMEOUT_MS = 50;

/** Changes go to the user's file, unless `--level` names another. */
export async function runConfigEditor(invocation: Invocation, args: Arguments, settings: Settings): Promise<ExitCode> {
  const file = levelFile(args.value('level') ?? 'user', invocation, settings);
  let current = settings;
  let state = createEditor(editorData(file, settings));
  const notes: string[] = [];
  const save = async (): Promise<void> => {
    try {
      const said = changeKeys(file, state.changes, current);
      notes.push(...said);
      current = await loadSettings({ ...invocation, stderr: silent(invocation) }, args, { tolerant: true });
      state = withData(state, editorData(file, current), said[0] ?? 'saved');
    } catch (error) {
      if (!isConfigError(error)) throw error;
      state = { ...state, message: error.message };
    }
  };
  const interrupted = await onScreen(invocation, () => state, async (key) => {
    const step = update(state, key);
    ({ state } = step);
    if (step.effect === 'save') await save();
    return step.effect === 'quit' ? (key.kind === 'interrupt' ? 'interrupted' : 'quit') : 'goes on';
  });
  for (const note of new Set(notes)) await invocation.stderr.write(`sx: ${note}\n`);
  return interrupted ? (invocation.interrupts.received === 'SIGTERM' ? 143 : 130) : 0;
}

function editorData(file: LevelFile, { config }: Settings): EditorData {
  const values = KEY_NAMES.flatMap((name) => {
    const setting = config.setting(name);
    return setting === undefined
      ? []
      : [[name, { value: setting.value, source: setting.tier === 'built-in' ? 'default' : whereOf(setting) }] as const];
  });
  const entries = parseEnvText(readEnvFile(file.path).text.replace(/^\ufeff/, ''), file.path);
  const own = entries.flatMap(({ key }) => (isKeyName(key) ? [key] : []));
  const hiddenBy = KEY_NAMES.flatMap((name): [KeyName, string][] => {
    const higher = higherSetting(name, file.level, config);
    return higher === undefined ? [] : [[name, higher]];
  });
  return { file: file.path, values: new Map(values), own: new Set(own), hiddenBy: new Map(hiddenBy) };
}

/** Warnings were printed once, before the screen. */
function silent({ stderr }: Invocation): Invocation['stderr'] {
  return { ...stderr, write: () => Promise.resolve() };
}

/** Runs until a key ends it. @returns whether it was interrupted rather than quit. */
async function onScreen(
  { stdin, stdout, interrupts }: Invocation,
  state: () => EditorState,
  press: (key: Key) => Promise<'goes on' | 'quit' | 'interrupted'>,
): Promise<boolean> {
  const terminal = stdin();
  const bytes = new StringDecoder('utf8');
  const keys = createKeyDecoder();
  let escape: NodeJS.Timeout | undefined;
  const draw = (): Promise<void> => stdout.write(frame(state(), stdout.size() ?? { columns: 80, rows: 24 }));
  const restore = (): void => {
    clearTimeout(escape);
    terminal.setRawMode(false);
  };
  // The process is about to end in the middle of something: what is written must be out before.
  interrupts.onLeave(() => {
    restore();
    leaveNow();
  });
  await stdout.write(ENTER);
  try {
    terminal.setRawMode(true);
    return await new Promise<boolean>((resolve, reject) => {
      // One key after the other, however fast they come: saving takes a moment.
      let queue = draw();
      const take = (pressed: readonly Key[]): void => {
        queue = queue.then(async () => {
          for (const key of pressed) {
            const outcome = await press(key);
            if (outcome !== 'goes on') return resolve(outcome === 'interrupted');
          }
          await draw();
        });
        queue.catch(reject);
      };
      terminal.on('data', (piece: Buffer) => {
        clearTimeout(escape);
        take(keys.push(bytes.write(piece)));
        if (keys.waits) escape = setTimeout(() => take(keys.flush()), ESCAPE_TIMEOUT_MS);
      });
      stdout.onResize(() => take([]));
      stdout.onClosed(() => resolve(true));
      terminal.once('end', () => resolve(true));
      terminal.once('error', () => resolve(true));
      interrupts.signal.addEventListener('abort', () => resolve(true), { once: true });
    });
  } finally {
    terminal.removeAllListeners('data');
    terminal.pause();
    restore();
    await stdout.write(LEAVE);
    interrupts.onLeave(() => undefined);
  }
}

function frame(state: EditorState, size: { readonly columns: number; readonly rows: number }): string {
  const lines = screen(state, size).map(
    ({ text, style }) => `${STYLES[style]}${text}${STYLES[style] === '' ? '' : '\u001b[0m'}\u001b[K`,
  );
  return `\u001b[H${lines.join('\r\n')}\u001b[J`;
}

function leaveNow(): void {
  try {
    writeSync(1, LEAVE);
  } catch {
    // The terminal is gone.
  }
}
