/**
 * Decodes what a terminal sends: bytes in, `InputEvent`s out.
 *
 * Understood: UTF-8 text, C0 keys, `ESC x` and `ESC sequence` as Alt, CSI and SS3 keys of xterm, rxvt, the Linux console and
 * modifyOtherKeys, the kitty keyboard protocol, bracketed paste as one event, focus, answers to our queries. Mouse reports and
 * unknown sequences are swallowed whole, so that no part of them is typed.
 *
 * States: `ground`, `escape` (after ESC), `escape-escape`, `csi`, `ss3`, `mouse` (three bytes of the old protocol), `string` (OSC,
 * DCS, APC, PM, SOS up to BEL or ST), `paste`. What comes out never depends on how the input was cut, with one exception that the
 * wire forces on everybody: a lone ESC is the Escape key when nothing follows in time. The decoder has no clock: where `pending`
 * is true after a push, the caller waits `escapeTimeoutMs` and calls `expire`.
 * Limits: one paste, one sequence, one answer. Invalid UTF-8 becomes U+FFFD.
 */
import { defaultLimits, type Limits } from '../limits.ts';
import { decodeControlSequence } from './control-sequence.ts';
import { type InputEvent, keyPress } from './input-event.ts';
import { BY_SS3_FINAL, RXVT_SHIFTED, SS3_TEXT } from './key-names.ts';
import { createPaste } from './paste.ts';
import { decodeReply } from './terminal-reply.ts';
import { createUtf8Decoder } from './utf8-decoder.ts';

export interface KeyDecoder {
  push(input: Uint8Array, emit: (event: InputEvent) => void): void;
  /** An ESC, or a sequence that began, waits for more. */
  readonly pending: boolean;
  /** Nothing followed in time: an ESC was the Escape key, a sequence that began is none. A paste goes on waiting for its end. */
  expire(emit: (event: InputEvent) => void): void;
  /** The input ended: like `expire`, and a paste without its end is delivered. */
  end(emit: (event: InputEvent) => void): void;
}

type State = 'ground' | 'escape' | 'escape-escape' | 'csi' | 'ss3' | 'mouse' | 'string' | 'string-escape' | 'paste';

const ESC = 0x1b;
const MOUSE_BYTES = 3;

type KeyLimits = Pick<Limits, 'pasteBytesMax' | 'sequenceBytesMax' | 'replyBytesMax'>;

