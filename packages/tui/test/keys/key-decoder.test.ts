import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { createKeyDecoder, defaultLimits, type InputEvent, keyId, type KeyDecoder } from '../../src/index.ts';
import { assertSplits, createSeededRandom } from '@sx/testkit';

/** `ctrl+c`, `"x"` for what types, and the rest as short words. */
function show(event: InputEvent): string {
  switch (event.type) {
    case 'key':
      return event.text === '' ? keyId(event) : `"${event.text}"`;
    case 'paste':
      return `paste ${JSON.stringify(event.text)}${event.droppedBytes > 0 ? ` -${event.droppedBytes}` : ''}`;
    case 'focus':
      return event.focused ? 'focus' : 'blur';
    case 'reply':
      switch (event.to) {
        case 'attributes':
          return `attributes ${event.values.join()}`;
        case 'cursor':
          return `cursor ${event.row},${event.column}`;
        case 'keyboard':
          return `keyboard ${event.flags}`;
        case 'cell':
        case 'sixel-area':
          return `${event.to} ${event.width}×${event.height}`;
        case 'colours':
          return `colours ${event.count}`;
        case 'mode':
          return `mode ${event.mode}=${event.state}`;
        default:
          return `${event.to} ${event.rgb.toString(16)}`;
      }
  }
}

const shown = (decoder: KeyDecoder): { push(input: Uint8Array, emit: (value: string) => void): void; end(emit: (value: string) => void): void } => ({
  push: (input, emit) => decoder.push(input, (event) => emit(show(event))),
  end: (emit) => decoder.end((event) => emit(show(event))),
});

