/**
 * The body of `generateContent`, from a request in no vendor's shape.
 *
 * Members stand in one fixed order, what never changes first and the contents last, and depend on the request alone: the
 * beginning of a conversation is the same, byte for byte, in every later request of it.
 *
 * - Own turns go back part by part as they came, signatures on the part where they were.
 * - The newer models refuse a step whose first call is not signed. Calls of other vendors, and own ones that came
 *   without, get the signature that the vendor documents for this, in every turn alike, so that no prefix changes.
 * - All responses of a step stand in one content, in the order of the calls, with their ids where the calls had one.
 * - Two model turns in a row, and one at either end, are kept apart by a word of the user: the vendor wants it so.
 * - A turn that the server wants to go on with (`CONTINUATION`) is not sent again; its token is.
 */
import {
  isObject, type JsonObject, type JsonValue, type ModelCapabilities, type ModelRequest, type ProtocolContext, ProviderError,
  type ReplayAssistant, type ReplayMessage, sanitizeText, stringOr, type ToolResultPart, toReplay, type UserPart,
} from '@sx/llm/provider-kit';

import { toJsonSchema, toOpenApiSchema } from './schema.ts';
import { continuationTokenOf, FOREIGN_SIGNATURE, type GeminiFacts, readFacts } from './wire.ts';

const CALL_ID_CHARS_MAX = 64;
const NAME = /^[A-Za-z_][A-Za-z0-9_.:-]{0,127}$/;
const GO_ON: JsonObject = { role: 'user', parts: [{ text: 'Continue.' }] };

export interface SafetySetting {
  /** `HARM_CATEGORY_HARASSMENT`, … */
  readonly category: string;
  /** `BLOCK_ONLY_HIGH`, … */
  readonly threshold: string;
}

export function toBody(
  request: ModelRequest,
  { origin, capabilities }: ProtocolContext,
  safetySettings: readonly SafetySetting[],
): JsonObject {
  const facts = readFacts(capabilities.extra);
  // Ids are matched within a step: they may come again.
  const messages = toReplay(request.messages, origin, capabilities, { callIdCharsMax: CALL_ID_CHARS_MAX, callIdsUnique: false });
  const continuationToken = takeContinuation(messages);
  const contents = toContents(messages, facts);
  if (contents.length === 0) throw new ProviderError('PROVIDER_INVALID_REQUEST', 'the conversation is empty: nothing to send');
  const system = sanitizeText(request.system);
  const generationConfig = toGenerationConfig(request, capabilities, facts);
  return {
    ...(system === '' ? {} : { systemInstruction: { parts: [{ text: system }] } }),
    ...toTools(request, facts),
    ...(safetySettings.length === 0
      ? {}
      : { safetySettings: safetySettings.map(({ category, threshold }) => ({ category, threshold })) }),
    ...(Object.keys(generationConfig).length === 0 ? {} : { generationConfig }),
    contents,
    ...(continuationToken === undefined ? {} : { continuationToken }),
  };
}

/** What the body leaves out of the request, a line for each. */
export function warningsOf(request: ModelRequest): string[] {
  const warnings: string[] = [];
  if (request.parallelToolCalls === false && request.tools.length > 0) {
    warnings.push('this protocol cannot keep the model from calling several tools at once: left out');
  }
  if (request.verbosity !== undefined) warnings.push('this protocol takes no verbosity: left out');
  return warnings;
}

function toTools({ tools, toolChoice }: ModelRequest, facts: GeminiFacts): JsonObject {
  if (tools.length === 0) return {};
  const functionDeclarations = tools.map(({ name, description, inputSchema }): JsonObject => {
    if (!NAME.test(name)) {
      const shown = JSON.stringify(name.slice(0, 80));
      throw new ProviderError('PROVIDER_UNSUPPORTED', `the tool ${shown} cannot be offered: a name begins with a letter or _`);
    }
    const schema = { type: 'object', properties: {}, ...inputSchema };
    const parameters = facts.jsonSchema
      ? { parametersJsonSchema: toJsonSchema(schema) }
      : { parameters: toOpenApiSchema(schema) };
    return { name, description: sanitizeText(description), ...parameters };
  });
  const config = toCallingConfig(toolChoice);
  return {
    tools: [{ functionDeclarations }],
    ...(config === undefined ? {} : { toolConfig: { functionCallingConfig: config } }),
  };
}

function toCallingConfig(choice: ModelRequest['toolChoice']): JsonObject | undefined {
  switch (choice) {
    case undefined:
    case 'auto': return undefined;
    case 'none': return { mode: 'NONE' };
    case 'required': return { mode: 'ANY' };
    default: return { mode: 'ANY', allowedFunctionNames: [choice.name] };
  }
}

function toGenerationConfig(request: ModelRequest, capabilities: ModelCapabilities, facts: GeminiFacts): JsonObject {
  const { maxOutputTokens, responseFormat, stopSequences = [] } = request;
  const thinkingConfig = toThinkingConfig(request, capabilities, facts);
  const format = responseFormat === undefined ? {} : {
    responseMimeType: 'application/json',
    ...(facts.jsonSchema
      ? { responseJsonSchema: toJsonSchema(responseFormat.schema) }
      : { responseSchema: toOpenApiSchema(responseFormat.schema) }),
  };
  return {
    ...(maxOutputTokens === undefined
      ? {}
      : { maxOutputTokens: Math.max(1, Math.min(maxOutputTokens, capabilities.maxOutputTokens ?? Infinity)) }),
    ...(stopSequences.length === 0 ? {} : { stopSequences: [...stopSequences] }),
    ...format,
    ...(thinkingConfig === undefined ? {} : { thinkingConfig }),
  };
}

