/**
 * Writes a reply as Gemini responses: chunks of a stream, or one whole. Calls come whole; signatures sit on the first call, else
 * on the last part.
 */
import { randomBytes } from 'node:crypto';
import { isObject, objectOf, parseJson, type Json, type JsonObject } from '../server/json.ts';
import { bulkDeltas, inputTextOf, toDeltas, type Reply, type ReplyPart } from '../server/reply.ts';
import type { OutgoingEvent } from '../server/sse-writer.ts';
import { errorBody } from './failures.ts';
import type { GeminiModel } from './models.ts';
import type { ThoughtSignatures } from './thought-signatures.ts';

export interface GeminiAnswer {
  readonly model: GeminiModel;
  readonly signatures: ThoughtSignatures;
  readonly includeThoughts: boolean;
  readonly promptTokens: number;
  readonly cachedTokens: number;
  /** For a reply that shall be continued. */
  newContinuationToken(): string;
}

export function* geminiEvents(reply: Reply, answer: GeminiAnswer): Generator<OutgoingEvent> {
  for (const chunk of geminiChunks(reply, answer)) yield { data: JSON.stringify(chunk) };
}

export function* geminiChunks(reply: Reply, answer: GeminiAnswer): Generator<JsonObject> {
  const { model, signatures } = answer;
  const end = reply.end ?? { type: 'complete' };
  const responseId = randomBytes(12).toString('base64url');
  let outputCharacters = 0;
  let thoughtCharacters = 0;
  const usage = (): JsonObject => {
    const candidatesTokenCount = Math.ceil(outputCharacters / 4);
    const thoughtsTokenCount = Math.ceil(thoughtCharacters / 4);
    return {
      promptTokenCount: answer.promptTokens,
      ...(answer.cachedTokens > 0 ? { cachedContentTokenCount: answer.cachedTokens } : {}),
      candidatesTokenCount,
      ...(thoughtsTokenCount > 0 ? { thoughtsTokenCount } : {}),
      totalTokenCount: answer.promptTokens + candidatesTokenCount + thoughtsTokenCount,
    };
  };
  const chunk = (parts: readonly JsonObject[], finish: JsonObject = {}): JsonObject => ({
    candidates: [{ ...(parts.length === 0 ? {} : { content: { parts, role: 'model' } }), index: 0, ...finish }],
    usageMetadata: usage(),
    modelVersion: model.id,
    responseId,
  });
  if (reply.parts.some(({ type }) => type === 'refusal')) {
    yield { promptFeedback: { blockReason: 'PROHIBITED_CONTENT' }, usageMetadata: usage(), modelVersion: model.id, responseId };
    return;
  }
  const breaksOff = end.type === 'cut' || end.type === 'failed' || end.type === 'error-event';
  let isFirstCall = true;
  let lastText = '';
  for (const [at, part] of reply.parts.entries()) {
    const isOpen = breaksOff && at === reply.parts.length - 1;
    if (part.type === 'reasoning') {
      thoughtCharacters += part.text.length;
      if (answer.includeThoughts && part.redacted !== true) {
        for (const text of toDeltas(part.text)) yield chunk([{ text, thought: true }]);
      }
    } else if (part.type === 'tool-call') {
      outputCharacters += inputTextOf(part).length;
      const call = toCall(part, model);
      // Calls come whole: one cannot be broken off, only be missing.
      if (isOpen) continue;
      if (call === undefined) {
        return yield chunk(
          [],
          { finishReason: 'MALFORMED_FUNCTION_CALL', finishMessage: `Malformed function call: ${inputTextOf(part)}` },
        );
      }
      yield chunk([isFirstCall && model.generation >= 3 ? { ...call, thoughtSignature: signatures.sign(call, model) } : call]);
      isFirstCall = false;
    } else {
      for (const text of part.type === 'bulk-text' ? bulkDeltas(part) : toDeltas(part.text)) {
        outputCharacters += text.length;
        lastText = text;
        yield chunk([{ text }]);
      }
    }
  }
  if (end.type === 'cut') return;
  if (end.type === 'failed' || end.type === 'error-event') return yield objectOf(errorBody('UNAVAILABLE', end.message));
  // An answer without calls carries its signature on an empty part at the end.
  const signsEnd = isFirstCall && lastText !== '' && model.generation >= 3;
  const closing: JsonObject = { text: '' };
  yield chunk(
    [signsEnd ? { ...closing, thoughtSignature: signatures.sign(closing, model) } : closing],
    finishOf(end.type, answer),
  );
}

function finishOf(
  end: 'complete' | 'continue' | 'max-output' | 'content-filter',
  { model, newContinuationToken }: GeminiAnswer,
): JsonObject {
  switch (end) {
    case 'continue':
      return model.generation === 4 ? { finishReason: 'CONTINUATION', continuationToken: newContinuationToken() } : { finishReason: 'STOP' };
    case 'max-output':
      return { finishReason: 'MAX_TOKENS' };
    case 'content-filter':
      return {
        finishReason: 'SAFETY',
        safetyRatings: [{ category: 'HARM_CATEGORY_DANGEROUS_CONTENT', probability: 'HIGH', blocked: true }],
      };
    default:
      return { finishReason: 'STOP' };
  }
}

/** Undefined where the arguments are no object: the API would never let them out. */
function toCall(part: Extract<ReplyPart, { type: 'tool-call' }>, model: GeminiModel): JsonObject | undefined {
  const args = parseJson(inputTextOf(part));
  if (!isObject(args)) return undefined;
  return {
    functionCall: {
      ...(model.generation === 4 ? { id: randomBytes(6).toString('hex') } : {}),
      name: part.name,
      ...(Object.keys(args).length === 0 ? {} : { args }),
    },
  };
}

/** The answer without a stream: all parts in one response. */
export function wholeGemini(reply: Reply, answer: GeminiAnswer): Json {
  const chunks = [...geminiChunks(reply, answer)];
  const parts: JsonObject[] = [];
  for (const chunk of chunks) {
    const [candidate] = Array.isArray(chunk['candidates']) ? chunk['candidates'] : [];
    const content = objectOf(objectOf(candidate)['content'])['parts'];
    for (const part of Array.isArray(content) ? content : []) parts.push(objectOf(part));
  }
  const last = chunks.at(-1) ?? {};
  const [candidate] = Array.isArray(last['candidates']) ? last['candidates'] : [];
  return candidate === undefined ? last : {
    ...last,
    candidates: [{ ...objectOf(candidate), content: { parts, role: 'model' } }],
  };
}
