/** Reads a Messages request as a conversation. */
import type { Conversation, Entry } from '../server/conversation.ts';
import { arrayOf, isArray, objectOf, stringOf, type Json, type JsonObject } from '../server/json.ts';
import { mergeMessages } from './signatures.ts';

export function toConversation(body: JsonObject, sessionKey: string): Conversation {
  const choice = objectOf(body['tool_choice']);
  const tools = arrayOf(body['tools']).map((tool) => ({
    name: stringOf(objectOf(tool)['name']),
    schema: objectOf(tool)['input_schema'],
  }));
  const forced = choice['type'] === 'tool' ? stringOf(choice['name']) : choice['type'] === 'any' ? tools[0]?.name : undefined;
  const format = objectOf(objectOf(body['output_config'])['format']);
  return {
    model: stringOf(body['model']),
    system: textOf(body['system']),
    tools,
    entries: mergeMessages(body['messages']).flatMap(({ role, content }) => content.flatMap((block) => toEntry(role, block))),
    sessionKey,
    schema: format['schema'],
    forcedTool: forced,
  };
}

function toEntry(role: string, block: JsonObject): Entry[] {
  switch (block['type']) {
    case 'text':
      return role === 'user' ? [{ kind: 'user', text: stringOf(block['text']), mediaCount: 0 }] : role === 'assistant' ? [{ kind: 'assistant', text: stringOf(block['text']) }] : [];
    case 'image':
    case 'document':
      return [{ kind: 'user', text: '', mediaCount: 1 }];
    case 'tool_use':
      return [{ kind: 'call', id: stringOf(block['id']), name: stringOf(block['name']), input: JSON.stringify(block['input']) }];
    case 'tool_result':
      return [{
        kind: 'result', id: stringOf(block['tool_use_id']), text: textOf(block['content']), isError: block['is_error'] === true,
        mediaCount: arrayOf(block['content']).filter((inner) => objectOf(inner)['type'] !== 'text').length,
      }];
    default:
      return [];
  }
}

function textOf(content: Json | undefined): string {
  return isArray(content) ? content.map((block) => stringOf(objectOf(block)['text'])).join('\n') : stringOf(content);
}
