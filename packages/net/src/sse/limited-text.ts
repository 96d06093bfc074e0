/**
 * Text that arrives in pieces, is joined once, and takes no more octets of UTF-8 than its limit.
 *
 * One piece is the usual case and costs nothing. More are joined in blocks on the way, so that a line that comes one
 * character at a time costs memory in proportion to its length, not a list entry for each character; every character is
 * copied twice at most. Octets are counted only once a text could be too long: a UTF-16 unit takes three at most.
 */
import { utf8Length } from './utf8-length.ts';

export interface LimitedText {
  /** Pieces since the last `take`. */
  readonly count: number;
  /** False where the piece makes the text too long. Separators count, one after the last piece included. */
  add(piece: string): boolean;
  /** Everything since the last `take`, joined with the separator. */
  take(): string;
}

const PIECES_PER_BLOCK = 1_024;

export function createLimitedText(separator: '' | '\n', bytesMax: number): LimitedText {
  let units = 0;
  /** Counted only where `units` could be too many; -1 before that. */
  let bytes = -1;
  let first = '';
  /** The pieces from the second on, with the first in front of them. */
  let pieces: string[] = [];
  let blocks: string[] = [];

  const joined = (): string => (text.count <= 1 ? first : [...blocks, ...pieces].join(separator));

  const isWithinLimit = (piece: string): boolean => {
    if (units * 3 <= bytesMax) return true;
    bytes = bytes === -1 ? utf8Length(joined()) + separator.length : bytes + utf8Length(piece) + separator.length;
    return bytes <= bytesMax;
  };

  const append = (piece: string): void => {
    if (text.count === 1) pieces.push(first);
    pieces.push(piece);
    if (pieces.length < PIECES_PER_BLOCK) return;
    blocks.push(pieces.join(separator));
    pieces = [];
  };

  // `count` is no getter: V8 gives every object with one of its own a hidden class that only a full collection frees.
  const text: { -readonly [Key in keyof LimitedText]: LimitedText[Key] } = {
    count: 0,
    add(piece) {
      if (text.count === 0) first = piece;
      else append(piece);
      text.count += 1;
      units += piece.length + separator.length;
      return isWithinLimit(piece);
    },
    take() {
      const all = joined();
      if (text.count > 1) {
        pieces = [];
        blocks = [];
      }
      first = '';
      text.count = 0;
      units = 0;
      bytes = -1;
      return all;
    },
  };
  return text;
}
