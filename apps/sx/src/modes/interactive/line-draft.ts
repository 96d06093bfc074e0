/**
 * Lines that make one prompt: those that end in a backslash go on in the next, and so does all between two lines of `"""`, for a
 * paste of several lines. Beyond the limit nothing is sent, and the rest is passed over to its end.
 */
export interface LineDraft {
  /** The next line belongs to what was begun. */
  readonly isOpen: boolean;
  /** Where the next line belongs to, whatever is asked meanwhile: to a block. */
  readonly isBlock: boolean;
  /** The prompt, once its last line came; undefined: it goes on; `too-long`: it is dropped. */
  push(line: string): { readonly text: string } | 'too-long' | undefined;
  drop(): void;
}

export const DRAFT_CHARS_MAX = 1_000_000;
export const BLOCK_MARK = '"""';

export function createLineDraft(): LineDraft {
  let lines: string[] = [];
  let chars = 0;
  let isBlock = false;
  const drop = (): void => {
    lines = [];
    chars = 0;
    isBlock = false;
  };
  return {
    get isOpen() {
      return isBlock || lines.length > 0;
    },
    get isBlock() {
      return isBlock;
    },
    push(line) {
      const isMark = line.trim() === BLOCK_MARK;
      if (isMark && !isBlock) {
        isBlock = true;
        return undefined;
      }
      const goesOn = isBlock ? !isMark : line.endsWith('\\');
      const own = isBlock ? (isMark ? undefined : line) : goesOn ? line.slice(0, -1) : line;
      chars += (own?.length ?? 0) + 1;
      if (own !== undefined && chars <= DRAFT_CHARS_MAX) lines.push(own);
      if (goesOn) return undefined;
      const result = chars > DRAFT_CHARS_MAX ? 'too-long' : { text: lines.join('\n') };
      drop();
      return result;
    },
    drop,
  };
}
