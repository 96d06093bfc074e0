/** `sx usage [provider]`: plan, windows of use and their ends, where the vendor tells them; where it does not, who does. */
import type { AccountUsage, RateLimitWindow } from '@sx/llm';

import type { ExitCode } from '../cli/exit-codes.ts';
import type { Arguments } from '../cli/parse-arguments.ts';
import { connect } from '../compose/connect.ts';
import { selectProvider } from '../compose/select-provider.ts';
import type { Invocation } from '../invocation.ts';
import { loadSettings } from '../settings.ts';
import { terminalText } from '../terminal-text.ts';

const ELSEWHERE: Readonly<Record<string, string>> = {
  anthropic: 'https://console.anthropic.com shows it',
  claude_code: "/usage in the vendor's own program shows it",
  gemini: 'https://aistudio.google.com shows it',
  openai: 'https://platform.openai.com/usage shows it, or whoever runs the compatible server',
  router: 'whoever runs the router knows',
};

export async function run(invocation: Invocation, args: Arguments): Promise<ExitCode> {
  const settings = await loadSettings(invocation, args);
  const id = selectProvider(settings, args.positionals[0]);
  const connection = await connect(id, invocation, args, settings);
  try {
    const account = await connection.provider.account?.({ signal: invocation.interrupts.signal });
    const forPeople = account === undefined ? untold(id) : usageText(id, account, Date.now());
    await invocation.stdout.write(args.on('json') ? usageJson(id, account) : forPeople);
    return 0;
  } finally {
    await connection.close();
  }
}

function untold(id: string): string {
  return `${id} tells clients neither plan nor limits: ${ELSEWHERE[id] ?? 'its vendor shows them'}\n`;
}

function usageJson(provider: string, account: AccountUsage | undefined): string {
  const limits = account?.limits.map(({ limitId, limitName, window, usedPercent, windowMinutes, resetsAtMs }) => ({
    limit: limitId,
    name: limitName ?? null,
    window,
    used_percent: usedPercent,
    window_minutes: windowMinutes ?? null,
    resets_at: resetsAtMs === undefined ? null : Math.floor(resetsAtMs / 1_000),
  }));
  const credits = account?.credits === undefined
    ? null
    : { has_credits: account.credits.hasCredits, unlimited: account.credits.unlimited, balance: account.credits.balance ?? null };
  const usage = {
    provider,
    told: account !== undefined,
    plan: account?.plan ?? null,
    limit_reached: account?.limitReached ?? null,
    limits: limits ?? [],
    credits,
  };
  return `${JSON.stringify(usage)}\n`;
}

/** @param nowMs - Ends are also told from here. */
export function usageText(provider: string, { plan, limitReached, limits, credits }: AccountUsage, nowMs: number): string {
  const rows = limits.map(
    (limit) => [
      nameOf(limit),
      `${Number(limit.usedPercent.toFixed(1))} % used`,
      limit.resetsAtMs === undefined ? '' : resetText(limit.resetsAtMs, nowMs),
    ],
  );
  const widths = [0, 1].map((column) => Math.max(0, ...rows.map((row) => row[column]?.length ?? 0)));
  const lines = [
    `${provider}: plan ${plan ?? 'not told'}${limitReached ? ', limit reached' : ''}`,
    ...rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('   ')}`.trimEnd()),
    ...(limits.length === 0 ? ['  no limits were told'] : []),
    ...(credits === undefined
      ? []
      : [`  credits: ${credits.unlimited ? 'unlimited' : credits.hasCredits ? (credits.balance ?? 'some') : 'none'}`]),
  ];
  return lines.map((line) => `${terminalText(line)}\n`).join('');
}

function nameOf({ limitId, limitName, window, windowMinutes }: RateLimitWindow): string {
  const span = windowMinutes === undefined ? window : durationText(windowMinutes);
  return limitId === 'codex' ? span : `${limitName ?? limitId}, ${span}`;
}

function resetText(atMs: number, nowMs: number): string {
  const minutes = Math.ceil((atMs - nowMs) / 60_000);
  if (Math.abs(atMs) > 8.64e15) return '';
  const utc = `${new Date(atMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  return minutes <= 0 ? `was reset ${utc}` : `resets ${utc}, in ${durationText(minutes)}`;
}

/** Two units at most: `7 d`, `1 h 30 min`. */
function durationText(minutes: number): string {
  const units: readonly (readonly [number, string])[] = [
    [Math.floor(minutes / 1_440), 'd'],
    [Math.floor(minutes / 60) % 24, 'h'],
    [minutes % 60, 'min'],
  ];
  const parts = units.filter(([count]) => count > 0).map(([count, unit]) => `${count} ${unit}`);
  return parts.slice(0, 2).join(' ') || '0 min';
}