const E = '\u001b';
const CASES: readonly (readonly [rule: string, input: string, events: string])[] = [
  ['letters are themselves', 'aZ1', '"a" "Z" "1"'],
  ['a space types', 'a b', '"a" " " "b"'],
  ['UTF-8 of two, three and four bytes', 'é中👍', '"é" "中" "👍"'],
  ['an emoji sequence comes by code points', '👩‍💻', '"👩" "\u200d" "💻"'],
  ['C0: Ctrl with letters', '\u0001\u0003\u0004\u0012\u001a', 'ctrl+a ctrl+c ctrl+d ctrl+r ctrl+z'],
  ['C0: Ctrl with marks', '\u0000\u001c\u001d\u001e\u001f', 'ctrl+space ctrl+\\ ctrl+] ctrl+^ ctrl+_'],
  ['Enter, Tab, Backspace', '\r\t\u007f', 'enter tab backspace'],
  ['LF is Ctrl-J, BS is Ctrl-Backspace', '\n\b', 'ctrl+j ctrl+backspace'],
  ['ESC before a key is Alt', `${E}f${E}B${E}\r${E}\u007f${E}中`, 'alt+f alt+shift+b alt+enter alt+backspace alt+中'],
  ['ESC before a control is Ctrl-Alt', `${E}\u0003`, 'ctrl+alt+c'],
  ['arrows, normal and application mode', `${E}[A${E}[B${E}OC${E}OD`, 'up down right left'],
  ['arrows with modifiers', `${E}[1;2A${E}[1;3B${E}[1;5C${E}[1;6D${E}[1;9A`, 'shift+up alt+down ctrl+right ctrl+shift+left super+up'],
  ['ESC before a sequence of a key is Alt', `${E}${E}[A${E}${E}OB${E}${E}[3~${E}${E}[1;5C${E}${E}OP${E}${E}Oq${E}${E}[[A`, 'alt+up alt+down alt+delete ctrl+alt+right alt+f1 alt+1 alt+f1'],
  ['ESC before a sequence of no key is Escape', `${E}${E}[I${E}${E}[<0;1;2M${E}${E}[?62c${E}${E}]11;rgb:0/0/0\u0007${E}${E}[M !!${E}${E}[200~x${E}[201~`, 'escape focus escape escape attributes 62 escape background 0 escape escape paste "x"'],
  ['two Escapes and a letter', `${E}${E}x`, 'escape alt+x'],
  ['three Escapes and an arrow', `${E}${E}${E}[A`, 'escape alt+up'],
  ['Alt with digits, marks, space, Tab, upper case, other scripts', `${E}1${E}.${E} ${E}\t${E}É${E}ж`, 'alt+1 alt+. alt+space alt+tab alt+shift+é alt+ж'],
  ['home and end of four kinds', `${E}[H${E}[F${E}[1~${E}[4~${E}[7~${E}[8~${E}OH${E}OF`, 'home end home end home end home end'],
  ['editing keys', `${E}[2~${E}[3~${E}[5~${E}[6~${E}[3;5~`, 'insert delete page-up page-down ctrl+delete'],
  ['function keys', `${E}OP${E}OS${E}[15~${E}[24~${E}[1;2P${E}[[A${E}[[E`, 'f1 f4 f5 f12 shift+f1 f1 f5'],
  ['F3 with modifiers is no answer about the cursor', `${E}[1;5R${E}[12;40R`, 'ctrl+f3 cursor 12,40'],
  ['Shift-Tab', `${E}[Z`, 'shift+tab'],
  ['rxvt: Shift, Ctrl', `${E}[a${E}Ob${E}[3^`, 'shift+up ctrl+down ctrl+delete'],
  ['rxvt: Shift, Ctrl and both, with its own numbers', `${E}[7^${E}[8@${E}[2^${E}[d${E}Oc`, 'ctrl+home ctrl+shift+end ctrl+insert shift+left ctrl+right'],
  ['the key pad of application mode', `${E}Op${E}Oq${E}Or${E}Os${E}Ot${E}Ou${E}Ov${E}Ow${E}Ox${E}Oy${E}Oj${E}Ok${E}Ol${E}Om${E}On${E}Oo${E}OX${E}OM${E}OI`, '"0" "1" "2" "3" "4" "5" "6" "7" "8" "9" "*" "+" "," "-" "." "/" "=" enter tab'],
  ['SS3 with modifiers, as old Konsole and VTE send it', `${E}O5A${E}O1;3P${E}O2R`, 'ctrl+up alt+f1 shift+f3'],
  ['function keys beyond twelve, and Menu', `${E}[25~${E}[26~${E}[28~${E}[29~${E}[31~${E}[34~${E}[23;2~`, 'f13 f14 f15 menu f17 f20 shift+f11'],
  ['the key in the middle of the key pad', `${E}[E${E}OE${E}[1;5E`, 'begin begin ctrl+begin'],
  ['kitty: letters with modifiers', `${E}[97;5u${E}[97;6u${E}[97;3u${E}[99;9u`, 'ctrl+a ctrl+shift+a alt+a super+c'],
  ['kitty: keys that C0 cannot tell apart', `${E}[13;2u${E}[9;5u${E}[27u${E}[127;5u${E}[105;5u`, 'shift+enter ctrl+tab escape ctrl+backspace ctrl+i'],
  ['kitty: Shift types the shifted letter', `${E}[97;2u${E}[97:65;2u${E}[49:33;2u`, '"A" "A" "!"'],
  ['kitty: associated text', `${E}[97;;229u`, '"å"'],
  ['kitty: a release is nothing, a repeat is a press', `${E}[97;1:3u${E}[97;1:2u${E}[1;1:3A${E}[1;1:2A`, '"a" up'],
  ['kitty: a repeat and a release of keys with a number', `${E}[3;1:2~${E}[3;1:3~${E}[5;5:1~`, 'delete ctrl+page-up'],
  ['kitty: Hyper is nothing, Meta is Alt', `${E}[97;17u${E}[97;33u`, '"a" alt+a'],
  ['kitty: Alt with a letter, shifted and not', `${E}[97;3u${E}[97:65;4u`, 'alt+a alt+shift+a'],
  ['kitty: shortcuts of other scripts go by the key of a Latin keyboard', `${E}[1089::99;5u${E}[1103::122;5u${E}[945::97;3u`, 'ctrl+c ctrl+z alt+a'],
  ['kitty: letters of Latin scripts stay, wherever the key is', `${E}[246::59;5u${E}[97::113;5u${E}[233::50;3u`, 'ctrl+ö ctrl+a alt+é'],
  ['kitty: what they type stays what it is', `${E}[1089:1057:99;2u`, '"С"'],
  ['kitty: F keys of their own, F3 included', `${E}[P${E}[1;5Q${E}[13~${E}[57376u${E}[57387;2u`, 'f1 ctrl+f2 f3 f13 shift+f24'],
  ['kitty: editing keys of the key pad', `${E}[57417u${E}[57426;5u${E}[57423u${E}[57425u`, 'left ctrl+delete home insert'],
  ['kitty: space', `${E}[32u${E}[32;5u${E}[32;2u`, '" " ctrl+space " "'],
  ['kitty: lone modifiers and media keys are nothing', `${E}[57441;2u${E}[57428u${E}[57358u`, ''],
  ['kitty: the key pad types', `${E}[57400u${E}[57414u${E}[57419u`, '"1" enter up'],
  ['kitty: locks change nothing', `${E}[97;65u${E}[97;133u`, '"a" ctrl+a'],
  ['modifyOtherKeys', `${E}[27;5;13~${E}[27;2;13~${E}[27;5;97~`, 'ctrl+enter shift+enter ctrl+a'],
  ['modifyOtherKeys: what C0 cannot say', `${E}[27;5;9~${E}[27;6;9~${E}[27;5;105~${E}[27;5;127~${E}[27;3;13~${E}[27;5;49~${E}[27;8;97~`, 'ctrl+tab ctrl+shift+tab ctrl+i ctrl+backspace alt+enter ctrl+1 ctrl+alt+shift+a'],
  ['modifyOtherKeys in the form of CSI u', `${E}[13;5u${E}[9;2u${E}[32;5u`, 'ctrl+enter shift+tab ctrl+space'],
  ['a code that is no character is nothing', `${E}[1114112u${E}[55296u${E}[133u`, ''],
  ['bracketed paste is one event, CR is LF', `${E}[200~one\r\ntwo\rthree${E}[201~x`, 'paste "one\\ntwo\\nthree" "x"'],
  ['a paste keeps what looks like sequences', `${E}[200~a${E}[31mb${E}[20${E}[201~`, 'paste "a\\u001b[31mb\\u001b[20"'],
  ['an end of paste alone is nothing', `${E}[201~a`, '"a"'],
  ['a paste with what begins like its end', `${E}[200~${E}${E}[201${E}[2${E}[201~x`, 'paste "\\u001b\\u001b[201\\u001b[2" "x"'],
  ['an empty paste, and two in a row', `${E}[200~${E}[201~${E}[200~a${E}[201~${E}[200~中${E}[201~`, 'paste "" paste "a" paste "中"'],
  ['a paste with mouse reports and keys in it is text', `${E}[200~${E}[<0;1;1M\u0003\t${E}[201~`, 'paste "\\u001b[<0;1;1M\\u0003\\t"'],
  ['focus', `${E}[I${E}[O`, 'focus blur'],
  ['focus between keys', `a${E}[Ob${E}[Ic`, '"a" blur "b" focus "c"'],
  ['mouse reports are swallowed', `${E}[M !!${E}[<0;10;20M${E}[<0;10;20m${E}[35;1;1Ma`, '"a"'],
  ['mouse: wheel, motion, columns beyond 223 of the three old kinds', `${E}[<64;1;1M${E}[<35;300;200M${E}[32;300;200M${E}[M\u0060\u007f\u007fz`, '"z"'],
  ['the ground colour', `${E}]11;rgb:1e1e/20ff/ffff${E}\\${E}]11;rgb:f/8/0\u0007`, 'background 1e21ff background ff8800'],
  ['pixels of a cell', `${E}[6;20;10t`, 'cell 10×20'],
  ['what else is reported of the window, or makes no sense, means nothing', `${E}[4;600;800t${E}[6;0;10t${E}[6;20t${E}[6t${E}[t`, ''],
  ['the number of colour registers', `${E}[?1;0;1024S`, 'colours 1024'],
  ['no number of them, or of something else', `${E}[?1;3;0S${E}[?1;0S${E}[?3;0;800;600S${E}[?1;0;0S${E}[?2;0;0;5S`, ''],
  ['pixels of a sixel image', `${E}[?2;0;480;312S`, 'sixel-area 480×312'],
  ['attributes, keyboard, modes', `${E}[?62;22c${E}[?1u${E}[?2026;2$y`, 'attributes 62,22 keyboard 1 mode 2026=2'],
  ['strings that we did not ask for are swallowed', `${E}P>|xterm(370)${E}\\${E}_Gi=1;OK${E}\\${E}]52;c;aGk=\u0007a`, '"a"'],
  ['a string broken off by a key', `${E}]11;rgb:${E}[A`, 'up'],
  ['a sequence broken off by another', `${E}[1;${E}[A${E}O${E}[B`, 'up down'],
  ['a sequence broken off by a control is dropped with it', `${E}[1;\u0003a`, '"a"'],
  ['unknown sequences are swallowed whole', `${E}[>1;2;3p${E}[12;34;56;78X${E}[?9999hz`, '"z"'],
  ['a sequence beyond the limit is swallowed whole', `${E}[${'1;'.repeat(400)}Aq`, '"q"'],
];