const LEVELS: Readonly<Record<string, string>> = {
  off: 'MINIMAL', minimal: 'MINIMAL', low: 'LOW', medium: 'MEDIUM', high: 'HIGH', xhigh: 'HIGH', max: 'HIGH',
};
/** Efforts as numbers, for models that know only those. */
const BUDGETS: Readonly<Record<string, number>> = {
  off: 0, minimal: 1_024, low: 1_024, medium: 8_192, high: 24_576, xhigh: 32_768, max: 32_768,
};

/** A level or a budget, never both: that is refused. */
function toThinkingConfig(
  { effort, thinkingBudgetTokens }: ModelRequest,
  { efforts }: ModelCapabilities,
  { budget }: GeminiFacts,
): JsonObject | undefined {
  if (efforts?.length === 0) return undefined;
  if (budget === undefined) {
    return { includeThoughts: true, ...(effort === undefined ? {} : { thinkingLevel: LEVELS[effort] ?? 'HIGH' }) };
  }
  if (effort === 'off') return { includeThoughts: false, thinkingBudget: 0 };
  const tokens = effort === undefined ? thinkingBudgetTokens : BUDGETS[effort];
  if (tokens === undefined) return { includeThoughts: true };
  return { includeThoughts: true, thinkingBudget: Math.max(budget.min, Math.min(tokens, budget.max)) };
}

/** Takes off the end what the server wants to go on with itself, and gives its token. */
function takeContinuation(messages: ReplayMessage[]): string | undefined {
  let token: string | undefined;
  for (;;) {
    const last = messages.at(-1);
    const found = last?.role === 'assistant' ? continuationTokenOf(last.raw) : undefined;
    if (found === undefined) return token;
    token ??= found;
    messages.pop();
  }
}

function toContents(messages: readonly ReplayMessage[], facts: GeminiFacts): JsonObject[] {
  const contents: JsonObject[] = [];
  let calls: JsonObject[] = [];
  const add = (role: 'user' | 'model', parts: readonly JsonObject[]): void => {
    if (parts.length === 0) return;
    if (role === 'model' && contents.at(-1)?.['role'] !== 'user') contents.push(GO_ON);
    contents.push({ role, parts });
  };
  for (const message of messages) {
    switch (message.role) {
      case 'user': add('user', message.content.map(toPart)); break;
      case 'assistant': {
        const parts = toModelParts(message, facts);
        calls = parts.map((part) => part['functionCall']).filter(isObject);
        add('model', parts);
        break;
      }
      case 'tool': {
        add('user', message.content.map((result, at) => toResponse(result, calls[at], facts)));
        if (!facts.mediaInResults) add('user', message.content.flatMap(mediaOf));
        break;
      }
      default: message satisfies never;
    }
  }
  if (contents.at(-1)?.['role'] === 'model') contents.push(GO_ON);
  return contents;
}

function toModelParts(message: ReplayAssistant, { signedCalls }: GeminiFacts): JsonObject[] {
  const own = message.raw?.filter(isObject).filter((part) => part['continuationToken'] === undefined);
  const ownCalls = own?.filter((part) => isObject(part['functionCall'])) ?? [];
  const calls = message.content.filter((part) => part.type === 'tool-call');
  // Every call has its response: where the two forms do not agree, the one that the responses were made for counts.
  const parts = own !== undefined && ownCalls.length === calls.length ? own : message.content.map(toForeignPart);
  const first = parts.findIndex((part) => isObject(part['functionCall']));
  if (!signedCalls || first < 0) return parts;
  return parts.map((part, at) =>
    at === first && stringOr(part['thoughtSignature'], '') === '' ? { ...part, thoughtSignature: FOREIGN_SIGNATURE } : part,
  );
}

/** What another vendor's model said, as if this one had. Ids stay behind: nothing there knows them. */
function toForeignPart(part: ReplayAssistant['content'][number]): JsonObject {
  if (part.type === 'text') return { text: part.text };
  // Text that is no JSON object would be refused; so it is shown as the one argument it was meant to be.
  return { functionCall: { name: toName(part.name), args: part.input ?? { input: part.inputText } } };
}

/** Names that another vendor's model made up may hold anything. */
function toName(name: string): string {
  const legal = name.replace(/[^A-Za-z0-9_.:-]/g, '_').slice(0, 127);
  return NAME.test(legal) ? legal : `_${legal}`;
}

function toResponse(result: ToolResultPart, call: JsonObject | undefined, { mediaInResults }: GeminiFacts): JsonObject {
  const id = stringOr(call?.['id'], '');
  const text = result.content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n');
  const media = mediaInResults ? result.content.filter((part) => part.type === 'media').map(toPart) : [];
  return {
    functionResponse: {
      ...(id === '' ? {} : { id }),
      name: stringOr(call?.['name'], toName(result.name)),
      response: { [result.isError ? 'error' : 'output']: text },
      ...(media.length === 0 ? {} : { parts: media }),
    },
  };
}

/** What the older models take only from the user, behind all responses. */
function mediaOf(result: ToolResultPart): JsonObject[] {
  const media: JsonValue[] = result.content.filter((part) => part.type === 'media').map(toPart);
  return media.length === 0 ? [] : [{ text: `From the result of ${result.name}:` }, ...media.filter(isObject)];
}

function toPart(part: UserPart): JsonObject {
  return part.type === 'text' ? { text: part.text } : { inlineData: { mimeType: part.mediaType, data: part.data } };
}
