/**
 * The screen on a terminal: keys in, frames out. What decides is in `controller.ts`, what is shown in `view.ts` and
 * `transcript.ts`, what is behind both in `sitting.ts`, and the terminal is held by `held-terminal.ts`.
 *
 * The first frame is drawn before the configuration is read, and keys are taken from then on. No timer runs while nothing does.
 */
import {
  type Capabilities, createTheme, groundOf, guessGraphics, imageLine, imageSequence, type InputEvent, learnGraphics,
} from '@sx/tui';

import type { ExitCode } from '../../cli/exit-codes.ts';
import type { Arguments } from '../../cli/parse-arguments.ts';
import type { Invocation } from '../../invocation.ts';
import { createHeldTerminal } from './held-terminal.ts';
import { mediaChip } from './media-chip.ts';
import { createPacedPrinting } from './screen-output.ts';
import { createSitting, type Sitting, type SittingOptions } from './sitting.ts';
import { textColumns, viewScreen } from './view.ts';

const PLACEHOLDER = 'ask, or type / for commands, @ for files, ! for a shell line';

export async function runScreen(
  invocation: Invocation,
  args: Arguments,
  capabilities: Capabilities,
  options: SittingOptions = {},
): Promise<ExitCode> {
  let theme = createTheme(capabilities.ground);
  let graphics = guessGraphics(capabilities);
  const held = createHeldTerminal(invocation, capabilities, (exitCode) => sitting.leave(exitCode));
  const { screen } = held;
  const sitting: Sitting = createSitting(invocation, args, {
    ...createPacedPrinting(screen),
    size: () => screen.size,
    theme: () => theme,
    hyperlinks: capabilities.hyperlinks,
    announces: () => false,
    words: { front: 'screen', unfoldBy: 'ctrl+o', skipBy: '`Esc`' },
    async showImage({ data, mediaType, filename }, named) {
      // By the terminal's own protocol where it has one, else by name and size.
      const image = { bytes: Buffer.from(data, 'base64'), mediaType, name: filename ?? mediaType };
      const sequence = await imageSequence(image, graphics, screen.size);
      if (sequence !== undefined) screen.printSequence(sequence);
      else if (named) screen.print([imageLine(image, theme.muted)]);
    },
    bell: () => screen.bell(),
    setTitle: (title) => screen.setTitle(title),
    changed: screen.invalidate,
    lend: held.lend,
    suspend: held.suspend,
  }, options);

  const onEvent = (event: InputEvent): void => {
    if (event.type === 'reply') {
      if (event.to === 'background') theme = createTheme(groundOf(event.rgb));
      graphics = learnGraphics(graphics, event, screen.size);
      return screen.invalidate();
    }
    const { state } = sitting;
    const chip = event.type === 'paste' && state.dialog === undefined && state.approval === undefined
      ? mediaChip(event.text, sitting.workingDirectory)
      : undefined;
    if (chip !== undefined) return sitting.dispatch({ type: 'attach', chip });
    sitting.dispatch({ type: 'event', event, columns: textColumns(screen.size, theme) });
  };

  screen.show((now) => {
    const { state, status, seconds, transcript } = sitting;
    const live = transcript.live(now.columns, state.approval?.question.call.id);
    return viewScreen({ state, status, theme, live, seconds, placeholder: PLACEHOLDER }, now);
  });
  held.take(onEvent);
  void sitting.begin();
  return sitting.ended(held.release);
}
