/**
 * One entry of `tools/list` as we believe it.
 *
 * What a server says of its tools goes to the model with every request, so it is capped, freed of what cannot be seen, and
 * marked as the server's words: it describes a tool, it does not instruct. A schema that is none or too large makes the tool
 * one that is not offered.
 */
import { isObject, type JsonObject, type JsonValue } from '@sx/llm';

import { fitsDepth } from './json-rpc/message.ts';
import { type McpLimits, mcpLimits } from './limits.ts';
import { quoted } from './quoted.ts';

export interface McpToolDefinition {
  /** As the server calls it. */
  readonly tool: string;
  readonly description: string;
  /** Of an object, with `properties`. */
  readonly inputSchema: JsonObject;
  /** The server says that it only reads. It may run beside others; the permission rules do not believe it. */
  readonly readOnly: boolean;
}

/** C0 but tab and line feed, DEL, C1, direction and tag characters, zero-width ones: text that a person would not see. */
const INVISIBLE =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]|[\u{e0000}-\u{e007f}]/gu;
const SCHEMA_DEPTH_MAX = 32;

/** @returns The definition, or why the tool is not offered. */
export function readTool(
  value: JsonValue | undefined,
  limits: McpLimits = mcpLimits,
): McpToolDefinition | { readonly fault: string } {
  if (!isObject(value) || typeof value['name'] !== 'string' || value['name'].trim() === '') {
    return { fault: 'a tool without a name' };
  }
  const tool = value['name'];
  const shown = quoted(tool, 80);
  if (tool.length > 256) return { fault: `${shown}: its name has more than 256 characters` };
  const schema = value['inputSchema'];
  if (!isObject(schema) || (schema['type'] !== undefined && schema['type'] !== 'object')) {
    return { fault: `${shown}: its input is no object` };
  }
  if (!fitsDepth(schema, SCHEMA_DEPTH_MAX) || Buffer.byteLength(JSON.stringify(schema)) > limits.toolSchemaBytesMax) {
    return { fault: `${shown}: its input schema has more than ${limits.toolSchemaBytesMax} bytes` };
  }
  const annotations = value['annotations'];
  return {
    tool,
    description: describe(value['description'] ?? value['title'], limits.toolDescriptionCharsMax),
    inputSchema: {
      ...withoutInvisible(schema),
      type: 'object',
      properties: isObject(schema['properties']) ? withoutInvisible(schema['properties']) : {},
    },
    readOnly: isObject(annotations) && annotations['readOnlyHint'] === true,
  };
}

function describe(value: unknown, charsMax: number): string {
  const text = typeof value === 'string' ? value.replace(INVISIBLE, '').trim() : '';
  return text.length > charsMax ? `${text.slice(0, charsMax)}…` : text;
}

function withoutInvisible(schema: JsonObject): JsonObject {
  const text = JSON.stringify(
    schema,
    (_key, value: unknown) => (typeof value === 'string' ? value.replace(INVISIBLE, '') : value),
  );
  const cleaned: unknown = JSON.parse(text);
  return isObject(cleaned) ? cleaned : {};
}

export interface ReadTools {
  readonly tools: readonly McpToolDefinition[];
  /** A line each: what is not offered, and why. */
  readonly faults: readonly string[];
}

/** All of a server's list, as far as the limits go. */
export function readTools(values: readonly JsonValue[], limits: McpLimits = mcpLimits): ReadTools {
  const tools = new Map<string, McpToolDefinition>();
  const faults: string[] = [];
  let bytes = 0;
  for (const value of values) {
    const read = readTool(value, limits);
    if ('fault' in read) {
      faults.push(read.fault);
      continue;
    }
    const shown = quoted(read.tool, 80);
    bytes += Buffer.byteLength(JSON.stringify(read));
    if (bytes > limits.definitionsBytesMax) {
      faults.push(`the definitions have more than ${limits.definitionsBytesMax} bytes: ${shown} and what follows is left out`);
      break;
    }
    if (tools.has(read.tool)) {
      faults.push(`${shown}: named twice`);
      continue;
    }
    if (tools.size >= limits.toolsMax) {
      faults.push(`there are more than ${limits.toolsMax} tools: the rest is left out`);
      break;
    }
    tools.set(read.tool, read);
  }
  return { tools: [...tools.values()], faults };
}