describe('keys of the table, at every cut', () => {
  for (const [rule, input, events] of CASES) {
    test(rule, () => {
      const run = assertSplits({ create: () => shown(createKeyDecoder()), input: Buffer.from(input), prefixes: 'any', neededBytes: 0 });
      assert.equal(run.values.join(' '), events);
    });
  }
});

describe('invalid UTF-8', () => {
  const rows: readonly (readonly [rule: string, bytes: readonly number[], text: string])[] = [
    ['a stray continuation', [0x80, 0x61], '\ufffda'],
    ['an overlong form', [0xc0, 0xaf], '\ufffd\ufffd'],
    ['a surrogate', [0xed, 0xa0, 0x80], '\ufffd\ufffd\ufffd'],
    ['a cut character before a key', [0xe4, 0xb8, 0x61], '\ufffda'],
    ['beyond U+10FFFF', [0xf4, 0x90, 0x80, 0x80], '\ufffd\ufffd\ufffd\ufffd'],
    ['bytes that UTF-8 has not', [0xfe, 0xff], '\ufffd\ufffd'],
    ['a C1 control as text', [0xc2, 0x9b], '\ufffd'],
  ];
  for (const [rule, bytes, text] of rows) {
    test(`${rule} becomes U+FFFD`, () => {
      const run = assertSplits({ create: () => shown(createKeyDecoder()), input: Uint8Array.from(bytes), prefixes: 'any', neededBytes: 0 });
      assert.equal(run.values.map((value) => value.slice(1, -1)).join(''), text);
    });
  }
});

