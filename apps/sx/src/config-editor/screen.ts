/**
 * A state of the editor as lines for a screen of a given size. Pure: no line is longer than the screen is wide, there are never
 * more lines than it is high, and nothing in a value can act on the terminal.
 *
 * From above: where changes go; the rows, by topic, around the selected one; what the selected one means, its default and source;
 * what can be pressed, or what is typed.
 */
import { type KeyName, keyRow, shownValue } from '@sx/config';

import { terminalLine } from '../terminal-text.ts';
import { type EditorState, INPUT_CHARS_MAX, valueOf, visibleRows } from './model.ts';

export interface Line {
  readonly text: string;
  readonly style: 'plain' | 'head' | 'selected' | 'faint';
}

export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

const NAME_COLUMNS = 28;
const WIDE_COLUMNS = 72;
const DETAIL_LINES = 4;
const LINE_CHARS_MAX = 2_000;

export function screen(state: EditorState, size: ScreenSize): Line[] {
  const columns = Math.max(1, size.columns);
  const foot = footLines(state, columns);
  const detail = size.rows >= 10 ? detailLines(state, columns) : [];
  const head = size.rows >= 4 ? [headLine(state)] : [];
  const space = Math.max(1, size.rows - head.length - detail.length - foot.length);
  const body = around(bodyLines(state, columns), space);
  const filler = Array.from({ length: Math.max(0, space - body.length) }, (): Line => ({ text: '', style: 'plain' }));
  return [...head, ...body, ...filler, ...detail, ...foot].slice(0, Math.max(1, size.rows)).map(
    ({ text, style }) => ({ text: fitted(text, columns), style }),
  );
}

function headLine({ data, changes, filter }: EditorState): Line {
  const count = changes.size === 0 ? '' : ` · ${changes.size} unsaved`;
  return { text: `sx config${count}${filter === '' ? '' : ` · /${filter}`} · ${data.file}`, style: 'head' };
}

function bodyLines(state: EditorState, columns: number): Line[] {
  const rows = visibleRows(state);
  if (rows.length === 0) return [{ text: 'no key matches', style: 'plain' }];
  return rows.flatMap((name, index): Line[] => {
    const { topic } = keyRow(name);
    const previous = rows[index - 1];
    const begins = previous === undefined || keyRow(previous).topic !== topic;
    return [
      ...(begins ? [{ text: topic, style: 'head' as const }] : []),
      { text: rowText(state, name, columns), style: name === state.selected ? 'selected' : 'plain' },
    ];
  });
}

function rowText(state: EditorState, name: KeyName, columns: number): string {
  const mark = `${name === state.selected ? '>' : ' '}${state.changes.has(name) ? '*' : ' '}`;
  const value = shown(state, name);
  if (columns < WIDE_COLUMNS) return `${mark}${name} ${value}`;
  const source = state.changes.has(name) ? 'not saved' : shortSource(state, name);
  const room = columns - NAME_COLUMNS - 2 - source.length - 1;
  return `${mark}${name.padEnd(NAME_COLUMNS)}${padded(fitted(value, room), room)} ${source}`;
}

/** Secrets are stars, whatever was typed. */
function shown(state: EditorState, name: KeyName): string {
  const value = valueOf(state, name);
  return value === '' ? '-' : terminalLine(shownValue(keyRow(name), value), LINE_CHARS_MAX);
}

/** The file's name says enough beside the row; the detail has all of it. */
function shortSource({ data }: EditorState, name: KeyName): string {
  const source = data.values.get(name)?.source ?? '';
  return source.slice(source.lastIndexOf('/') + 1);
}

function detailLines(state: EditorState, columns: number): Line[] {
  const row = keyRow(state.selected);
  const setting = state.data.values.get(state.selected);
  const source = setting === undefined ? 'unset' : `from ${setting.source}`;
  const where = state.changes.has(state.selected) ? 'changed here, not saved' : source;
  const meaning = `${row.description.replaceAll('`', '')} ${valuesText(state.selected)}`.trim();
  const text = wrapped(meaning, columns).slice(0, DETAIL_LINES - 2);
  while (text.length < DETAIL_LINES - 2) text.push('');
  return [
    { text: '-'.repeat(columns), style: 'faint' },
    ...text.map((line): Line => ({ text: line, style: 'plain' })),
    { text: terminalLine(`default ${row.default ?? 'none'}; ${where}`, LINE_CHARS_MAX), style: 'faint' },
  ];
}

function valuesText(name: KeyName): string {
  const { type } = keyRow(name);
  if (type.kind === 'choice') return `(${type.values.join(', ')})`;
  if (type.kind === 'integer') return `(${type.min} to ${type.max})`;
  return type.kind === 'switch' ? '(0 or 1)' : '';
}

function footLines(state: EditorState, columns: number): Line[] {
  const { mode, input, message, selected } = state;
  const lines: Line[] = message === undefined ? [] : [{ text: terminalLine(message, LINE_CHARS_MAX), style: 'head' }];
  switch (mode) {
    case 'browse':
      return [
        ...lines,
        {
          text: columns < WIDE_COLUMNS
            ? 'enter edit u unset / find s save q quit'
            : 'enter edit · space next value · u unset · / find · s save · q quit',
          style: 'faint',
        },
      ];
    case 'search':
      return [...lines, { text: typing('find: ', input, columns), style: 'selected' }];
    case 'edit':
      return [
        ...lines,
        {
          text: typing(`${selected}=`, keyRow(selected).secret === undefined ? input : '*'.repeat([...input].length), columns),
          style: 'selected',
        },
      ];
    case 'leave':
      return [...lines, { text: 'unsaved: s saves, q drops, else goes on', style: 'selected' }];
    default: {
      const unknown: never = mode;
      return unknown;
    }
  }
}

/** The end of what is typed is what one looks at. */
function typing(label: string, input: string, columns: number): string {
  const characters = [...terminalLine(input, INPUT_CHARS_MAX * 6)];
  let room = columns - label.length - 1;
  let from = characters.length;
  while (from > 0 && (room -= columnsOf(characters[from - 1] ?? '')) >= 0) from -= 1;
  return `${label}${characters.slice(from).join('')}_`;
}

/** The part of the list that fits, with the selected row in it and its topic where possible. */
function around(lines: readonly Line[], space: number): Line[] {
  const at = Math.max(0, lines.findIndex(({ style }) => style === 'selected'));
  const from = Math.min(Math.max(0, at - Math.floor(space / 2)), Math.max(0, lines.length - space));
  return lines.slice(from, from + space);
}

function wrapped(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && columnsOf(`${line} ${word}`) > columns) {
      lines.push(line);
      line = '';
    }
    line += line === '' ? word : ` ${word}`;
  }
  return [...lines, line];
}

function fitted(text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text;
  let result = '';
  let room = columns - 1;
  for (const character of text) {
    room -= columnsOf(character);
    if (room < 0) break;
    result += character;
  }
  return `${result}…`;
}

function padded(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - columnsOf(text)));
}

/** An upper bound: whatever may be two columns wide counts as two. */
function columnsOf(text: string): number {
  let columns = 0;
  for (const character of text) columns += (character.codePointAt(0) ?? 0) >= 0x1100 && character !== '…' ? 2 : 1;
  return columns;
}
