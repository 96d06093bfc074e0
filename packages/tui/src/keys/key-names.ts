/**
 * Tables from sequences to keys: xterm (ctlseqs, "PC-Style Function Keys"), rxvt's variants, and the kitty keyboard protocol.
 */

/** Final byte of `CSI … X` and `SS3 X`. */
export const BY_FINAL: Readonly<Record<string, string>> = {
  A: 'up',
  B: 'down',
  C: 'right',
  D: 'left',
  E: 'begin',
  F: 'end',
  H: 'home',
  P: 'f1',
  Q: 'f2',
  R: 'f3',
  S: 'f4',
};

/** SS3 only: the numeric key pad in application mode. */
export const BY_SS3_FINAL: Readonly<Record<string, string>> = { ...BY_FINAL, M: 'enter', I: 'tab' };
export const SS3_TEXT: Readonly<Record<string, string>> = {
  j: '*', k: '+', l: ',', m: '-', n: '.', o: '/', p: '0', q: '1', r: '2', s: '3', t: '4', u: '5', v: '6', w: '7', x: '8', y: '9',
  X: '=',
};

/** First parameter of `CSI n ~`. */
export const BY_TILDE: Readonly<Record<number, string>> = {
  1: 'home', 2: 'insert', 3: 'delete', 4: 'end', 5: 'page-up', 6: 'page-down', 7: 'home', 8: 'end',
  11: 'f1', 12: 'f2', 13: 'f3', 14: 'f4', 15: 'f5', 17: 'f6', 18: 'f7', 19: 'f8', 20: 'f9', 21: 'f10', 23: 'f11', 24: 'f12',
  25: 'f13', 26: 'f14', 28: 'f15', 29: 'menu', 31: 'f17', 32: 'f18', 33: 'f19', 34: 'f20',
};

/** rxvt: lower case is Shift, `Ox` is Ctrl; `CSI n ^` Ctrl, `CSI n $` Shift, `CSI n @` both. */
export const RXVT_SHIFTED: Readonly<Record<string, string>> = { a: 'up', b: 'down', c: 'right', d: 'left' };

/** Unicode code of `CSI code u`. */
export const BY_CODE: Readonly<Record<number, string>> = {
  9: 'tab', 13: 'enter', 27: 'escape', 32: 'space', 127: 'backspace', 8: 'backspace',
  57344: 'escape', 57345: 'enter', 57346: 'tab', 57347: 'backspace', 57348: 'insert', 57349: 'delete', 57350: 'left',
  57351: 'right', 57352: 'up', 57353: 'down',
  57354: 'page-up', 57355: 'page-down', 57356: 'home', 57357: 'end', 57363: 'menu',
  57376: 'f13', 57377: 'f14', 57378: 'f15', 57379: 'f16', 57380: 'f17', 57381: 'f18', 57382: 'f19', 57383: 'f20', 57384: 'f21',
  57385: 'f22', 57386: 'f23', 57387: 'f24',
  57414: 'enter', 57417: 'left', 57418: 'right', 57419: 'up', 57420: 'down', 57421: 'page-up', 57422: 'page-down', 57423: 'home',
  57424: 'end', 57425: 'insert',
  57426: 'delete', 57427: 'begin',
};

/** The numeric key pad of the kitty protocol, which types. */
export const KEYPAD_TEXT: Readonly<Record<number, string>> = {
  57399: '0', 57400: '1', 57401: '2', 57402: '3', 57403: '4', 57404: '5', 57405: '6', 57406: '7', 57407: '8', 57408: '9',
  57409: '.', 57410: '/', 57411: '*', 57412: '-', 57413: '+', 57415: '=', 57416: ',',
};
