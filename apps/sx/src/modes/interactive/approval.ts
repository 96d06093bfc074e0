/**
 * The question whether a call may run: once, for this session, always, or no and why. Pure.
 *
 * What would be done (the command, the diff) stands above, in full, in the transcript. Only digits, arrows and Enter answer;
 * letters go on into the editor, so that nobody says yes by typing.
 */
import type { PermissionQuestion } from '@sx/agent';
import {
  createEditor, type EditorState, expandedText, type InputEvent, keyId, type Line, span, type Theme, updateEditor, viewEditor,
  type View, wrapLine,
} from '@sx/tui';

import { callTitle } from './call-title.ts';
import type { LastingRule } from './permissions-file.ts';

export type ApprovalAnswer = { readonly kind: 'once' | 'session' | 'always' } | { readonly kind: 'no'; readonly why: string };

export interface Approval {
  readonly question: PermissionQuestion;
  /** What “always” would write, and where; undefined: it cannot be kept. */
  readonly lasting: LastingRule | undefined;
  readonly selected: number;
  readonly stage: 'choose' | 'why';
  readonly why: EditorState;
}

export type ApprovalResult =
  | { readonly kind: 'open'; readonly approval: Approval }
  | { readonly kind: 'answered'; readonly answer: ApprovalAnswer }
  | { readonly kind: 'typed'; readonly text: string }
  /** A whole line that is no answer, but something to say; one that is neither, and what to say to it. */
  | { readonly kind: 'said' | 'unclear'; readonly text: string }
  | { readonly kind: 'stop' | 'unfold' };

interface Option {
  readonly kind: ApprovalAnswer['kind'];
  readonly label: string;
  readonly detail?: string;
}

export function createApproval(question: PermissionQuestion, lasting?: LastingRule): Approval {
  return { question, lasting, selected: 0, stage: 'choose', why: createEditor() };
}

/** A rule is read before it is given: one that is longer is not offered. */
const RULE_CHARS_MAX = 500;

/** Without a rule that would cover it, nothing can be said for later calls. */
export function approvalOptions({ question, lasting }: Pick<Approval, 'question' | 'lasting'>): readonly Option[] {
  const { suggestedRule } = question;
  const isShort = (rule: string | undefined): rule is string => rule !== undefined && rule.length <= RULE_CHARS_MAX;
  return [
    { kind: 'once', label: 'Yes, once' },
    ...(!isShort(suggestedRule) ? [] : [{ kind: 'session', label: `Yes, and for this session: ${suggestedRule}` } as const]),
    ...(lasting === undefined || !isShort(lasting.rule) ? [] : [{
      kind: 'always',
      label: `Yes, and always in this project: allow ${lasting.rule}`,
      detail: `is written to ${lasting.file} under ${lasting.section}`,
    } as const]),
    { kind: 'no', label: 'No, and tell why' },
  ];
}

export function approvalKey(approval: Approval, event: InputEvent, columns: number): ApprovalResult {
  const open = (changes: Partial<Approval>): ApprovalResult => ({ kind: 'open', approval: { ...approval, ...changes } });
  if (approval.stage === 'why') return whyKey(approval, event, columns);
  if (event.type === 'paste') return { kind: 'typed', text: event.text };
  if (event.type !== 'key') return open({});
  const options = approvalOptions(approval);
  const choose = (option: Option | undefined): ApprovalResult => chosen(approval, option);
  const key = keyId(event);
  switch (key) {
    case 'escape':
      return { kind: 'stop' };
    case 'ctrl+o':
      return { kind: 'unfold' };
    case 'up':
      return open({ selected: (approval.selected + options.length - 1) % options.length });
    case 'down':
      return open({ selected: (approval.selected + 1) % options.length });
    case 'enter':
      return choose(options[approval.selected]);
    default:
      if (/^[1-9]$/.test(key)) return choose(options[Number(key) - 1]);
      return event.text === '' ? open({}) : { kind: 'typed', text: event.text };
  }
}

function chosen(approval: Approval, option: Option | undefined): ApprovalResult {
  if (option === undefined) return { kind: 'open', approval };
  return option.kind === 'no'
    ? { kind: 'open', approval: { ...approval, stage: 'why', selected: approvalOptions(approval).length - 1 } }
    : { kind: 'answered', answer: { kind: option.kind } };
}

/** A line as an answer: the number of an option, then the reason. `n` and `no` refuse too; no word says yes. */
export function approvalLine(approval: Approval, line: string): ApprovalResult {
  const text = line.trim();
  if (approval.stage === 'why') return { kind: 'answered', answer: { kind: 'no', why: text } };
  if (/^no?$/i.test(text)) return { kind: 'answered', answer: { kind: 'no', why: '' } };
  const options = approvalOptions(approval);
  const option = /^[1-9]$/.test(text) ? options[Number(text) - 1] : undefined;
  if (option !== undefined) return chosen(approval, option);
  if (/^(?:\d+|y|yes|ok)?$/i.test(text)) return { kind: 'unclear', text: `a number from 1 to ${options.length} answers` };
  return { kind: 'said', text: line };
}

function whyKey(approval: Approval, event: InputEvent, columns: number): ApprovalResult {
  if (event.type === 'key' && keyId(event) === 'escape') return { kind: 'open', approval: { ...approval, stage: 'choose' } };
  // Enter in an empty line says no without a reason; the editor would not submit it.
  if (event.type === 'key' && keyId(event) === 'enter') return {
    kind: 'answered',
    answer: { kind: 'no', why: expandedText(approval.why).trim() },
  };
  const { state } = updateEditor(approval.why, event, { columns });
  return { kind: 'open', approval: { ...approval, why: state } };
}

export function approvalView(approval: Approval, theme: Theme, columns: number, hasKeys: boolean): View {
  const { question, selected, stage } = approval;
  // In full, however narrow it is: what is stored has to be read before the answer. The title is whole in the transcript.
  const wrapped = (line: Line, indent = 5): Line[] =>
    wrapLine(line, columns, { hang: [span(' '.repeat(indent))] }).map(({ spans }) => spans);
  const head: Line[] = [
    [span('? ', theme.warning), span(callTitle(question.call, question.title), theme.strong)],
    ...wrapped([span(`  ${question.reason}`, theme.muted)], 2),
  ];
  if (stage === 'why') {
    const editor = viewEditor(
      approval.why,
      { columns, theme, rows: 4, placeholder: 'why not? Enter says no, Esc goes back', prompt: [span('  no: ', theme.warning)] },
    );
    return {
      lines: [...head, ...editor.lines],
      cursor: editor.cursor === undefined ? undefined : { row: head.length + editor.cursor.row, column: editor.cursor.column },
    };
  }
  const options = approvalOptions(approval).map(({ label, detail }, index): Line[] => {
    const chosen = hasKeys && index === selected;
    const style = chosen ? theme.selected : theme.plain;
    const line: Line = [span(chosen ? '❯ ' : '  ', theme.prompt), span(`${index + 1}. ${label}`, style)];
    return [...wrapped(line), ...(detail === undefined ? [] : wrapped([span(`     ${detail}`, theme.muted)]))];
  });
  const foot = hasKeys
    ? `  1-${options.length} or Enter answers · Esc stops the turn · Shift-Tab changes the mode`
    : '  Enter sends what you type; with an empty line the keys answer this';
  return {
    lines: [...head, ...options.flat(), [span(foot, theme.muted)]],
    cursor: hasKeys ? { row: head.length + options.slice(0, selected).flat().length, column: 0 } : undefined,
  };
}
