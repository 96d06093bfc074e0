/**
 * Hooks of a session: files in `SX_HOME/hooks/<event>/` and, each once it is trusted as it is, in the project's
 * `.scorpiox/hooks/<event>/`. Directories are looked at when an event fires, so that a new hook counts at once; a project's
 * file is judged each time it is to run.
 */
import { lstatSync, readdirSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

import { createHooks, HOOK_EVENTS, hookCommand, type HookEvent, type HookOrder, type Hooks, orderHooks } from '@sx/agent';
import { configLimits, isTrusted, readFileOnce } from '@sx/config';

import type { Invocation } from '../invocation.ts';
import type { Settings } from '../settings.ts';
import { childEnvironment } from './child-environment.ts';
import { hookDirectories } from './hook-directories.ts';
import { runHookProcess } from './hook-process.ts';

export interface HookParts {
  readonly invocation: Invocation;
  readonly settings: Settings;
  readonly sessionId: string;
  readonly redact: (text: string) => string;
  readonly notice: (text: string) => Promise<void>;
}

export function composeHooks({ invocation, settings, sessionId, redact, notice }: HookParts): Hooks {
  const { config, workingDirectory } = settings;
  const { own, project } = hookDirectories(settings);
  const environment = { ...childEnvironment(invocation, settings), SX_CWD: workingDirectory, SX_SESSION_ID: sessionId };
  const told = new Set<string>();
  const refuse = (path: string): false => {
    if (!told.has(path)) void notice(`the hook ${path} is not run: it is not trusted (sx config trust ${path})`);
    told.add(path);
    return false;
  };
  // Said at once: a hook that was meant to deny something is missed before it is needed.
  if (project !== undefined) {
    for (const event of HOOK_EVENTS) for (const path of pathsIn(project, event)) if (!isOursToRun(path, settings)) refuse(path);
  }
  const ordered = (directory: string | undefined, event: HookEvent, may: (path: string) => boolean): HookOrder => {
    const paths = directory === undefined ? [] : pathsIn(directory, event).filter(may);
    const { inTurn, together } = orderHooks(paths.map((path) => basename(path)));
    const full = (name: string): string => join(directory ?? '', event, name);
    return { inTurn: inTurn.map(full), together: together.map(full) };
  };
  return createHooks({
    find(event) {
      const users = ordered(own, event, () => true);
      const projects = ordered(project, event, (path) => isOursToRun(path, settings) || refuse(path));
      return { inTurn: [...users.inTurn, ...projects.inTurn], together: [...users.together, ...projects.together] };
    },
    run: (path, event, input) => runHookProcess({
      words: hookCommand(path),
      cwd: workingDirectory,
      environment: { ...environment, SX_EVENT: event, SX_HOOKS_DIR: dirname(dirname(path)) },
      input: redact(input),
      timeoutMs: (config.integer('HOOKS_TIMEOUT') ?? 30) * 1_000,
    }),
    onFailure: (text) => void notice(redact(text)),
    facts: { session_id: sessionId, cwd: workingDirectory },
    time: () => new Date().toISOString(),
  });
}

function pathsIn(directory: string, event: HookEvent): string[] {
  try {
    const { inTurn, together } = orderHooks(readdirSync(join(directory, event)));
    return [...inTurn, ...together].map((name) => join(directory, event, name));
  } catch {
    return [];
  }
}

/** What was vouched for is a content at a path, for this event: a link to it from another one is not. */
function isOursToRun(path: string, { trust }: Settings): boolean {
  try {
    if (!lstatSync(path).isFile()) return false;
    const content = readFileOnce(path, configLimits.fileBytesMax);
    return content !== undefined && isTrusted(trust, realpathSync(path), content.bytes);
  } catch {
    return false;
  }
}
