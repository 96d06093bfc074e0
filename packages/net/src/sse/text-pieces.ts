/**
 * Text that arrives in pieces and is joined once.
 *
 * Pieces are joined in blocks on the way, so that a line that comes one character at a time costs memory in proportion to
 * its length, not a list entry for each character; every character is copied twice at most.
 */
export interface TextPieces {
  readonly count: number;
  add(piece: string): void;
  /** Everything since the last `take`, joined with the separator. */
  take(): string;
}

const PIECES_PER_BLOCK = 1_024;

export function createTextPieces(separator: string): TextPieces {
  let blocks: string[] = [];
  let pieces: string[] = [];
  let count = 0;
  return {
    get count() {
      return count;
    },
    add(piece) {
      count += 1;
      pieces.push(piece);
      if (pieces.length < PIECES_PER_BLOCK) return;
      blocks.push(pieces.join(separator));
      pieces = [];
    },
    take() {
      // Nearly every event has one line of data.
      const text = count === 1 ? (pieces[0] ?? '') : [...blocks, ...pieces].join(separator);
      if (blocks.length > 0) blocks = [];
      pieces = [];
      count = 0;
      return text;
    },
  };
}
