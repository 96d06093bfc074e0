/**
 * Fires hooks. What a hook is and how it runs is injected; here is the order, and what an end means.
 *
 * `fire` waits for the hooks in turn, not for the others. A failure in turn ends this event's hooks; it is reported and fires
 * `hook_failed`, and nothing else comes of it. Only a hook in turn can say no, and only before something happens.
 */
import type { JsonObject } from '@sx/llm';

import { agentLimits } from '../limits.ts';
import { type HookEvent, type HookOrder, mayDeny } from './hook-files.ts';
import { type HookExit, readHookOutcome } from './hook-outcome.ts';

export interface HooksOptions {
  /** Paths of the hooks of an event that may run now. */
  readonly find: (event: HookEvent) => HookOrder;
  /** Never rejects. `input` is one JSON text, for its standard input. */
  readonly run: (path: string, event: HookEvent, input: string) => Promise<HookExit>;
  /** One line for a person. */
  readonly onFailure: (text: string) => void;
  /** What every hook is told. */
  readonly facts: JsonObject;
  /** ISO 8601. */
  readonly time: () => string;
}

export interface Hooks {
  /** @returns Why it must not happen; undefined where nobody minds. */
  fire(event: HookEvent, details?: JsonObject): Promise<string | undefined>;
  /** Resolves when all hooks have ended; they have a deadline. */
  settled(): Promise<void>;
}

export function createHooks({ find, run, onFailure, facts, time }: HooksOptions): Hooks {
  const running = new Set<Promise<void>>();

  async function runOne(
    path: string,
    event: HookEvent,
    input: string,
    deniable: boolean,
  ): Promise<{ failed: boolean; deny?: string }> {
    const outcome = readHookOutcome(await run(path, event, input), deniable);
    if (outcome.kind === 'ok') return { failed: false };
    if (outcome.kind === 'deny') return { failed: false, deny: outcome.reason };
    onFailure(`the hook ${path} failed: ${outcome.reason}`);
    if (event !== 'hook_failed') await fire('hook_failed', { hook: path, failed_event: event, reason: outcome.reason });
    return { failed: true };
  }

  async function fire(event: HookEvent, details: JsonObject = {}): Promise<string | undefined> {
    const { inTurn, together } = find(event);
    if (inTurn.length + together.length === 0) return undefined;
    const input = JSON.stringify({ event, time: time(), ...facts, ...details });
    const deniable = mayDeny(event);
    if (Buffer.byteLength(input) > agentLimits.hookInputBytesMax) {
      onFailure(`the hooks of ${event} were not run: their input has more than ${agentLimits.hookInputBytesMax} bytes`);
      // What a hook has not seen it cannot have let pass.
      return deniable && inTurn.length > 0 ? 'it is too large for the hooks that would have to judge it' : undefined;
    }
    for (const path of inTurn) {
      const { failed, deny } = await runOne(path, event, input, deniable);
      if (deny !== undefined) return deny;
      if (failed) return undefined;
    }
    for (const path of together) {
      if (running.size >= agentLimits.hooksRunningMax) {
        onFailure(`the hook ${path} was not run: ${agentLimits.hooksRunningMax} are running`);
        continue;
      }
      const task: Promise<void> = runOne(path, event, input, false).then(() => void running.delete(task));
      running.add(task);
    }
    return undefined;
  }

  return {
    fire,
    async settled() {
      while (running.size > 0) await Promise.all(running);
    },
  };
}
