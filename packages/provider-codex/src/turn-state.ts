/**
 * Sticky routing (`x-codex-turn-state`): an opaque value that the server sets within a turn and wants back in every later
 * request of the same turn, never in the next one. The first value of a turn wins.
 */
import type { ModelRequest } from '@sx/llm';
import { type Field, type Fields, fieldValue } from '@sx/net/fields';

const FIELD = 'x-codex-turn-state';
/** Conversations that one provider serves at a time; older ones lose their route, which costs a cache and no more. */
const SESSIONS_MAX = 64;

export interface TurnState {
  fields(request: ModelRequest): readonly Field[];
  store(fields: Fields, request: ModelRequest): void;
}

export function createTurnState(): TurnState {
  const bySession = new Map<string, { readonly turnId: string; readonly value: string }>();
  const current = ({ sessionId, turnId }: ModelRequest): string | undefined => {
    const state = bySession.get(sessionId);
    return state?.turnId === turnId ? state.value : undefined;
  };
  return {
    fields(request) {
      const value = current(request);
      return value === undefined ? [] : [[FIELD, value]];
    },
    store(fields, request) {
      const value = fieldValue(fields, FIELD);
      if (value === undefined || value === '' || current(request) !== undefined) return;
      bySession.delete(request.sessionId);
      bySession.set(request.sessionId, { turnId: request.turnId, value });
      const oldest = bySession.keys().next();
      if (bySession.size > SESSIONS_MAX && oldest.done !== true) bySession.delete(oldest.value);
    },
  };
}
