/** What a Markdown text consists of, in the order of reading. A leaf knows the quotes and list items that it stands in. */
import type { Token } from '../highlight/highlighter.ts';

export type Container =
  | { readonly kind: 'quote' }
  /** `first`: the marker stands before this block; else blanks as wide. */
  | { readonly kind: 'item'; readonly marker: string; readonly first: boolean };

export type Leaf =
  | { readonly kind: 'heading'; readonly level: number; readonly text: string }
  | { readonly kind: 'paragraph'; readonly text: string }
  /** One line of code. */
  | { readonly kind: 'code'; readonly tokens: readonly Token[] }
  | { readonly kind: 'rule' }
  | {
      readonly kind: 'table';
      readonly header: readonly string[] | undefined;
      readonly aligns: readonly Align[];
      readonly rows: readonly (readonly string[])[];
    };

export type Align = 'left' | 'center' | 'right';

export interface Block {
  readonly containers: readonly Container[];
  readonly leaf: Leaf;
  /** An empty row stands before it. */
  readonly gap: boolean;
  /** How many quotes the block before stands in, too: their bars go on through the gap. */
  readonly sharedQuotes: number;
  /** The end of the text is not there yet: what is open in it counts as closed at its end. */
  readonly open: boolean;
}