describe('what time decides', () => {
  const expired = (input: string): string[] => {
    const events: string[] = [];
    const decoder = createKeyDecoder();
    decoder.push(Buffer.from(input), (event) => events.push(show(event)));
    assert.equal(decoder.pending, true);
    decoder.expire((event) => events.push(show(event)));
    assert.equal(decoder.pending, false);
    return events;
  };
  test('a lone ESC is Escape', () => assert.deepEqual(expired('\u001b'), ['escape']));
  test('two are two', () => assert.deepEqual(expired('\u001b\u001b'), ['escape', 'escape']));
  test('ESC [ alone is Alt-[', () => assert.deepEqual(expired('\u001b['), ['alt+[']));
  test('ESC O alone is Alt-Shift-O', () => assert.deepEqual(expired('\u001bO'), ['alt+shift+o']));
  test('half a sequence is nothing', () => assert.deepEqual(expired('\u001b[1;'), []));
  test('half a character waits for the rest', () => {
    const events: string[] = [];
    const emit = (event: InputEvent): void => void events.push(show(event));
    const decoder = createKeyDecoder();
    decoder.push(Uint8Array.of(0xe4, 0xb8), emit);
    assert.equal(decoder.pending, false);
    decoder.expire(emit);
    decoder.push(Uint8Array.of(0xad), emit);
    assert.deepEqual(events, ['"中"']);
  });
  test('rxvt ends Shift with a dollar sign', () => assert.deepEqual(expired('\u001b[7$'), ['shift+home']));
  test('a paste waits for its end', () => {
    const decoder = createKeyDecoder();
    const events: string[] = [];
    decoder.push(Buffer.from('\u001b[200~abc'), (event) => events.push(show(event)));
    assert.equal(decoder.pending, false);
    decoder.expire((event) => events.push(show(event)));
    assert.equal(events.length, 0);
    decoder.end((event) => events.push(show(event)));
    assert.deepEqual(events, ['paste "abc"']);
  });
});

test('a paste beyond the limit is cut and says by how much', () => {
  const events: string[] = [];
  const decoder = createKeyDecoder({ ...defaultLimits, pasteBytesMax: 5 });
  decoder.push(Buffer.from('\u001b[200~1234567\u001b[201~x'), (event) => events.push(show(event)));
  assert.deepEqual(events, ['paste "12345" -2', '"x"']);
});

test('a paste of 10,000 lines is one event', () => {
  const text = Array.from({ length: 10_000 }, (_, index) => `line ${index}`).join('\n');
  const events: InputEvent[] = [];
  createKeyDecoder().push(Buffer.from(`\u001b[200~${text}\u001b[201~`), (event) => events.push(event));
  assert.equal(events.length, 1);
  assert.equal(events[0]?.type === 'paste' && events[0].text, text);
});

test('random bytes give the same events at every cut, never throw, and type no control character', () => {
  const random = createSeededRandom(7);
  const alphabet = [0x1b, 0x5b, 0x4f, 0x3b, 0x31, 0x7e, 0x75, 0x4d, 0x3c, 0x5d, 0x07, 0x5c, 0xe4, 0xb8, 0x80, 0x61, 0x0d, 0x50];
  for (let round = 0; round < 150; round += 1) {
    const input = Uint8Array.from({ length: 1 + random.below(40) }, () => (random.below(3) === 0 ? random.below(256) : random.pick(alphabet)));
    const run = assertSplits({ create: () => createKeyDecoder(), input, prefixes: 'any', neededBytes: 0 });
    for (const event of run.values) if (event.type === 'key') assert.doesNotMatch(event.text, /[\u0000-\u001f\u007f-\u009f]/);
  }
});
