/** Every limit of the package, in one table. The unit is in the name. */
export interface Limits {
  /** Frames a second while something changes; none when nothing does. */
  readonly framesPerSecondMax: number;
  /** Printed lines that one frame writes; the rest waits for the next, so that keys are read in between. */
  readonly printedLinesPerFrameMax: number;
  /** How long a lone ESC may be the start of a sequence. */
  readonly escapeTimeoutMs: number;
  /** One bracketed paste. What goes beyond is dropped and counted. */
  readonly pasteBytesMax: number;
  /** Parameters of one control sequence. */
  readonly sequenceBytesMax: number;
  /** One answer of the terminal (OSC, DCS, APC). */
  readonly replyBytesMax: number;
  /** UTF-16 units of one grapheme cluster: what goes beyond (floods of marks) is dropped. */
  readonly clusterUnitsMax: number;
  readonly columnsMax: number;
  readonly rowsMax: number;
  /** A pasted text longer than one of these becomes a chip. */
  readonly chipLinesMin: number;
  readonly chipCharsMin: number;
  readonly editorCharsMax: number;
  readonly undoStepsMax: number;
  /** Characters that all steps of undo, and all entries of the history with their chips, may hold: the oldest go first. */
  readonly rememberedCharsMax: number;
  readonly killRingMax: number;
  readonly historyEntriesMax: number;
  readonly completionItemsMax: number;
  readonly completionRowsMax: number;
  /** Open Markdown text that is kept for a re-parse; what goes beyond is taken as finished at a word. */
  readonly openTextCharsMax: number;
  readonly tableRowsMax: number;
  /** One line of code or prose, beyond which it is split. */
  readonly lineCharsMax: number;
  readonly nestingMax: number;
  /** Changed words of one pair of lines that are compared with each other. */
  readonly diffWordsMax: number;
  readonly imageBytesMax: number;
  readonly imagePixelsMax: number;
  /** A PNG's rows after inflation. */
  readonly imageInflatedBytesMax: number;
  /** Rows of cells that an image is shown in. */
  readonly imageRowsMax: number;
  /** Pixels of a sixel image: xterm shows no more a side. */
  readonly imageSidePixelsMax: number;
}

export const defaultLimits: Limits = {
  framesPerSecondMax: 30,
  printedLinesPerFrameMax: 2_000,
  escapeTimeoutMs: 50,
  pasteBytesMax: 8 * 1024 * 1024,
  sequenceBytesMax: 256,
  replyBytesMax: 4 * 1024,
  clusterUnitsMax: 40,
  columnsMax: 2_000,
  rowsMax: 1_000,
  chipLinesMin: 6,
  chipCharsMin: 1_000,
  editorCharsMax: 1024 * 1024,
  undoStepsMax: 200,
  rememberedCharsMax: 32 * 1024 * 1024,
  killRingMax: 32,
  historyEntriesMax: 1_000,
  completionItemsMax: 500,
  completionRowsMax: 8,
  openTextCharsMax: 4 * 1024,
  tableRowsMax: 100,
  lineCharsMax: 16 * 1024,
  nestingMax: 8,
  diffWordsMax: 400,
  imageBytesMax: 4 * 1024 * 1024,
  imagePixelsMax: 16 * 1024 * 1024,
  imageInflatedBytesMax: 64 * 1024 * 1024,
  imageRowsMax: 20,
  imageSidePixelsMax: 1_000,
};
