/** Rules for `messages`: roles, blocks, and results that answer the calls of the message before, all of them and first. */
import { decodeBase64, longSidePixels, looksLike } from '../responses/image-rules.ts';
import { isArray, isObject, objectOf, stringOf, type Json, type JsonObject } from '../server/json.ts';
import { anthropicRefusal, invalid } from './failures.ts';
import type { AnthropicModel } from './models.ts';
import { mergeMessages, type MergedMessage } from './signatures.ts';

const TOOL_ID = /^[a-zA-Z0-9_-]{1,64}$/;
const IMAGE_BYTES_MAX = 5 * 1024 * 1024;
const IMAGES_MAX = 100;
const SIDE_PIXELS_MAX = 8_000;
const MANY_IMAGES = 20;
const SIDE_PIXELS_MANY = 2_000;
const IMAGE_TYPES = ['image/jpeg', 'image/png', 'image/gif', 'image/webp'];
const BLOCKS: Readonly<Record<string, readonly string[]>> = {
  user: ['text', 'image', 'document', 'tool_result', 'search_result'],
  assistant: [
    'text', 'thinking', 'redacted_thinking', 'tool_use', 'server_tool_use', 'web_search_tool_result', 'compaction', 'fallback',
  ],
  system: ['text'],
};
const MEMBERS: Readonly<Record<string, readonly string[]>> = {
  text: ['text', 'citations'],
  image: ['source'],
  document: ['source', 'title', 'context', 'citations'],
  tool_result: ['tool_use_id', 'content', 'is_error'],
  thinking: ['thinking', 'signature'],
  redacted_thinking: ['data'],
  tool_use: ['id', 'name', 'input', 'caller', 'toolset_name'],
};

export function checkMessages(messages: Json | undefined, model: AnthropicModel): void {
  if (messages === undefined) throw invalid('messages: Field required');
  if (!isArray(messages)) throw invalid('messages: Input should be a valid list');
  if (messages.length === 0) throw invalid('messages: at least one message is required');
  messages.forEach((message, at) => checkMessage(message, `messages.${at}`));
  const merged = mergeMessages(messages.filter((message) => objectOf(message)['role'] !== 'system'));
  if (merged[0]?.role !== 'user') throw invalid('messages: first message must use the "user" role');
  checkPairs(merged);
  checkSystemPlaces(messages);
  checkEnd(merged, model);
  const images = merged.flatMap(({ content }) => content).filter(({ type }) => type === 'image').length;
  if (images > IMAGES_MAX) throw invalid(`messages: too many images: ${images} > ${IMAGES_MAX}`);
  checkSides(merged);
}

function checkMessage(message: Json, path: string): void {
  if (!isObject(message)) throw invalid(`${path}: Input should be a valid dictionary`);
  const role = stringOf(message['role']);
  const kinds = BLOCKS[role];
  if (kinds === undefined) throw invalid(`${path}.role: Input should be 'user', 'assistant' or 'system'`);
  const extra = Object.keys(message).find((name) => name !== 'role' && name !== 'content');
  if (extra !== undefined) throw invalid(`${path}.${extra}: Extra inputs are not permitted`);
  const { content } = message;
  if (content === undefined) throw invalid(`${path}.content: Field required`);
  if (typeof content === 'string') {
    if (content === '') throw invalid(`${path}: ${role} messages must have non-empty content`);
    return;
  }
  if (!isArray(content)) throw invalid(`${path}.content: Input should be a valid list`);
  if (content.length === 0) throw invalid(`${path}: ${role} messages must have non-empty content`);
  content.forEach((block, at) => checkBlock(block, `${path}.content.${at}`, kinds));
}

