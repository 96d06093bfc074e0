/** Reads a chat request as a conversation. */
import type { Conversation, Entry } from '../server/conversation.ts';
import { arrayOf, isArray, isObject, objectOf, stringOf, type Json, type JsonObject } from '../server/json.ts';

export function toConversation(body: JsonObject): Conversation {
  const messages = arrayOf(body['messages']).filter(isObject);
  const choice = body['tool_choice'];
  const tools = arrayOf(body['tools']).map((tool) => objectOf(objectOf(tool)['function'])).map((tool) => ({
    name: stringOf(tool['name']),
    schema: tool['parameters'],
  }));
  const forced =
    isObject(choice) ? stringOf(objectOf(choice['function'])['name']) : choice === 'required' ? tools[0]?.name : undefined;
  return {
    model: stringOf(body['model']),
    system: messages.filter(({ role }) => role === 'system' || role === 'developer').map(({ content }) => textOf(content)).join('\n\n'),
    tools,
    entries: messages.flatMap(toEntries),
    sessionKey: stringOf(body['prompt_cache_key']) || stringOf(body['user']),
    schema: objectOf(objectOf(body['response_format'])['json_schema'])['schema'],
    forcedTool: forced,
  };
}

function toEntries(message: JsonObject): Entry[] {
  const text = textOf(message['content']);
  switch (message['role']) {
    case 'user':
      return [{
        kind: 'user',
        text,
        mediaCount: arrayOf(message['content']).filter((part) => objectOf(part)['type'] !== 'text').length,
      }];
    case 'assistant': {
      const calls = arrayOf(message['tool_calls']).filter(isObject);
      return [
        ...(text === '' ? [] : [{ kind: 'assistant', text } as const]),
        ...calls.map((call) => ({ kind: 'call', id: stringOf(call['id']), name: stringOf(objectOf(call['function'])['name']), input: stringOf(objectOf(call['function'])['arguments']) }) as const),
      ];
    }
    case 'tool':
      return [{ kind: 'result', id: stringOf(message['tool_call_id']), text, isError: false, mediaCount: 0 }];
    default:
      return [];
  }
}

const textOf = (content: Json | undefined): string =>
  (isArray(content) ? content.map((part) => stringOf(objectOf(part)['text'])).join('') : stringOf(content));
