/**
 * The terminal as an input: raw mode, the modes of its keyboard, keys as events; and the way back out of all that.
 *
 * `openTerminal` enters: raw mode, bracketed paste, the kitty keyboard protocol where there is one (others ignore the request).
 * `close` leaves them in the opposite order; it is synchronous and may be called twice, so that an `exit` listener can do it.
 * Questions (`ask`) are answered by events of type `reply`, or never: nobody waits.
 */
import { defaultLimits, type Limits } from '../limits.ts';
import { createKeyDecoder } from '../keys/key-decoder.ts';
import { saysSixel } from '../content/image/graphics.ts';
import type { InputEvent } from '../keys/input-event.ts';
import { type Clock, systemClock } from './frame-clock.ts';
import type { ScreenOutput } from './screen.ts';

/** What keys are read from: `process.stdin`, or anything like it. */
export interface TerminalInput {
  readonly isRaw?: boolean | undefined;
  setRawMode?(raw: boolean): unknown;
  on(event: 'data', listener: (bytes: Uint8Array) => void): unknown;
  on(event: 'end', listener: () => void): unknown;
  off(event: 'data', listener: (bytes: Uint8Array) => void): unknown;
  off(event: 'end', listener: () => void): unknown;
  resume(): unknown;
  pause(): unknown;
}

export interface TerminalOptions {
  readonly input: TerminalInput;
  readonly output: ScreenOutput;
  readonly onEvent: (event: InputEvent) => void;
  /** The input ended: the terminal is gone. */
  readonly onEnd?: (() => void) | undefined;
  /** False where the terminal is plain: no mode is set, nothing is asked, and lines come cooked. Default true. */
  readonly modes?: boolean | undefined;
  readonly clock?: Clock | undefined;
  readonly limits?: Limits | undefined;
}

export interface Terminal {
  /**
   * Asks for the ground colour, the keyboard protocol and the size of a cell; the last answer, if any comes, is to `attributes`.
   * Where that says sixel, its colours and pixels are asked too.
   */
  ask(): void;
  /** Leaves all modes, for another program. */
  suspend(): void;
  /**
   * Enters them again.
   *
   * @param options.crashed - The other program did not end in order: what it may have left set (alternate screen, scrolling
   *   region, mouse, key pad) is undone first, and the cursor goes below everything.
   */
  resume(options?: { readonly crashed?: boolean }): void;
  close(): void;
}

/**
 * Bracketed paste on; kitty keyboard: tell ambiguous keys apart (1), and which key of a Latin keyboard it would be (4), kept on a
 * stack of the terminal's own.
 */
const ENTER_MODES = '\u001b[?2004h\u001b[>5u';
/**
 * Everything that we may have set, undone: end of a synchronized update, autowrap, kitty keyboard, bracketed paste, style,
 * cursor. Harmless where nothing is set; a parent process may write it after a crash of the one that had the terminal.
 */
export const RESTORE_TERMINAL = '\u001b[?2026l\u001b[?7h\u001b[<u\u001b[?2004l\u001b[m\u001b[?25h';
/**
 * What a full-screen program leaves set when it is killed. The alternate screen is left by mode 47, which unlike 1049 moves no
 * cursor where there was none.
 */
const MOUSE_AND_FOCUS_OFF = [1000, 1002, 1003, 1004, 1006].map((mode) => `\u001b[?${mode}l`).join('');
const RECOVER = `\u001b[?47l\u001b[?6l\u001b[r\u001b[?1l\u001b>${MOUSE_AND_FOCUS_OFF}\u001b[m\u001b[?25h\u001b[999;1H\r\n`;
/** OSC 11, kitty keyboard flags, pixels of a cell, primary device attributes. */
const QUESTIONS = '\u001b]11;?\u001b\\\u001b[?u\u001b[16t\u001b[c';
/** XTSMGRAPHICS, read: colour registers, pixels. A terminal that does not know it might take it for a request to scroll. */
const SIXEL_QUESTIONS = '\u001b[?1;1;0S\u001b[?2;1;0S';

export function openTerminal(options: TerminalOptions): Terminal {
  const { input, output, onEvent, clock = systemClock, limits = defaultLimits, modes = true } = options;
  const decoder = createKeyDecoder(limits);
  const wasRaw = input.isRaw === true;
  let state: 'open' | 'suspended' | 'closed' = 'suspended';
  let cancel: (() => void) | undefined;

  const stopTimer = (): void => {
    cancel?.();
    cancel = undefined;
  };
  const onData = (bytes: Uint8Array): void => {
    stopTimer();
    decoder.push(bytes, (event) => {
      const isSixel = event.type === 'reply' && event.to === 'attributes' && saysSixel(event.values);
      if (isSixel && state === 'open') attempt(() => output.write(SIXEL_QUESTIONS));
      onEvent(event);
    });
    if (!decoder.pending) return;
    cancel = clock.schedule(limits.escapeTimeoutMs, () => {
      cancel = undefined;
      decoder.expire(onEvent);
    });
  };
  const onEnd = (): void => {
    stopTimer();
    decoder.end(onEvent);
    options.onEnd?.();
  };
  /** A terminal that is gone takes neither modes nor bytes; leaving it must still work. */
  const attempt = (run: () => void): void => {
    try {
      run();
    } catch {
      // The output says so itself, by its error event.
    }
  };

  const enter = (): void => {
    state = 'open';
    if (modes) attempt(() => input.setRawMode?.(true));
    input.on('data', onData);
    input.on('end', onEnd);
    input.resume();
    if (modes) attempt(() => output.write(ENTER_MODES));
  };
  const leave = (): void => {
    stopTimer();
    input.off('data', onData);
    input.off('end', onEnd);
    if (modes) {
      attempt(() => output.write(RESTORE_TERMINAL));
      attempt(() => input.setRawMode?.(wasRaw));
    }
    input.pause();
  };

  enter();
  return {
    ask() {
      if (state === 'open' && modes) attempt(() => output.write(QUESTIONS));
    },
    suspend() {
      if (state !== 'open') return;
      leave();
      state = 'suspended';
    },
    resume({ crashed = false } = {}) {
      if (state !== 'suspended') return;
      if (crashed && modes) attempt(() => output.write(RECOVER));
      enter();
    },
    close() {
      if (state === 'open') leave();
      state = 'closed';
    },
  };
}