export function createKeyDecoder(limits: KeyLimits = defaultLimits): KeyDecoder {
  let state: State = 'ground';
  /** ESC ESC sequence: the second one is Alt with it. */
  let alt = false;
  let parameters = '';
  let stringKind = '';
  let left = 0;
  let emit: (event: InputEvent) => void = () => undefined;
  const text = createUtf8Decoder((character) => {
    const name = character === ' ' ? 'space' : alt ? character.toLowerCase() : character;
    emit(alt ? keyPress(name, { alt, shift: character !== character.toLowerCase() }) : keyPress(name, {}, character));
    alt = false;
  });
  let paste = createPaste(limits.pasteBytesMax);

  const reset = (): void => {
    state = 'ground';
    alt = false;
    parameters = '';
  };

  const ground = (byte: number): void => {
    if (text.waiting || (byte >= 0x20 && byte !== 0x7f)) return void text.push(byte, ground);
    if (byte === ESC) state = 'escape';
    else {
      emit(c0(byte, alt));
      alt = false;
    }
  };

  const escape = (byte: number): void => {
    const character = String.fromCharCode(byte);
    if (byte === ESC) state = 'escape-escape';
    else if (character === '[') state = 'csi';
    else if (character === 'O') state = 'ss3';
    else if (']P_^X'.includes(character)) {
      state = 'string';
      stringKind = character;
    } else {
      state = 'ground';
      alt = true;
      ground(byte);
    }
  };

  /** Alt with a sequence, as rxvt and PuTTY send it; else the first ESC was the key. */
  const escapeEscape = (byte: number): void => {
    if (byte === 0x5b || byte === 0x4f) alt = true;
    else emit(keyPress('escape'));
    escape(byte);
  };

  const csi = (byte: number): void => {
    if (byte === ESC) {
      reset();
      state = 'escape';
      return;
    }
    // The Linux console sends `CSI [ A` for F1.
    if (byte === 0x5b && parameters === '') {
      parameters = '[';
      return;
    }
    if (byte >= 0x20 && byte <= 0x3f) {
      if (parameters.length < limits.sequenceBytesMax) parameters += String.fromCharCode(byte);
      return;
    }
    const final = String.fromCharCode(byte);
    const [before, wasAlt] = [parameters, alt];
    reset();
    const event = byte < 0x40 || byte > 0x7e ? undefined : whole(before, final, wasAlt);
    // What is no key has no Alt.
    if (wasAlt && event?.type !== 'key') emit(keyPress('escape'));
    if (event !== undefined) emit(event);
  };

  const whole = (before: string, final: string, wasAlt: boolean): InputEvent | undefined => {
    if (before.startsWith('[')) {
      return final >= 'A' && final <= 'E' ? keyPress(`f${final.charCodeAt(0) - 0x40}`, { alt: wasAlt }) : undefined;
    }
    if (final === '~' && before === '200') state = 'paste';
    else if (final === 'M' && before === '') {
      state = 'mouse';
      left = MOUSE_BYTES;
    } else if (before.length < limits.sequenceBytesMax) return decodeControlSequence(before, final, wasAlt);
    return undefined;
  };

  const ss3 = (byte: number): void => {
    const final = String.fromCharCode(byte);
    if (byte === ESC) {
      reset();
      state = 'escape';
      return;
    }
    if (/[0-9;]/.test(final) && parameters.length < limits.sequenceBytesMax) {
      parameters += final;
      return;
    }
    const [before, wasAlt] = [parameters, alt];
    reset();
    const typed = SS3_TEXT[final];
    if (typed !== undefined) return emit(wasAlt ? keyPress(typed, { alt: true }) : keyPress(typed, {}, typed));
    const shifted = RXVT_SHIFTED[final];
    if (shifted !== undefined) return emit(keyPress(shifted, { ctrl: true, alt: wasAlt }));
    const name = BY_SS3_FINAL[final];
    if (name === undefined) return;
    const modified = before.includes(';') ? before : `1;${before}`;
    const event = before === '' ? keyPress(name, { alt: wasAlt }) : decodeControlSequence(modified, final, wasAlt);
    if (event !== undefined) emit(event);
  };

  const string = (byte: number): void => {
    if (byte === ESC) state = 'string-escape';
    else if (byte === 0x07 || byte === 0x18 || byte === 0x1a) finishString(byte === 0x07);
    else if (parameters.length < limits.replyBytesMax) parameters += String.fromCharCode(byte);
  };

  const finishString = (whole: boolean): void => {
    const event = whole && parameters.length < limits.replyBytesMax ? decodeReply(stringKind, parameters) : undefined;
    reset();
    if (event !== undefined) emit(event);
  };

  const stringEscape = (byte: number): void => {
    if (byte === 0x5c) return finishString(true);
    reset();
    state = 'escape';
    escape(byte);
  };

  const inPaste = (byte: number): void => {
    if (!paste.push(byte)) return;
    finishPaste();
  };

  const finishPaste = (): void => {
    const event = paste.take();
    paste = createPaste(limits.pasteBytesMax);
    reset();
    emit(event);
  };

  const step = (byte: number): void => {
    switch (state) {
      case 'ground':
        return ground(byte);
      case 'escape':
        return escape(byte);
      case 'escape-escape':
        return escapeEscape(byte);
      case 'csi':
        return csi(byte);
      case 'ss3':
        return ss3(byte);
      case 'mouse':
        left -= 1;
        if (left === 0) state = 'ground';
        return;
      case 'string':
        return string(byte);
      case 'string-escape':
        return stringEscape(byte);
      case 'paste':
        return inPaste(byte);
    }
  };

  const expire = (to: (event: InputEvent) => void): void => {
    emit = to;
    const was = state;
    const [wasEmpty, wasAlt] = [parameters === '', alt];
    const isShifted = was === 'csi' && /^\d+\$$/.test(parameters);
    const shifted = isShifted ? decodeControlSequence(parameters.slice(0, -1), '$', wasAlt) : undefined;
    if (was === 'paste') return;
    // Half a character waits: a slow line may bring the rest, and no key sends a part.
    if (was === 'ground') return;
    reset();
    if (was === 'escape-escape' || (wasAlt && wasEmpty)) emit(keyPress('escape'));
    if (was === 'escape' || was === 'escape-escape') emit(keyPress('escape'));
    // rxvt ends Shift with a byte that elsewhere stands before the last one.
    else if (shifted !== undefined) emit(shifted);
    // Alt with a letter that may also start a sequence.
    else if (was === 'csi' && wasEmpty) emit(keyPress('[', { alt: true }));
    else if (was === 'ss3' && wasEmpty) emit(keyPress('o', { alt: true, shift: true }));
    else if (was === 'string' && wasEmpty) emit(keyPress(stringKind.toLowerCase(), { alt: true, shift: /[A-Z]/.test(stringKind) }));
  };

  return {
    push(input, to) {
      emit = to;
      for (const byte of input) step(byte);
    },
    get pending() {
      return state !== 'ground' && state !== 'paste';
    },
    expire,
    end(to) {
      emit = to;
      if (state === 'paste') finishPaste();
      else expire(to);
      text.end();
    },
  };
}

function c0(byte: number, alt: boolean): InputEvent {
  switch (byte) {
    case 0x0d:
      return keyPress('enter', { alt });
    case 0x0a:
      // What Ctrl-J, and Shift-Enter in many terminal set-ups, send: a new line in the editor.
      return keyPress('j', { ctrl: true, alt });
    case 0x09:
      return keyPress('tab', { alt });
    case 0x7f:
      return keyPress('backspace', { alt });
    case 0x08:
      return keyPress('backspace', { alt, ctrl: true });
    case 0x00:
      return keyPress('space', { ctrl: true, alt });
    default:
      return keyPress(byte <= 0x1a ? String.fromCharCode(byte + 0x60) : String.fromCharCode(byte + 0x40), { ctrl: true, alt });
  }
}
