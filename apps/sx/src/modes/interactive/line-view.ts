/** Questions, lists and the status as plain lines, for terminals that can do no more and for screen readers. Pure. */
import { approvalOptions, type Approval } from './approval.ts';
import type { ScreenState } from './controller.ts';
import { type Dialog, shownChoices } from './dialog.ts';
import { limitText, type Status, tokenText } from './status-line.ts';

const ROWS_MAX = 30;

/** What would be done stands above, in full. */
export function approvalText(approval: Approval): string {
  const { question, stage } = approval;
  if (stage === 'why') return 'The answer is no. A line tells the model why; an empty line gives no reason.';
  const options = approvalOptions(approval).map(({ label, detail }, index) => row(index, label, detail, '; '));
  const isShown = question.accesses.some(({ action }) => action === 'shell');
  return [...(isShown ? [] : [`Question: ${question.title}`]), question.reason, ...options].join('\n');
}

export function dialogText(dialog: Dialog): string {
  if (dialog.kind === 'line') return `${dialog.title}. An empty line leaves it.`;
  const choices = shownChoices(dialog);
  const rows = choices.slice(0, ROWS_MAX).map(({ label, detail }, index) => row(index, label, detail, ', '));
  const rest = choices.length > ROWS_MAX ? [`and ${choices.length - ROWS_MAX} more`] : [];
  const none = choices.length === 0 ? [`nothing matches ${JSON.stringify(dialog.filter)}`] : [];
  const how = 'A number chooses, words filter the list, an empty line leaves it.';
  return [`Choose ${dialog.title}:`, ...rows, ...rest, ...none, how].join('\n');
}

function row(index: number, label: string, detail: string | undefined, between: string): string {
  return `${index + 1}. ${label}${detail === undefined || detail === '' ? '' : between + detail}`;
}

/** What stands in front of the line that is waited for; undefined where none is. */
export function linePrompt(state: ScreenState, isContinued: boolean): string | undefined {
  if (state.dialog !== undefined) return '? ';
  if (state.approval?.stage === 'why') return 'why not? ';
  if (state.approval !== undefined) return `1-${approvalOptions(state.approval).length}? `;
  return state.phase !== 'idle' || state.acting.length > 0 ? undefined : isContinued ? '... ' : '> ';
}

export function statusText(status: Status): string {
  const { provider, model, effort, mode, contextTokens, contextWindowTokens, spent, costUsd, limits } = status;
  const isSpent = spent.inputTokens + spent.outputTokens > 0;
  return [
    ...(model === '' ? [] : [`${provider} ${model}`]),
    ...(effort === undefined ? [] : [`effort ${effort}`]),
    `mode ${mode}`,
    ...(contextTokens === undefined ? [] : [contextText(contextTokens, contextWindowTokens)]),
    ...(isSpent ? [`${tokenText(spent.inputTokens)} tokens in, ${tokenText(spent.outputTokens)} out`] : []),
    ...(costUsd === undefined ? [] : [`$${costUsd.toFixed(costUsd < 1 ? 4 : 2)}`]),
    ...limits.map((limit) => `${limitText(limit)} used`),
  ].join(', ');
}

function contextText(tokens: number, windowTokens: number | undefined): string {
  return windowTokens === undefined
    ? `context ${tokenText(tokens)}`
    : `context ${Math.round((tokens / windowTokens) * 100)} % of ${tokenText(windowTokens)}`;
}