function checkBlock(block: Json, path: string, kinds: readonly string[]): void {
  if (!isObject(block)) throw invalid(`${path}: Input should be a valid dictionary`);
  const kind = stringOf(block['type']);
  if (!kinds.includes(kind)) {
    throw invalid(`${path}: Input tag '${kind}' found using 'type' does not match any of the expected tags: ${kinds.map((name) => `'${name}'`).join(', ')}`);
  }
  const members = MEMBERS[kind];
  const extra =
    members === undefined ? undefined : Object.keys(block).find((name) => name !== 'type' && name !== 'cache_control' && !members.includes(name));
  if (extra !== undefined) throw invalid(`${path}.${kind}.${extra}: Extra inputs are not permitted`);
  switch (kind) {
    case 'text':
      return checkText(block, path);
    case 'image':
      return checkSource(block['source'], `${path}.image.source`, IMAGE_TYPES);
    case 'document':
      return checkSource(block['source'], `${path}.document.source`, ['application/pdf', 'text/plain']);
    case 'thinking':
    case 'redacted_thinking':
      if (block['cache_control'] !== undefined) throw invalid(`${path}.${kind}.cache_control: Extra inputs are not permitted`);
      if (kind === 'thinking' && (typeof block['thinking'] !== 'string' || typeof block['signature'] !== 'string')) {
        throw invalid(`${path}.thinking.signature: Field required`);
      }
      return;
    case 'tool_use':
      if (!TOOL_ID.test(stringOf(block['id']))) {
        throw invalid(`${path}.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'`);
      }
      if (stringOf(block['name']) === '') throw invalid(`${path}.tool_use.name: Field required`);
      if (!isObject(block['input'])) throw invalid(`${path}.tool_use.input: Input should be a valid dictionary`);
      return;
    case 'tool_result':
      return checkResult(block, path);
    default:
  }
}

function checkText(block: JsonObject, path: string): void {
  if (typeof block['text'] !== 'string') throw invalid(`${path}.text.text: Field required`);
  if (block['text'] === '') throw invalid('messages: text content blocks must be non-empty');
  if (block['text'].trim() === '') throw invalid('messages: text content blocks must contain non-whitespace text');
}

function checkResult(block: JsonObject, path: string): void {
  if (!TOOL_ID.test(stringOf(block['tool_use_id']))) {
    throw invalid(`${path}.tool_result.tool_use_id: String should match pattern '^[a-zA-Z0-9_-]+$'`);
  }
  const { content } = block;
  if (content === undefined || typeof content === 'string') return;
  if (!isArray(content)) throw invalid(`${path}.tool_result.content: Input should be a valid list`);
  if (block['is_error'] === true && content.some((inner) => objectOf(inner)['type'] !== 'text')) {
    throw invalid(`${path}.tool_result: all content must be type \`text\` if \`is_error\` is true`);
  }
  content.forEach((inner, at) => checkBlock(
    inner,
    `${path}.tool_result.content.${at}`,
    ['text', 'image', 'document', 'search_result'],
  ));
}

function checkSource(source: Json | undefined, path: string, types: readonly string[]): void {
  if (!isObject(source)) throw invalid(`${path}: Field required`);
  switch (source['type']) {
    case 'url':
      if (!stringOf(source['url']).startsWith('https://')) throw invalid(`${path}.url: Only HTTPS URLs are supported.`);
      return;
    case 'text':
    case 'content':
      return;
    case 'base64':
      break;
    default:
      throw invalid(`${path}: Input tag '${stringOf(source['type'])}' found using 'type' does not match any of the expected tags: 'base64', 'url', 'text', 'content'`);
  }
  const type = stringOf(source['media_type']);
  if (!types.includes(type)) {
    throw invalid(`${path}.base64.media_type: Input should be ${types.map((name) => `'${name}'`).join(', ')}`);
  }
  const data = stringOf(source['data']);
  if (data.length > (IMAGE_BYTES_MAX / 3) * 4 && type.startsWith('image/')) {
    throw invalid(`${path}.base64: image exceeds 5 MB maximum: ${data.length} bytes > ${IMAGE_BYTES_MAX} bytes`);
  }
  const bytes = decodeBase64(data);
  if (bytes === undefined) throw invalid(`${path}.base64.data: Input should be valid base64`);
  if (!looksLike(type, bytes)) {
    throw invalid(`${path}.base64.data: The file was specified using the ${type} media type, but it appears to be of another kind`);
  }
}

