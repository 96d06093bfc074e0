/**
 * How a terminal shows images: guessed from its variables, then learnt from its answers.
 *
 * Sixel is believed only from the answer to `CSI c`: no variable says it, and a multiplexer answers for itself. kitty's and
 * iTerm2's protocols would need a passage through a multiplexer, which loses images when it redraws: there they are not used.
 */
import type { Capabilities } from '../../colour/capabilities.ts';
import type { TerminalReply } from '../../keys/input-event.ts';
import type { Size } from '../../screen/screen.ts';
import type { ImageSize } from './image-size.ts';

export interface Graphics {
  readonly protocol: Capabilities['images'] | 'sixel';
  /** Pixels of a cell; undefined until the terminal says it. */
  readonly cell?: ImageSize | undefined;
  /** Colours that a sixel image may have. */
  readonly colours: number;
}

/** What every sixel terminal of today has; VT340 says that it has 16. */
const COLOURS_MAX = 256;

export function guessGraphics({ images }: Capabilities): Graphics {
  return { protocol: images, colours: COLOURS_MAX };
}

/** @param screen - Its size when the terminal answered. */
export function learnGraphics(graphics: Graphics, reply: TerminalReply, screen: Size): Graphics {
  switch (reply.to) {
    case 'attributes':
      return graphics.protocol === 'none' && saysSixel(reply.values) ? { ...graphics, protocol: 'sixel' } : graphics;
    case 'cell':
      return { ...graphics, cell: { width: reply.width, height: reply.height } };
    case 'sixel-area': {
      // xterm says no size of a cell, unless its user allows it, but this. Others say here what they can hold at most.
      const cell = { width: reply.width / screen.columns, height: reply.height / screen.rows };
      const isWindow = Number.isInteger(cell.width) && Number.isInteger(cell.height);
      return graphics.cell === undefined && isWindow ? { ...graphics, cell } : graphics;
    }
    case 'colours':
      return { ...graphics, colours: Math.min(COLOURS_MAX, reply.count) };
    default:
      return graphics;
  }
}

/** Attribute 4; the first value is the terminal's class. */
export function saysSixel(values: readonly number[]): boolean {
  return values.slice(1).includes(4);
}
