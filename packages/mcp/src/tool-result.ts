/**
 * The result of `tools/call` as the model reads it: text, images, and a line for whatever else there is. Data, never
 * instructions: nothing of it is interpreted, followed or fetched.
 *
 * Limits: characters of text in sum (what is beyond is cut, and the model is told), parts, bytes of an image. A result that is
 * not what the specification says becomes an error that the model reads.
 */
import type { ToolOutput } from '@sx/agent';
import { isObject, type JsonObject, type JsonValue, stringOr, type UserPart } from '@sx/llm';

import { type McpLimits, mcpLimits } from './limits.ts';
import { quoted } from './quoted.ts';

const MEDIA_TYPES: ReadonlySet<string> = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'application/pdf']);

export function toOutput(result: JsonObject, limits: McpLimits = mcpLimits): ToolOutput {
  const { content, structuredContent } = result;
  if (!Array.isArray(content) && structuredContent === undefined) {
    return { isError: true, content: [text('The server answered without content.')] };
  }
  const given: readonly JsonValue[] = Array.isArray(content) ? content : [];
  const parts = given.slice(0, limits.resultPartsMax).flatMap((part) => toParts(part, limits));
  if (given.length > limits.resultPartsMax) parts.push(text(`[${given.length - limits.resultPartsMax} more parts are left out]`));
  // The specification wants the same as text too; not all servers do it.
  if (structuredContent !== undefined && !parts.some((part) => part.type === 'text' && part.text.trim() !== '')) {
    parts.push(text(JSON.stringify(structuredContent)));
  }
  if (parts.length === 0) parts.push(text('(no output)'));
  return { isError: result['isError'] === true, content: capped(parts, limits.resultCharsMax) };
}

function toParts(part: JsonValue, limits: McpLimits): UserPart[] {
  if (!isObject(part)) return [text('[a part that is no object]')];
  switch (part['type']) {
    case 'text':
      return [text(stringOr(part['text'], ''))];
    case 'image':
      return [media(part['data'], part['mimeType'], 'image', limits)];
    case 'audio':
      return [
        text(`[audio (${quoted(stringOr(part['mimeType'], 'unknown type'), 60)}) is left out: it cannot be shown to the model]`),
      ];
    case 'resource':
      return isObject(part['resource']) ? resource(part['resource'], limits) : [text('[a resource without content]')];
    case 'resource_link':
      return [text(
        `[link to ${quoted(stringOr(part['uri'], '?'), 500)}: ${quoted(stringOr(part['description'] ?? part['name'], ''), 300)}]`,
      )];
    default:
      return [text(`[a part of the unknown type ${quoted(stringOr(part['type'], '?'), 60)}]`)];
  }
}

function resource({ uri, text: content, blob, mimeType }: JsonObject, limits: McpLimits): UserPart[] {
  const shown = quoted(stringOr(uri, '?'), 500);
  if (typeof content === 'string') return [text(`[resource ${shown}]\n${content}`)];
  return [text(`[resource ${shown}]`), media(blob, mimeType, 'resource', limits)];
}

function media(data: unknown, type: unknown, what: string, limits: McpLimits): UserPart {
  const mediaType = stringOr(type, '').toLowerCase();
  if (typeof data !== 'string' || !MEDIA_TYPES.has(mediaType)) {
    return text(`[${what} of type ${quoted(mediaType, 60) || 'unknown'} is left out: it cannot be shown to the model]`);
  }
  if (data.length > limits.resultMediaBytesMax) {
    return text(`[${what} is left out: ${data.length} bytes as base64, the limit is ${limits.resultMediaBytesMax}]`);
  }
  if (data === '' || !/^[A-Za-z0-9+/]+={0,2}$/.test(data)) return text(`[${what} is left out: it is not base64]`);
  return { type: 'media', mediaType, data };
}

function capped(parts: readonly UserPart[], charsMax: number): UserPart[] {
  let left = charsMax;
  let cut = false;
  const kept = parts.flatMap((part): UserPart[] => {
    if (part.type !== 'text') return [part];
    cut ||= part.text.length > left;
    const shown = part.text.slice(0, left);
    left -= shown.length;
    return shown === '' && cut ? [] : [text(shown)];
  });
  return cut ? [...kept, text(`[cut: the result has more than ${charsMax} characters; ask for less]`)] : kept;
}

function text(value: string): UserPart {
  return { type: 'text', text: value };
}