/** Pictures in results count too. */
function checkSides(messages: readonly MergedMessage[]): void {
  const inside = (block: Json): JsonObject[] => {
    const { type, content } = objectOf(block);
    return type === 'image' ? [objectOf(block)] : isArray(content) ? content.flatMap(inside) : [];
  };
  const images = messages.flatMap(({ content }) => content.flatMap(inside));
  const [max, which] = images.length > MANY_IMAGES ? [SIDE_PIXELS_MANY, 'many-image requests'] : [SIDE_PIXELS_MAX, 'one image'];
  for (const image of images) {
    const bytes = decodeBase64(stringOf(objectOf(image['source'])['data']));
    if (bytes !== undefined && longSidePixels(bytes) > max) {
      throw invalid(`messages: At least one of the image dimensions exceeds the max allowed size for ${which}: ${max} pixels`);
    }
  }
}

function checkPairs(messages: readonly MergedMessage[]): void {
  const used = new Set<string>();
  messages.forEach(({ role, content }, at) => {
    const results = content.filter(({ type }) => type === 'tool_result').map((block) => stringOf(block['tool_use_id']));
    const before = at === 0 ? [] : callIds(messages[at - 1]);
    if (role === 'user') {
      const foreign = results.find((id) => !before.includes(id));
      if (foreign !== undefined) {
        throw invalid(`messages.${at}.content.${content.findIndex((block) => block['tool_use_id'] === foreign)}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${foreign}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`);
      }
      const twice = results.find((id, index) => results.indexOf(id) !== index);
      if (twice !== undefined) {
        throw invalid(`messages.${at}: each tool_use must have a single result. Found multiple \`tool_result\` blocks with id: ${twice}`);
      }
      if (content.slice(0, results.length).some(({ type }) => type !== 'tool_result')) {
        throw invalid(`messages.${at}: \`tool_result\` blocks must come first in the message`);
      }
    }
    if (role !== 'assistant') return;
    const calls = callIds({ role, content });
    for (const id of calls) {
      if (used.has(id)) throw invalid('messages: `tool_use` ids must be unique');
      used.add(id);
    }
    const answered = (messages[at + 1]?.content ?? []).map((block) => stringOf(block['tool_use_id']));
    const open = calls.filter((id) => !answered.includes(id));
    if (open.length > 0) {
      throw invalid(`messages.${at}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${open.join(', ')}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`);
    }
  });
}

const callIds = (message: MergedMessage | undefined): string[] =>
  (message?.content ?? []).filter(({ type }) => type === 'tool_use').map((block) => stringOf(block['id']));

function checkSystemPlaces(messages: readonly Json[]): void {
  messages.forEach((message, at) => {
    if (objectOf(message)['role'] !== 'system') return;
    const before = mergeMessages([messages[at - 1] ?? {}])[0];
    if (before === undefined || before.role === '' || callIds(before).length > 0) {
      throw invalid(`messages.${at}: a system message must follow a user message and may not stand between a tool_use and its tool_result`);
    }
  });
}

function checkEnd(messages: readonly MergedMessage[], model: AnthropicModel): void {
  const last = messages.at(-1);
  if (last?.role !== 'assistant' || last.content.at(-1)?.['type'] === 'server_tool_use') return;
  if (!model.prefill) {
    throw invalid('This model does not support assistant message prefill. The conversation must end with a user message.');
  }
  if (/\s$/.test(stringOf(last.content.at(-1)?.['text']))) {
    throw invalid('messages: final assistant content cannot end with trailing whitespace');
  }
}

/** With manual thinking, the assistant's part of an unfinished turn begins with a thought; later steps of the turn need none. */
export function checkThoughtFirst(messages: Json | undefined): void {
  const merged = mergeMessages(messages);
  const isAnswer = ({ content }: MergedMessage): boolean => content.some(({ type }) => type === 'tool_result');
  const turn = merged.findLastIndex((message) => message.role === 'user' && !isAnswer(message));
  const at = merged.findIndex(({ role }, index) => index > turn && role === 'assistant');
  const first = stringOf(merged[at]?.content[0]?.['type']);
  if (at === -1 || first === 'thinking' || first === 'redacted_thinking') return;
  throw anthropicRefusal(
    'invalid_request_error',
    `messages.${at}.content.0.type: Expected \`thinking\` or \`redacted_thinking\`, but found \`${first}\`. When \`thinking\` is enabled, a final \`assistant\` message must start with a thinking block.`,
  );
}
