/**
 * A text that comes in many small pieces and is asked for at its end.
 *
 * A string costs memory and the collector's time beside its characters, and so does each join: a list of the pieces, or one join
 * for each, takes ten times what the text does, and all of it lives until the end. So pieces are joined 256 at a time, while
 * they are young: what is kept is characters. Every one of them is copied twice, however long the text grows.
 */
const PIECES_PER_BLOCK = 256;

export class JoinedText {
  #text = '';
  readonly #pieces: string[] = [];

  add(piece: string): void {
    if (this.#pieces.push(piece) === PIECES_PER_BLOCK) this.#join();
  }

  /** Everything that was added so far. */
  toString(): string {
    this.#join();
    return this.#text;
  }

  #join(): void {
    this.#text += this.#pieces.join('');
    this.#pieces.length = 0;
  }
}
