/** Rules for `contents`: roles, parts, and responses that answer the calls right before them, one for each and in their order. */
import { decodeBase64, looksLike } from '../responses/image-rules.ts';
import { arrayOf, isArray, isObject, objectOf, stringOf, type Json, type JsonObject } from '../server/json.ts';
import { invalid } from './failures.ts';
import type { GeminiModel } from './models.ts';

const PARTS = [
  'text', 'functionCall', 'functionResponse', 'inlineData', 'fileData', 'executableCode', 'codeExecutionResult', 'toolCall',
  'toolResponse',
];
const PART_MEMBERS = [...PARTS, 'thought', 'thoughtSignature', 'videoMetadata', 'mediaResolution'];
const IMAGES: Readonly<Record<string, boolean>> = {
  'image/png': true,
  'image/jpeg': true,
  'image/webp': true,
  'application/pdf': true,
  'image/heic': false,
  'image/heif': false,
};

export const unknownName = (name: string, path: string): Error => invalid(`Invalid JSON payload received. Unknown name "${name}"${path === '' ? '' : ` at '${path}'`}: Cannot find field.`);

export function checkContents(contents: Json | undefined, model: GeminiModel): JsonObject[] {
  if (!isArray(contents) || contents.length === 0) {
    throw invalid('* GenerateContentRequest.contents: contents is not specified\n');
  }
  contents.forEach((content, at) => checkContent(content, at, model));
  const list = contents.filter(isObject);
  if (list[0]?.['role'] === 'model') throw invalid('Please ensure that the conversation begins with a user turn.');
  checkTurns(list);
  const last = list.at(-1);
  if (
    model.generation >= 3
    && last?.['role'] === 'model'
    && arrayOf(last['parts']).some((part) => stringOf(objectOf(part)['text']) !== '')
  ) {
    throw invalid('The request must not end with a model turn.');
  }
  return list;
}

function checkContent(content: Json, at: number, model: GeminiModel): void {
  const path = `contents[${at}]`;
  if (!isObject(content)) {
    throw invalid(`Invalid value at '${path}' (type.googleapis.com/google.ai.generativelanguage.v1beta.Content)`);
  }
  const extra = Object.keys(content).find((name) => name !== 'role' && name !== 'parts');
  if (extra !== undefined) throw unknownName(extra, path);
  if (content['role'] !== 'user' && content['role'] !== 'model') throw invalid('Please use a valid role: user, model.');
  const parts = content['parts'];
  if (!isArray(parts) || parts.length === 0) {
    throw invalid(`* GenerateContentRequest.${path}.parts: contents.parts must not be empty.\n`);
  }
  parts.forEach((part, index) => checkPart(part, `${path}.parts[${index}]`, content['role'] === 'model', model));
}

function checkPart(part: Json, path: string, isModel: boolean, model: GeminiModel): void {
  if (!isObject(part)) throw invalid(`Invalid value at '${path}' (type.googleapis.com/google.ai.generativelanguage.v1beta.Part)`);
  const extra = Object.keys(part).find((name) => !PART_MEMBERS.includes(name));
  if (extra !== undefined) throw unknownName(extra, path);
  const kinds = PARTS.filter((name) => part[name] !== undefined);
  if (kinds.length === 0) {
    throw invalid(`* GenerateContentRequest.${path}.data: required oneof field 'data' must have one initialized field\n`);
  }
  if (kinds.length > 1) {
    throw invalid(`Invalid value at '${path}' (oneof), oneof field 'data' is already set. Cannot set '${kinds[1] ?? ''}'`);
  }
  if (part['text'] !== undefined && typeof part['text'] !== 'string') {
    throw invalid(`Invalid value at '${path}.text' (TYPE_STRING)`);
  }
  if (part['inlineData'] !== undefined) checkInlineData(part['inlineData'], `${path}.inlineData`);
  if (part['functionCall'] !== undefined) {
    if (!isModel) throw invalid('Please ensure that function call turn comes from the model.');
    const call = objectOf(part['functionCall']);
    if (stringOf(call['name']) === '') {
      throw invalid(`* GenerateContentRequest.${path}.function_call.name: Name cannot be empty.\n`);
    }
    if (call['args'] !== undefined && !isObject(call['args'])) {
      throw invalid(`Invalid value at '${path}.function_call.args' (type.googleapis.com/google.protobuf.Struct)`);
    }
  }
  if (part['functionResponse'] === undefined) return;
  if (isModel) throw invalid('Please ensure that function response turn comes from the user.');
  const response = objectOf(part['functionResponse']);
  if (stringOf(response['name']) === '') {
    throw invalid(`* GenerateContentRequest.${path}.function_response.name: Name cannot be empty.\n`);
  }
  if (!isObject(response['response'])) {
    throw invalid(`Invalid value at '${path}.function_response.response' (type.googleapis.com/google.protobuf.Struct)`);
  }
  if (response['parts'] === undefined) return;
  if (model.generation < 3) throw invalid(`Multimodal function responses are not supported by ${model.id}.`);
  arrayOf(response['parts']).forEach((inner, at) => checkInlineData(
    objectOf(inner)['inlineData'],
    `${path}.functionResponse.parts[${at}].inlineData`,
  ));
}

function checkInlineData(data: Json | undefined, path: string): void {
  const { mimeType, data: text } = objectOf(data);
  const isRecognisable = IMAGES[stringOf(mimeType)];
  if (isRecognisable === undefined) throw invalid(`Unsupported MIME type: ${stringOf(mimeType)}`);
  const bytes = decodeBase64(stringOf(text));
  if (bytes === undefined) throw invalid(`Invalid value at '${path}.data' (TYPE_BYTES), Base64 decoding failed`);
  if (isRecognisable && !looksLike(stringOf(mimeType), bytes)) {
    throw invalid('Unable to process input image. Please retry or report in https://developers.generativeai.google/guide/troubleshooting');
  }
}

/** Which calls a model turn makes; the turn after it must answer exactly them. */
function checkTurns(contents: readonly JsonObject[]): void {
  contents.forEach((content, at) => {
    const calls = membersOf(content, 'functionCall');
    const responses = membersOf(content, 'functionResponse');
    const next = contents[at + 1];
    if (calls.length > 0) {
      const answers = next === undefined ? [] : membersOf(next, 'functionResponse');
      if (answers.length !== calls.length) {
        throw invalid('Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.');
      }
      calls.forEach((call, index) => {
        const answer = answers[index];
        if (answer?.['name'] !== call['name']) {
          throw invalid(`Please ensure that function responses come in the order of their calls: expected ${stringOf(call['name'])}, got ${stringOf(answer?.['name'])}.`);
        }
        if (call['id'] !== undefined && answer?.['id'] !== call['id']) {
          throw invalid(`Function response id ${stringOf(answer?.['id'])} does not match function call id ${stringOf(call['id'])}.`);
        }
      });
    }
    const before = contents[at - 1];
    if (responses.length > 0 && (before === undefined || membersOf(before, 'functionCall').length === 0)) {
      throw invalid('Please ensure that function response turn comes immediately after a function call turn.');
    }
  });
}

const membersOf = (content: JsonObject, name: string): JsonObject[] =>
  arrayOf(content['parts']).map((part) => objectOf(part)[name]).filter(isObject);
