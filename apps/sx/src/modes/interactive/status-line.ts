/**
 * The line under the editor: who answers, how, what may happen, how full the context is, what it cost, and how far the vendor's
 * windows of use are used up. Also what stands above the editor of the model's list of what is to be done. Pure.
 */
import type { AgentEvent, PermissionMode } from '@sx/agent';
import type { JsonObject, RateLimitWindow, Usage } from '@sx/llm';
import { type Line, lineWidth, span, type Span, type Theme } from '@sx/tui';

import type { Session } from '../../compose/compose.ts';

export interface Status {
  readonly provider: string;
  readonly model: string;
  readonly effort: string | undefined;
  readonly mode: PermissionMode;
  readonly contextTokens: number | undefined;
  readonly contextWindowTokens: number | undefined;
  /** Of this session, since the screen was opened. */
  readonly spent: { readonly inputTokens: number; readonly cacheReadTokens: number; readonly outputTokens: number };
  readonly costUsd: number | undefined;
  readonly limits: readonly RateLimitWindow[];
  /** How far the model is with its list, while something on it is left to do: `2/5 · now: write the tests`. */
  readonly todo: string | undefined;
}

export const EMPTY_STATUS: Status = {
  provider: '', model: '', effort: undefined, mode: 'default', contextTokens: undefined, contextWindowTokens: undefined, spent: {
    inputTokens: 0,
    cacheReadTokens: 0,
    outputTokens: 0,
  }, costUsd: undefined, limits: [], todo: undefined,
};

const LIMITS_SHOWN_MAX = 3;

/** What the session says of itself. */
export function withSession(status: Status, session: Pick<Session, 'providerId' | 'model' | 'permissions'>): Status {
  const { providerId: provider, permissions: { mode } } = session;
  const { model, effort, capabilities: { contextWindowTokens } } = session.model;
  return { ...status, provider, model, effort, mode, contextWindowTokens };
}

/** A newer figure of the same window replaces the older. */
function withLimits(status: Status, limits: readonly RateLimitWindow[]): Status {
  const isSame = (
    one: RateLimitWindow,
    other: RateLimitWindow,
  ): boolean => one.limitId === other.limitId && one.window === other.window;
  return { ...status, limits: [...status.limits.filter((old) => !limits.some((next) => isSame(old, next))), ...limits] };
}

function withUsage(status: Status, usage: Usage, costUsd: number | undefined): Status {
  const { inputTokens = 0, cacheReadTokens = 0, cacheWriteTokens = 0, outputTokens = 0 } = usage;
  const { spent } = status;
  const sum = {
    inputTokens: spent.inputTokens + inputTokens + cacheReadTokens + cacheWriteTokens,
    cacheReadTokens: spent.cacheReadTokens + cacheReadTokens,
    outputTokens: spent.outputTokens + outputTokens,
  };
  return { ...status, spent: sum, costUsd: costUsd === undefined ? status.costUsd : (status.costUsd ?? 0) + costUsd };
}

/** @param costUsd - Of the event's usage, where it is known. */
export function withEvent(status: Status, event: AgentEvent, costUsd: (usage: Usage) => number | undefined): Status {
  switch (event.type) {
    case 'model':
      return event.event.type === 'rate-limits' ? withLimits(status, event.event.limits) : status;
    case 'turn-end': {
      const spent = withUsage(status, event.usage, costUsd(event.usage));
      const { inputTokens, cacheReadTokens = 0, cacheWriteTokens = 0, outputTokens = 0 } = event.usage;
      if (inputTokens === undefined) return spent;
      return { ...spent, contextTokens: inputTokens + cacheReadTokens + cacheWriteTokens + outputTokens };
    }
    case 'tool-end':
      return event.call.name === 'todo' && !event.output.isError ? { ...status, todo: todoText(event.call.input) } : status;
    case 'compaction':
      return { ...withUsage(status, event.usage, costUsd(event.usage)), contextTokens: undefined };
    default:
      return status;
  }
}

/** Of an input that the tool took. */
function todoText(input: JsonObject | undefined): string | undefined {
  const items = input?.['items'];
  if (!Array.isArray(items)) return undefined;
  let done = 0;
  let now = ' to do';
  for (const item of items) {
    if (typeof item !== 'object' || item === null || Array.isArray(item)) continue;
    if (item['state'] === 'done') done += 1;
    if (item['state'] === 'doing') now = ` · now: ${String(item['text'])}`;
  }
  return done === items.length ? undefined : `${done}/${items.length}${now}`;
}

/** What does not fit is left out from the end; what the user set comes first. */
export function statusLine(status: Status, theme: Theme, columns: number): Line {
  const parts: Span[] = [
    ...(status.model === '' ? [] : [span(`${status.provider} ${status.model}`, theme.accent)]),
    ...(status.effort === undefined ? [] : [span(status.effort, theme.muted)]),
    span(status.mode, status.mode === 'bypass' ? theme.danger : status.mode === 'default' ? theme.muted : theme.warning),
    ...contextPart(status, theme),
    ...usagePart(status, theme),
    ...[...status.limits].sort((one, other) => other.usedPercent - one.usedPercent).slice(0, LIMITS_SHOWN_MAX).map(
      (limit, index) => span(`${index === 0 ? 'limits ' : ''}${limitText(limit)}`, limit.usedPercent >= 80 ? theme.warning : theme.muted),
    ),
  ];
  const line: Span[] = [];
  for (const part of parts) {
    const next = [...line, ...(line.length === 0 ? [] : [span(' · ', theme.muted)]), part];
    if (lineWidth(next) > columns) break;
    line.splice(0, line.length, ...next);
  }
  return line;
}

function contextPart({ contextTokens, contextWindowTokens }: Status, theme: Theme): Span[] {
  if (contextTokens === undefined) return [];
  if (contextWindowTokens === undefined) return [span(`${tokenText(contextTokens)} context`, theme.muted)];
  const percent = Math.round((contextTokens / contextWindowTokens) * 100);
  return [span(`context ${percent} % of ${tokenText(contextWindowTokens)}`, percent >= 80 ? theme.warning : theme.muted)];
}

function usagePart({ spent, costUsd }: Status, theme: Theme): Span[] {
  if (spent.inputTokens === 0 && spent.outputTokens === 0) return [];
  const cost = costUsd === undefined ? '' : ` $${costUsd.toFixed(costUsd < 1 ? 4 : 2)}`;
  return [span(`↑${tokenText(spent.inputTokens)} ↓${tokenText(spent.outputTokens)}${cost}`, theme.muted)];
}

export function limitText({ limitId, limitName, window, windowMinutes, usedPercent }: RateLimitWindow): string {
  const name = windowMinutes === undefined ? (limitName ?? `${limitId} ${window}`) : spanText(windowMinutes);
  return `${name} ${Math.round(usedPercent)} %`;
}

function spanText(minutes: number): string {
  if (minutes % 1_440 === 0) return `${minutes / 1_440} d`;
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${minutes} min`;
}

export function tokenText(count: number): string {
  if (count >= 1_000_000) return `${Number((count / 1_000_000).toFixed(1))}M`;
  return count >= 1_000 ? `${Number((count / 1_000).toFixed(count < 10_000 ? 1 : 0))}k` : String(count);
}
