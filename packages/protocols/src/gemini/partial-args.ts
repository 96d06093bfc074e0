/**
 * Arguments of a call that come in pieces (`partialArgs`, Vertex AI): `{jsonPath, stringValue | numberValue | boolValue |
 * nullValue, willContinue?}`. A string that will continue is appended to by the next piece of the same path.
 *
 * Paths are `$`, then `.name`, `['name']` or `[index]`. What lies on the way is made: an array before an index, else an object.
 */
import { isObject, type JsonObject, JsonPathError, type JsonValue, readString } from '@sx/llm/provider-kit';

import { limits } from '../limits.ts';

export interface PartialArgs {
  /** @throws {JsonPathError} for a path that cannot be read or leads through a plain value. */
  add(piece: JsonObject): void;
  args(): JsonObject;
}

type Container = { [key: string]: JsonValue | undefined } | JsonValue[];
const STEP = /\.([^.[\]]+)|\[(\d+)\]|\['([^']*)'\]|\["([^"]*)"\]/y;

export function createPartialArgs(): PartialArgs {
  const root: { [key: string]: JsonValue | undefined } = {};
  return {
    add(piece) {
      const path = readString(piece['jsonPath'], '$.jsonPath');
      const value = valueOf(piece);
      const steps = toSteps(path);
      const last = steps.pop();
      // The root itself: nothing but the beginning of an object without arguments.
      if (last === undefined) return;
      let place: Container = root;
      steps.forEach((step, at) => {
        const next = steps[at + 1] ?? last;
        place = enter(place, step, typeof next === 'number', path);
      });
      const before = get(place, last);
      set(place, last, typeof before === 'string' && typeof value === 'string' ? before + value : value, path);
    },
    args: () => root,
  };
}

function valueOf(piece: JsonObject): JsonValue {
  for (const key of ['stringValue', 'numberValue', 'boolValue']) {
    const value = piece[key];
    if (value !== undefined) return value;
  }
  return null;
}

function toSteps(path: string): (string | number)[] {
  const steps: (string | number)[] = [];
  STEP.lastIndex = path.startsWith('$') ? 1 : 0;
  while (STEP.lastIndex < path.length) {
    const [, name, index, single, double] = STEP.exec(path) ?? [];
    const step = index === undefined ? (name ?? single ?? double) : Number(index);
    if (step === undefined || step === '__proto__' || steps.length >= limits.argsDepthMax) {
      throw new JsonPathError('$.jsonPath', 'a path into the arguments', path);
    }
    steps.push(step);
  }
  return steps;
}

function enter(place: Container, step: string | number, isList: boolean, path: string): Container {
  const found = get(place, step);
  if (isContainer(found)) return found;
  if (found !== undefined && found !== null) throw new JsonPathError(path, 'an object or array', found);
  const made: Container = isList ? [] : {};
  set(place, step, made, path);
  return made;
}

function get(place: Container, step: string | number): JsonValue | undefined {
  if (Array.isArray(place)) return typeof step === 'number' ? place[step] : undefined;
  return Object.hasOwn(place, step) ? place[step] : undefined;
}

function set(place: Container, step: string | number, value: JsonValue, path: string): void {
  if (!Array.isArray(place)) {
    place[step] = value;
    return;
  }
  if (typeof step !== 'number') throw new JsonPathError(path, 'an object', place);
  // JSON has no holes, and nobody shall make us fill one of a million items.
  if (step > place.length) throw new JsonPathError(path, `an index up to ${place.length}`, step);
  place[step] = value;
}

/** What this file made itself, so that it may be written to. */
function isContainer(value: JsonValue | undefined): value is Container & JsonValue {
  return Array.isArray(value) || isObject(value);
}
