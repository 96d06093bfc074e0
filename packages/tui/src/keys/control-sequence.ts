/**
 * From one whole control sequence (`CSI parameters final`) to what it means.
 *
 * Pure. Mouse reports, key releases, lone modifier keys and whatever we did not ask for mean nothing: undefined.
 */
import { type InputEvent, keyPress, type KeyPress, type Modifiers } from './input-event.ts';
import { BY_CODE, BY_FINAL, BY_TILDE, KEYPAD_TEXT, RXVT_SHIFTED } from './key-names.ts';

const RELEASE = 3;

/** Modifier parameter: 1 plus Shift 1, Alt 2, Ctrl 4, Super 8, Hyper 16, Meta 32; locks (64, 128) say nothing. */
function toModifiers(parameter: number): Modifiers {
  const bits = Math.max(0, parameter - 1);
  return { shift: (bits & 1) !== 0, alt: (bits & 2) !== 0 || (bits & 32) !== 0, ctrl: (bits & 4) !== 0, super: (bits & 8) !== 0 };
}

export function decodeControlSequence(parameters: string, final: string, alt: boolean): InputEvent | undefined {
  if (parameters.startsWith('?')) return decodePrivate(parameters.slice(1), final);
  if (/[<=>]/.test(parameters) || final === 'M' || final === 'm') return undefined;
  const groups = parameters.split(';').map(
    (group) => group.split(':').map((digits) => (digits === '' ? undefined : Number.parseInt(digits, 10))),
  );
  const first = groups[0]?.[0] ?? 1;
  const [modifier = 1, kind = 1] = groups[1] ?? [];
  if (kind === RELEASE) return undefined;
  const found = toModifiers(modifier);
  const modifiers = { ...found, alt: found.alt === true || alt };
  switch (final) {
    case 'u':
      return fromCode(groups, modifiers);
    case '~':
      return first === 27 ? fromCode([[groups[2]?.[0]]], modifiers) : named(BY_TILDE[first], modifiers);
    case '^':
      return named(BY_TILDE[first], { ...modifiers, ctrl: true });
    case '$':
      return named(BY_TILDE[first], { ...modifiers, shift: true });
    case '@':
      return named(BY_TILDE[first], { ...modifiers, ctrl: true, shift: true });
    case 'Z':
      return keyPress('tab', { ...modifiers, shift: true });
    case 'I':
    case 'O':
      return parameters === '' ? { type: 'focus', focused: final === 'I' } : undefined;
    case 'R':
      // F3 with modifiers is `1 ; m R`; an answer about the cursor may be that too, in the first row only.
      if (first > 1) return { type: 'reply', to: 'cursor', row: first, column: modifier };
      return named('f3', modifiers);
    case 't': {
      const width = groups[2]?.[0] ?? 0;
      return first === 6 && modifier > 0 && width > 0 ? { type: 'reply', to: 'cell', width, height: modifier } : undefined;
    }
    default:
      return named(BY_FINAL[final], modifiers) ?? named(RXVT_SHIFTED[final], { ...modifiers, shift: true });
  }
}

function decodePrivate(parameters: string, final: string): InputEvent | undefined {
  const values = parameters.replace(/\$$/, '').split(';').map((digits) => Number.parseInt(digits, 10) || 0);
  const [first = 0, second = 0, third = 0, fourth = 0] = values;
  if (final === 'u') return { type: 'reply', to: 'keyboard', flags: first };
  if (final === 'c') return { type: 'reply', to: 'attributes', values };
  if (final === 'y' && parameters.endsWith('$')) return { type: 'reply', to: 'mode', mode: first, state: second };
  if (final === 'S' && first === 1 && second === 0 && third > 1) return { type: 'reply', to: 'colours', count: third };
  if (final === 'S' && first === 2 && second === 0 && third > 0 && fourth > 0) {
    return { type: 'reply', to: 'sixel-area', width: third, height: fourth };
  }
  return undefined;
}

function named(name: string | undefined, modifiers: Modifiers): KeyPress | undefined {
  return name === undefined ? undefined : keyPress(name, modifiers);
}

/** `CSI code:shifted:base ; modifiers:kind ; text u`, and xterm's `CSI 27 ; modifiers ; code ~`. */
function fromCode(groups: readonly (readonly (number | undefined)[])[], modifiers: Modifiers): KeyPress | undefined {
  const [code = 0, shifted, base] = groups[0] ?? [];
  const typed = (groups[2] ?? []).map(toText).join('');
  const keypad = KEYPAD_TEXT[code];
  if (keypad !== undefined) return textPress(keypad, modifiers);
  const name = BY_CODE[code];
  if (name === 'space') return plain(modifiers) ? keyPress('space', {}, ' ') : keyPress('space', modifiers);
  if (name !== undefined) return keyPress(name, modifiers);
  // The rest of the private use area: lone modifiers, media keys, locks.
  if (code < 32 || (code >= 57344 && code <= 63743)) return undefined;
  const character = toText(code);
  if (character === '') return undefined;
  if (typed !== '' && plain(modifiers)) return textPress(typed, modifiers);
  if (modifiers.shift === true && plain({ ...modifiers, shift: false })) {
    return textPress(shifted === undefined ? character.toUpperCase() : toText(shifted), {});
  }
  return textPress(plain(modifiers) ? character : onLatinKeys(character, base), modifiers);
}

/** Shortcuts of other scripts go by the key's place: Ctrl with с on a Cyrillic keyboard is Ctrl-C. */
function onLatinKeys(character: string, base: number | undefined): string {
  const latin = toText(base);
  return /^[a-z]$/.test(latin) && !/^\p{Script=Latin}$/u.test(character) && /^\p{L}$/u.test(character) ? latin : character;
}

const plain = ({ ctrl, alt, super: superKey }: Modifiers): boolean => ctrl !== true && alt !== true && superKey !== true;

function textPress(text: string, modifiers: Modifiers): KeyPress {
  return plain(modifiers) ? keyPress(text, {}, text) : keyPress(text, modifiers);
}

function toText(code: number | undefined): string {
  if (code === undefined || code > 0x10ffff) return '';
  const isControl = code < 0x20 || (code >= 0x7f && code < 0xa0);
  if (isControl || (code >= 0xd800 && code <= 0xdfff)) return '';
  return String.fromCodePoint(code);
}
