/**
 * Thought signatures: tied to the model and to the part that they came on. The current turn is checked, that is all since the
 * last text of the user; in earlier turns a fault only costs quality, so it is a remark.
 */
import { randomBytes } from 'node:crypto';
import { arrayOf, canonicalJson, isObject, stringOf, type JsonObject } from '../server/json.ts';
import { invalid } from './failures.ts';
import type { GeminiModel } from './models.ts';

/** What the vendor documents for calls that another model made. */
const SENTINEL = 'skip_thought_signature_validator';
const SIGNATURES_MAX = 50_000;

export interface ThoughtSignatures {
  /** Signs a part that is about to be sent; `part` is the whole part as a client puts it together. */
  sign(part: JsonObject, model: GeminiModel): string;
  /** @returns remarks on earlier turns. */
  check(contents: readonly JsonObject[], model: GeminiModel): string[];
}

export function createThoughtSignatures(): ThoughtSignatures {
  const issued = new Map<string, { readonly part: string; readonly model: string }>();
  return {
    sign(part, model) {
      const signature = randomBytes(90).toString('base64');
      issued.set(signature, { part: essence(part), model: model.id });
      const [oldest] = issued.keys();
      if (issued.size > SIGNATURES_MAX && oldest !== undefined) issued.delete(oldest);
      return signature;
    },
    check(contents, model) {
      const remarks: string[] = [];
      const start =
        contents.findLastIndex((content) => content['role'] !== 'model' && arrayOf(content['parts']).some((part) => isObject(part) && typeof part['text'] === 'string'));
      contents.forEach((content, at) => {
        if (content['role'] !== 'model') return;
        for (const fault of faultsOf(content, at, model, issued)) {
          if (at > start && model.generation >= 3) throw invalid(fault);
          remarks.push(fault);
        }
      });
      return remarks;
    },
  };
}

function faultsOf(
  content: JsonObject,
  at: number,
  model: GeminiModel,
  issued: ReadonlyMap<string,
  { readonly part: string; readonly model: string }>,
): string[] {
  const parts = arrayOf(content['parts']).filter(isObject);
  const firstCall = parts.findIndex((part) => part['functionCall'] !== undefined);
  return parts.flatMap((part, index) => {
    const signature = part['thoughtSignature'];
    const place = `contents[${at}].parts[${index}]`;
    if (signature === undefined) {
      if (index !== firstCall || model.generation < 3) return [];
      const name = stringOf(isObject(part['functionCall']) ? part['functionCall']['name'] : '');
      return [
        `Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly, and missing thought_signature may lead to degraded model performance. Function call \`default_api:${name}\`, position ${index} (${place}).`,
      ];
    }
    if (signature === SENTINEL) {
      return index === firstCall ? [] : [`Thought signature is not valid: the sentinel belongs on the first call (${place}).`];
    }
    const known = issued.get(stringOf(signature));
    if (known === undefined) return [`Corrupted thought signature (${place}).`];
    if (known.model !== model.id) return [`Thought signature is not valid: it is of ${known.model} (${place}).`];
    return known.part === essence(part) ? [] : [
      `Thought signature is not valid: it was moved or its part was changed (${place}).`,
    ];
  });
}

function essence(part: JsonObject): string {
  const { thoughtSignature: _signature, ...rest } = part;
  return canonicalJson(rest);
}
