/**
 * Long output and diffs: some of it in the transcript, the whole kept, bounded, so that it can be shown later: the scroll-back
 * itself is never changed.
 */
import { foldLines, type Line, renderDiff, span, textLines, wrapLines } from '@sx/tui';

import type { TranscriptOptions } from './transcript.ts';

export interface Folding {
  /** Nothing of it is shown. @param heading - What it is, for when it is unfolded; here and below. */
  keep(heading: string, text: string): void;
  diff(heading: string, text: string): void;
  wholeDiff(text: string): void;
  /** @param full - What unfolding shows. */
  output(heading: string, text: string, full: string, isError: boolean): void;
  /** Prints the last thing that was folded, in full, once, below its heading. */
  last(): (() => void) | undefined;
  /** As they will stand there: what is folded is counted in rows, for one line may be a megabyte. */
  rows(lines: readonly Line[], by: 'words' | 'clusters'): Line[];
}

interface Folded {
  readonly kind: 'text' | 'diff';
  readonly heading: string;
  readonly text: string;
}

const FOLDED_CHARS_MAX = 400_000;
const FOLDED_MAX = 20;
const OUTPUT_ROWS = { head: 2, tail: 3 } as const;
const DIFF_ROWS = { head: 30, tail: 10 } as const;

export function createFolding({ print, size, theme, unfoldBy }: TranscriptOptions): Folding {
  let folded: Folded[] = [];
  const remember = (kind: Folded['kind'], heading: string, text: string): void => {
    folded = [...folded, { kind, heading, text: text.slice(0, FOLDED_CHARS_MAX) }].slice(-FOLDED_MAX);
  };
  const diffLines = (text: string): Line[] => renderDiff(text, { columns: size().columns, theme: theme() });
  const rows: Folding['rows'] = (lines, by) =>
    wrapLines(lines, size().columns, { by, hang: [span('  ')] }).map(({ spans }) => spans);
  return {
    rows,
    keep: (heading, text) => remember('text', heading, text),
    wholeDiff: (text) => print(diffLines(text), { by: 'clusters' }),
    diff(heading, text) {
      const lines = diffLines(text);
      const shown = foldLines(lines, { ...DIFF_ROWS, style: theme().muted, key: unfoldBy });
      if (shown !== lines) remember('diff', heading, text);
      print(shown, { by: 'clusters' });
    },
    output(heading, text, full, isError) {
      const style = isError ? theme().danger : theme().muted;
      const lines = text === '' ? [] : rows(textLines(text, style).map((line): Line => [span('  '), ...line]), 'clusters');
      const shown = foldLines(lines, { ...OUTPUT_ROWS, style: theme().muted, key: unfoldBy });
      if (shown !== lines || full !== text) remember('text', heading, full);
      print(shown, { by: 'clusters' });
    },
    last() {
      const last = folded.at(-1);
      folded = folded.slice(0, -1);
      if (last === undefined) return undefined;
      return () => {
        print([[span(last.heading, theme().heading)]], { hang: [span('  ')] });
        print(last.kind === 'diff' ? diffLines(last.text) : textLines(last.text, theme().muted), { by: 'clusters' });
      };
    },
  };
}
