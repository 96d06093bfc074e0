/** What a terminal's input means: keys, pasted text, answers to our questions. */

export interface KeyPress {
  readonly type: 'key';
  /**
   * A character as typed (`a`, `A`, `中`), or a name: `enter` `tab` `backspace` `escape` `space` `up` `down` `left` `right` `home`
   * `end` `page-up` `page-down` `insert` `delete` `f1` … `f24`, `menu`, `begin`. With Ctrl or Alt letters are lower case and
   * Shift stands beside them.
   */
  readonly name: string;
  /** What the key types; empty for keys that type nothing. */
  readonly text: string;
  readonly ctrl: boolean;
  readonly alt: boolean;
  readonly shift: boolean;
  readonly super: boolean;
}

export interface Paste {
  readonly type: 'paste';
  /** Line ends are LF. Control characters are still in it. */
  readonly text: string;
  /** Bytes beyond the limit, which were dropped. */
  readonly droppedBytes: number;
}

export type TerminalReply =
  /** OSC 10 and 11: the colour as 0xRRGGBB. */
  | { readonly type: 'reply'; readonly to: 'foreground' | 'background'; readonly rgb: number }
  /** CSI ? u: the terminal speaks the kitty keyboard protocol. */
  | { readonly type: 'reply'; readonly to: 'keyboard'; readonly flags: number }
  /** CSI ? … c: the last of our questions, which nearly all terminals answer. */
  | { readonly type: 'reply'; readonly to: 'attributes'; readonly values: readonly number[] }
  /**
   * CSI row ; column R, both from 1. Only where CSI 6 n was asked: it looks like F3 with modifiers, which is told apart by the
   * row.
   */
  | { readonly type: 'reply'; readonly to: 'cursor'; readonly row: number; readonly column: number }
  /** CSI 6 ; height ; width t: pixels of a cell. */
  | { readonly type: 'reply'; readonly to: 'cell'; readonly width: number; readonly height: number }
  /** CSI ? 1 ; 0 ; count S: colour registers, which sixel images use. */
  | { readonly type: 'reply'; readonly to: 'colours'; readonly count: number }
  /** CSI ? 2 ; 0 ; width ; height S: pixels of a sixel image at most; xterm says those of its window. */
  | { readonly type: 'reply'; readonly to: 'sixel-area'; readonly width: number; readonly height: number }
  /** CSI ? mode ; state $ y */
  | { readonly type: 'reply'; readonly to: 'mode'; readonly mode: number; readonly state: number };

export interface FocusChange {
  readonly type: 'focus';
  readonly focused: boolean;
}

export type InputEvent = KeyPress | Paste | TerminalReply | FocusChange;

export interface Modifiers {
  readonly ctrl?: boolean | undefined;
  readonly alt?: boolean | undefined;
  readonly shift?: boolean | undefined;
  readonly super?: boolean | undefined;
}

export function keyPress(
  name: string,
  { ctrl = false, alt = false, shift = false, super: superKey = false }: Modifiers = {},
  text = '',
): KeyPress {
  return { type: 'key', name, text, ctrl, alt, shift, super: superKey };
}

/**
 * The name of a press for tables of bindings: `ctrl+c`, `alt+enter`, `shift+tab`, `ctrl+shift+z`, `x`. Typed characters have no
 * `shift+`.
 */
export function keyId({ name, ctrl, alt, shift, super: superKey }: KeyPress): string {
  return `${superKey ? 'super+' : ''}${ctrl ? 'ctrl+' : ''}${alt ? 'alt+' : ''}${shift ? 'shift+' : ''}${name}`;
}
