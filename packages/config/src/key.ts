/** What a row of the key table says. The table is data: docs, validation, `sx config` and completion are made from it. */

export type KeyType =
  | { readonly kind: 'text' }
  /** A file or directory: `~/` is the home directory; relative to the file that sets it, else to the working directory. */
  | { readonly kind: 'path' }
  | { readonly kind: 'url' }
  /** `0` is off; `1` and the empty value are on. Anything else is refused: `false` would silently have meant on. */
  | { readonly kind: 'switch' }
  | { readonly kind: 'decimal'; readonly min: number; readonly max: number }
  /** `input/output`, then `/cache-read/cache-write` where they differ; US dollars for a million tokens. */
  | { readonly kind: 'price' }
  | { readonly kind: 'integer'; readonly min: number; readonly max: number }
  | { readonly kind: 'choice'; readonly values: readonly string[]; readonly aliases?: Readonly<Record<string, string>> }
  /** Separated by commas; blanks around members do not count. */
  | { readonly kind: 'list' }
  /** Fields of requests: `Name: value; Name: value`. */
  | { readonly kind: 'fields' };

export type Topic = 'Provider' | 'Model' | 'Codex' | 'Claude Code' | 'Anthropic' | 'Gemini' | 'OpenAI-compatible' | 'Router' | 'Network' | 'Agent' | 'Extensions' | 'State';

export interface KeyRow {
  readonly name: string;
  readonly topic: Topic;
  readonly type: KeyType;
  /** Absent: unset. */
  readonly default?: string;
  readonly description: string;
  /**
   * `true`: masked wherever it is shown, and kept from child processes. `in-url`: only the user and password that a URL may
   * hold are.
   */
  readonly secret?: true | 'in-url';
  /** Default `trusted`. `any` only where a value can neither widen access nor redirect anything. */
  readonly trust?: 'any';
  /** With `any`: an untrusted file may only switch off (`0`), or only lower the number that holds without it. */
  readonly narrows?: 'off' | 'lower';
  /** The row matters only while another key has one of these values. */
  readonly when?: { readonly key: string; readonly values: readonly string[] };
  /** Other names in the OS environment, which win over the first unless they are empty. */
  readonly environmentNames?: readonly string[];
  /** The provider whose login (`sx login <provider>`) stores this key. */
  readonly login?: string;
  /** Read from the OS environment alone: the files are found by it. */
  readonly environmentOnly?: true;
}

export const text: KeyType = { kind: 'text' };
export const path: KeyType = { kind: 'path' };
export const url: KeyType = { kind: 'url' };
export const onOff: KeyType = { kind: 'switch' };
export const list: KeyType = { kind: 'list' };
export const fields: KeyType = { kind: 'fields' };
export const price: KeyType = { kind: 'price' };
export const decimal = (min: number, max: number): KeyType => ({ kind: 'decimal', min, max });
export const integer = (min: number, max: number): KeyType => ({ kind: 'integer', min, max });
export const choice = (values: readonly string[], aliases: Readonly<Record<string, string>> = {}): KeyType => ({ kind: 'choice', values, aliases });
