/** Readers of what the model wrote. They throw `BadInput`, which `defineTool` turns into a result that the model reads. */
import type { JsonObject } from '@sx/llm';

import { toolLimits } from './limits.ts';

/** The call makes no sense; `message` says to the model what would. */
export class BadInput extends Error {
  override readonly name = 'BadInput';
}

export function readText(input: JsonObject, name: string): string {
  const value = input[name];
  if (typeof value === 'string') return value;
  throw new BadInput(`\`${name}\` must be a string, got ${kindOf(value)}.`);
}

export function readOptionalText(input: JsonObject, name: string): string | undefined {
  return input[name] === undefined || input[name] === null ? undefined : readText(input, name);
}

/** A path as the model gave it; no NUL, not endless, not empty. */
export function readPath(input: JsonObject, name: string, fallback?: string): string {
  const path = fallback === undefined ? readText(input, name) : (readOptionalText(input, name) ?? fallback);
  if (path === '') throw new BadInput(`\`${name}\` is empty.`);
  if (path.includes('\0')) throw new BadInput(`\`${name}\` holds a NUL character.`);
  if (path.length > toolLimits.pathCharsMax) {
    throw new BadInput(`\`${name}\` has ${path.length} characters, at most ${toolLimits.pathCharsMax}.`);
  }
  return path;
}

export function readFlag(input: JsonObject, name: string): boolean {
  const value = input[name];
  if (value === undefined || value === null) return false;
  if (typeof value === 'boolean') return value;
  throw new BadInput(`\`${name}\` must be true or false, got ${kindOf(value)}.`);
}

/** A whole number from `min` to `max`, also where the model wrote it as a string. */
export function readCount(
  input: JsonObject,
  name: string,
  { fallback, min, max }: { fallback: number; min: number; max: number },
): number {
  const value = input[name];
  if (value === undefined || value === null) return fallback;
  const number = typeof value === 'string' && /^\d+$/.test(value.trim()) ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isSafeInteger(number)) {
    throw new BadInput(`\`${name}\` must be a whole number, got ${kindOf(value)}.`);
  }
  if (number < min || number > max) throw new BadInput(`\`${name}\` must be from ${min} to ${max}, got ${number}.`);
  return number;
}

/** A misspelt argument would otherwise be dropped in silence. */
export function refuseUnknown(input: JsonObject, known: readonly string[]): void {
  const unknown = Object.keys(input).filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw new BadInput(
      `Unknown argument ${unknown.slice(0, 5).map((name) => JSON.stringify(name.slice(0, 60))).join(', ')}. Known: ${known.join(', ')}.`,
    );
  }
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  return Array.isArray(value)
    ? 'an array'
    : typeof value === 'object' ? 'an object' : `the ${typeof value} ${JSON.stringify(value).slice(0, 60)}`;
}
