/**
 * The sitting as plain lines, for terminals that can do no more (`TERM=dumb`) and for screen readers: no escape sequence, no
 * redrawing, nothing that moves. The terminal itself edits and echoes the line.
 *
 * A line is a prompt, a command, or the answer to what was asked last; one that ends in a backslash goes on in the next, and what
 * stands between two lines of `"""` is one prompt. During a turn it steers. Ctrl-C stops the turn, and leaves when it comes
 * again; the end of input leaves. What has changed since the last line is said once: a question, a list, the status after a turn.
 * A secret is typed unseen, as at `sx login`.
 */
import { type Capabilities, createScreen, createTheme, imageLine, textLines } from '@sx/tui';

import type { ExitCode } from '../../cli/exit-codes.ts';
import type { Arguments } from '../../cli/parse-arguments.ts';
import type { Invocation } from '../../invocation.ts';
import { type InputLines, readInputLines } from '../../login/input-lines.ts';
import { hiddenLine } from '../../login/read-secret.ts';
import type { Approval } from './approval.ts';
import type { ScreenState } from './controller.ts';
import { BLOCK_MARK, createLineDraft, DRAFT_CHARS_MAX } from './line-draft.ts';
import { approvalText, dialogText, linePrompt, statusText } from './line-view.ts';
import { createPacedPrinting, createScreenOutput } from './screen-output.ts';
import { createSitting, type Sitting, type SittingOptions } from './sitting.ts';

const LINE_CHARS_MAX = 100_000;

export async function runLineMode(
  invocation: Invocation,
  args: Arguments,
  capabilities: Capabilities,
  options: SittingOptions = {},
): Promise<ExitCode> {
  const { stdin, stdout, interrupts } = invocation;
  const theme = createTheme('dark');
  const output = createScreenOutput(stdout);
  const size = (): { columns: number; rows: number } => stdout.size() ?? { columns: 80, rows: 24 };
  const plain = { ...capabilities, plain: true };
  const screen = createScreen({ output, ...size(), capabilities: plain, onGone: () => sitting.leave(1) });
  const paced = createPacedPrinting(screen);
  /** What stands in the last line, where that was not ended. */
  let prompted: string | undefined;
  const draft = createLineDraft();
  let said: ScreenState | undefined;
  let saidStatus = '';
  let isOpen = false;
  let isHidden = false;
  let hasEnded = false;

  const print: typeof paced.print = (lines, how) => {
    if (prompted !== undefined) output.write('\n');
    prompted = undefined;
    paced.print(lines, how);
    queueMicrotask(ask);
  };
  const say = (text: string): void => print(textLines(text, theme.plain));
  const ask = (): void => {
    const { state } = sitting;
    const isAsked = state.approval !== undefined || state.dialog !== undefined;
    const wanted = (isOpen || isAsked) && !hasEnded ? linePrompt(state, draft.isOpen) : undefined;
    if (wanted === undefined || prompted !== undefined) return;
    prompted = wanted;
    output.write(wanted);
  };

  /** Says what came up since it was last said. */
  const changed = (): void => {
    const { state, status } = sitting;
    const before = said;
    said = state;
    if (before === state) return;
    if (state.leaving && before?.leaving !== true) say('Ctrl-C once more leaves');
    const waits = (one: ScreenState | undefined): number => (one === undefined ? 0 : one.steering.length + one.queue.length);
    const steers = state.steering.length > (before?.steering.length ?? 0);
    if (waits(state) > waits(before)) say(steers ? 'heard after the present tools' : 'queued for after the turn');
    if (state.editor.text !== '') {
      say(`not sent:\n${state.editor.text}`);
      return sitting.dispatch({ type: 'editor-text', text: '' });
    }
    // A list is answered first: a question is said, or said again, behind it.
    const asked = questionOf(state);
    if (asked !== undefined && asked !== questionOf(before)) say(approvalText(asked));
    if (state.dialog !== undefined && state.dialog !== before?.dialog) show(state.dialog);
    const text = statusText(status);
    if (state.phase === 'idle' && before?.phase !== 'idle' && before !== undefined && text !== saidStatus) {
      saidStatus = text;
      say(text);
    }
    queueMicrotask(ask);
  };
  const show = (dialog: NonNullable<ScreenState['dialog']>): void => {
    say(dialogText(dialog));
    if (dialog.kind === 'line' && dialog.secret) typeHidden();
  };

  const sitting: Sitting = createSitting(invocation, args, {
    print,
    keepUp: paced.keepUp,
    size: () => screen.size,
    theme: () => theme,
    hyperlinks: false,
    // A question says it already.
    announces: () => sitting.state.approval === undefined,
    words: { front: 'lines', unfoldBy: '/more', skipBy: 'an empty line' },
    async showImage({ data, mediaType, filename }, named) {
      if (named) print([imageLine({ bytes: Buffer.from(data, 'base64'), mediaType, name: filename ?? mediaType }, theme.plain)]);
    },
    bell: () => undefined,
    setTitle: () => undefined,
    changed,
    // The terminal is in no mode that another program would have to be spared.
    lend: (run) => run(),
    suspend: () => undefined,
  }, options);

  const entered = (line: string): void => {
    prompted = undefined;
    queueMicrotask(ask);
    const { approval, dialog } = sitting.state;
    const isPrompt = draft.isBlock || line.trim() === BLOCK_MARK;
    if (!isPrompt && (approval !== undefined || dialog !== undefined)) return sitting.dispatch({ type: 'line', text: line });
    const whole = draft.push(line);
    if (whole === 'too-long') return say(`not sent: more than ${DRAFT_CHARS_MAX.toLocaleString('en')} characters`);
    if (whole !== undefined) sitting.dispatch({ type: 'line', text: whole.text, isPrompt });
  };
  const read = (): InputLines => readInputLines(stdin, LINE_CHARS_MAX, entered);
  let lines = read();

  /** The terminal echoes nothing until the line has ended. */
  const typeHidden = (): void => {
    const terminal = stdin();
    if (terminal.isTTY !== true) return;
    lines.stop();
    isHidden = true;
    terminal.setRawMode(true);
    const ended = (text: string): void => {
      terminal.off('data', onData);
      isHidden = false;
      terminal.setRawMode(false);
      output.write('\n');
      lines = read();
      terminal.resume();
      entered(text);
    };
    const onData = hiddenLine(ended, () => ended(''));
    terminal.on('data', onData);
    terminal.resume();
  };

  const restore = (): void => {
    if (isHidden) stdin().setRawMode(false);
  };
  interrupts.onLeave(restore);
  const giveBack = interrupts.onInterrupt(() => {
    draft.drop();
    if (prompted !== undefined) output.write('\n');
    prompted = undefined;
    sitting.dispatch({ type: 'interrupt' });
  });
  interrupts.signal.addEventListener('abort', () => sitting.leave(interrupts.received === 'SIGTERM' ? 143 : 130), { once: true });
  stdin().once('end', () => sitting.dispatch({ type: 'end' }));
  stdin().once('error', () => sitting.leave(1));
  stdout.onResize(() => screen.resize(size()));
  stdout.onClosed(() => sitting.leave(1));

  void sitting.begin().then(() => {
    isOpen = true;
    if (sitting.status.model !== '') say(statusText(sitting.status));
    ask();
  });
  return sitting.ended(() => {
    hasEnded = true;
    if (prompted !== undefined) output.write('\n');
    lines.stop();
    restore();
    giveBack();
    screen.close();
    interrupts.onLeave(() => undefined);
  });
}

function questionOf(state: ScreenState | undefined): Approval | undefined {
  return state?.dialog === undefined ? state?.approval : undefined;
}
