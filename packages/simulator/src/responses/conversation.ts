/** Reads a Responses request as a conversation: plain, or in the lite form with its tools and instructions inside `input`. */
import type { Conversation, ConversationTool, Entry } from '../server/conversation.ts';
import { arrayOf, isArray, isObject, objectOf, stringOf, type Json, type JsonObject } from '../server/json.ts';

export function toConversation(body: JsonObject, sessionKey: string): Conversation {
  const items = arrayOf(body['input']).filter(isObject);
  const toolItems = items.filter((item) => item['type'] === 'additional_tools').flatMap((item) => arrayOf(item['tools']));
  const developer =
    items.filter((item) => item['role'] === 'developer' || item['role'] === 'system').map((item) => textOf(item['content']));
  const choice = objectOf(body['tool_choice']);
  const format = objectOf(objectOf(body['text'])['format']);
  const tools = [...arrayOf(body['tools']), ...toolItems].flatMap(toTools);
  const forcedTool =
    typeof choice['name'] === 'string' ? choice['name'] : body['tool_choice'] === 'required' ? tools[0]?.name : undefined;
  return {
    model: stringOf(body['model']),
    system: [stringOf(body['instructions']), ...developer].filter((text) => text !== '').join('\n\n'),
    tools,
    entries: items.flatMap(toEntry),
    sessionKey,
    schema: format['type'] === 'json_schema' ? format['schema'] : undefined,
    forcedTool,
  };
}

function toTools(tool: Json): ConversationTool[] {
  if (!isObject(tool)) return [];
  if (tool['type'] === 'namespace') return arrayOf(tool['tools']).flatMap(toTools);
  return typeof tool['name'] === 'string' ? [{ name: tool['name'], schema: tool['parameters'] }] : [];
}

function toEntry(item: JsonObject): Entry[] {
  const id = stringOf(item['call_id']);
  switch (item['type'] ?? 'message') {
    case 'message':
      if (item['role'] === 'user') return [{ kind: 'user', text: textOf(item['content']), mediaCount: mediaOf(item['content']) }];
      return item['role'] === 'assistant' ? [{ kind: 'assistant', text: textOf(item['content']) }] : [];
    case 'function_call':
      return [{ kind: 'call', id, name: stringOf(item['name']), input: stringOf(item['arguments']) }];
    case 'custom_tool_call':
      return [{ kind: 'call', id, name: stringOf(item['name']), input: stringOf(item['input']) }];
    case 'function_call_output':
    case 'custom_tool_call_output':
      // The wire has no flag for failure: the text says so.
      return [{ kind: 'result', id, text: textOf(item['output']), isError: false, mediaCount: mediaOf(item['output']) }];
    default:
      return [];
  }
}

export function textOf(content: Json | undefined): string {
  if (!isArray(content)) return stringOf(content);
  return content.map((part) => stringOf(objectOf(part)['text'])).join('');
}

function mediaOf(content: Json | undefined): number {
  return arrayOf(content).filter((part) => ['input_image', 'input_file'].includes(stringOf(objectOf(part)['type']))).length;
}
