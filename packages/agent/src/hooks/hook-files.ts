/**
 * Hooks as files: `hooks/<event>/<name>`. Pure: names in, order and interpreters out.
 *
 * `sync-*` run first, one after the other by name; the others run beside each other after them. A name that begins with `_` or
 * `.` is switched off, and so is what an editor leaves behind (`x~`). `.sh`, `.py`, `.js`, `.mjs` and `.ps1` have an
 * interpreter; the rest has to be executable itself.
 */
export const HOOK_EVENTS = [
  'session_start',
  'session_end',
  'session_clear',
  'user_message',
  'agent_run_start',
  'agent_complete',
  'agent_idle',
  'agent_cancelled',
  'subagent_complete',
  'tool_use',
  'mcp_call',
  'api_response',
  'api_error',
  'compact',
  'hook_failed',
] as const;

export type HookEvent = (typeof HOOK_EVENTS)[number];

/** Before something happens: a `sync-*` hook may say no. */
const DENIABLE: ReadonlySet<HookEvent> = new Set(['user_message', 'tool_use', 'mcp_call']);

export function mayDeny(event: HookEvent): boolean {
  return DENIABLE.has(event);
}

export interface HookOrder {
  readonly inTurn: readonly string[];
  readonly together: readonly string[];
}

export function orderHooks(names: readonly string[]): HookOrder {
  const active = names.filter((name) => !/^[._]|~$/.test(name)).sort();
  return {
    inTurn: active.filter((name) => name.startsWith('sync-')),
    together: active.filter((name) => !name.startsWith('sync-')),
  };
}

const INTERPRETERS: Readonly<Record<string, readonly string[]>> = {
  '.sh': ['sh'],
  '.py': ['python3'],
  '.js': ['node'],
  '.mjs': ['node'],
  '.ps1': ['pwsh', '-NoProfile', '-File'],
};

/** The words that start a hook. */
export function hookCommand(path: string): readonly string[] {
  const extension = /\.[A-Za-z0-9]+$/.exec(path)?.[0].toLowerCase() ?? '';
  return [...(INTERPRETERS[extension] ?? []), path];
}
