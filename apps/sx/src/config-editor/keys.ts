/**
 * Bytes of a terminal to keys. In: text as it comes, cut anywhere. Out: keys by name, typed characters as themselves.
 *
 * An escape sequence (CSI or SS3) that is not known is dropped whole. A lone ESC may be the beginning of one, so it waits until
 * `flush` says that nothing came. What is pasted between
 * the brackets that the terminal puts round it is one key: nothing in it is a command.
 */
export type Key =
  | { readonly kind: 'text'; readonly text: string }
  /** Without control characters, line ends included. */
  | { readonly kind: 'paste'; readonly text: string }
  | { readonly kind: NamedKey };

export type NamedKey =
  | 'up' | 'down' | 'left' | 'right' | 'page-up' | 'page-down' | 'home' | 'end'
  | 'enter' | 'tab' | 'escape' | 'backspace' | 'delete' | 'clear-line' | 'interrupt';

export interface KeyDecoder {
  push(text: string): Key[];
  /** Whether a beginning is waiting for its rest. */
  readonly waits: boolean;
  flush(): Key[];
}

const SEQUENCES: Readonly<Record<string, NamedKey>> = {
  A: 'up', B: 'down', C: 'right', D: 'left', H: 'home', F: 'end',
  '1~': 'home', '7~': 'home', '4~': 'end', '8~': 'end', '3~': 'delete', '5~': 'page-up', '6~': 'page-down',
};

const CONTROLS: Readonly<Record<string, NamedKey>> = {
  '\r': 'enter', '\n': 'enter', '\t': 'tab', '\u007f': 'backspace', '\b': 'backspace',
  '\u0001': 'home', '\u0003': 'interrupt', '\u0005': 'end', '\u0015': 'clear-line',
};

const WAITING_CHARS_MAX = 32;
const PASTE_BEGIN = '\u001b[200~';
const PASTE_END = '\u001b[201~';
/** What is beyond is dropped. */
const PASTE_CHARS_MAX = 16_384;

export function createKeyDecoder(): KeyDecoder {
  let waiting = '';
  let pasted: string | undefined;
  return {
    get waits() {
      return waiting !== '' && pasted === undefined;
    },
    push(text) {
      const keys: Key[] = [];
      let rest = waiting + text;
      waiting = '';
      while (rest !== '') {
        if (pasted !== undefined) {
          const end = rest.indexOf(PASTE_END);
          // The last characters may be the beginning of the end.
          const taken = end < 0 ? Math.max(0, rest.length - PASTE_END.length + 1) : end;
          pasted = (pasted + rest.slice(0, taken)).slice(0, PASTE_CHARS_MAX);
          rest = rest.slice(taken);
          if (end < 0) {
            waiting = rest;
            break;
          }
          keys.push({ kind: 'paste', text: pasted.replace(/[\u0000-\u001f\u007f]/g, '') });
          pasted = undefined;
          rest = rest.slice(PASTE_END.length);
          continue;
        }
        if (rest.startsWith(PASTE_BEGIN)) {
          pasted = '';
          rest = rest.slice(PASTE_BEGIN.length);
          continue;
        }
        if (rest.startsWith('\u001b')) {
          const sequence = /^\u001b(?:\[[0-9;:<=>?]*[ -/]*[@-~]|O[A-Za-z])/.exec(rest)?.[0];
          if (sequence !== undefined) {
            const name = SEQUENCES[sequence.slice(2)];
            if (name !== undefined) keys.push({ kind: name });
            rest = rest.slice(sequence.length);
            continue;
          }
          if (/^\u001b(?:\[[0-9;:<=>?]*[ -/]*|O)?$/.test(rest) && rest.length <= WAITING_CHARS_MAX) {
            waiting = rest;
            break;
          }
          keys.push({ kind: 'escape' });
          rest = rest.slice(1);
          continue;
        }
        const [character = ''] = rest;
        rest = rest.slice(character.length);
        const control = CONTROLS[character];
        if (control !== undefined) keys.push({ kind: control });
        else if (character >= ' ') keys.push({ kind: 'text', text: character });
      }
      return keys;
    },
    flush() {
      if (waiting === '' || pasted !== undefined) return [];
      waiting = '';
      return [{ kind: 'escape' }];
    },
  };
}
