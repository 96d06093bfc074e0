/** Reads a Gemini request as a conversation; what stands in an explicit cache comes first. */
import type { Conversation, Entry } from '../server/conversation.ts';
import { arrayOf, isObject, objectOf, stringOf, type JsonObject } from '../server/json.ts';

export function toConversation(body: JsonObject, cached: JsonObject, model: string): Conversation {
  const merged: JsonObject = { ...cached, ...body };
  const tools = arrayOf(merged['tools'])
    .flatMap((tool) => arrayOf(objectOf(tool)['functionDeclarations']))
    .map((declaration) => ({
      name: stringOf(objectOf(declaration)['name']),
      schema: objectOf(declaration)['parametersJsonSchema'] ?? objectOf(declaration)['parameters'],
    }));
  const calling = objectOf(objectOf(merged['toolConfig'])['functionCallingConfig']);
  const generation = objectOf(body['generationConfig']);
  const forced =
    calling['mode'] === 'ANY' ? (stringOf(arrayOf(calling['allowedFunctionNames'])[0]) || tools[0]?.name) : undefined;
  return {
    model,
    system: arrayOf(objectOf(merged['systemInstruction'])['parts']).map((part) => stringOf(objectOf(part)['text'])).join('\n'),
    tools,
    entries: [...arrayOf(cached['contents']), ...arrayOf(body['contents'])].filter(isObject).flatMap(toEntries),
    sessionKey: '',
    schema: generation['responseJsonSchema'] ?? generation['responseSchema'],
    forcedTool: forced,
  };
}

function toEntries(content: JsonObject): Entry[] {
  const isModel = content['role'] === 'model';
  return arrayOf(content['parts']).filter(isObject).flatMap((part): Entry[] => {
    if (typeof part['text'] === 'string') {
      if (part['thought'] === true || part['text'] === '') return [];
      return [isModel ? { kind: 'assistant', text: part['text'] } : { kind: 'user', text: part['text'], mediaCount: 0 }];
    }
    if (part['inlineData'] !== undefined || part['fileData'] !== undefined) return [{ kind: 'user', text: '', mediaCount: 1 }];
    const call = objectOf(part['functionCall']);
    if (part['functionCall'] !== undefined) {
      return [{
        kind: 'call',
        id: stringOf(call['id']),
        name: stringOf(call['name']),
        input: JSON.stringify(call['args'] ?? {}),
      }];
    }
    const response = objectOf(part['functionResponse']);
    if (part['functionResponse'] === undefined) return [];
    const { output, error } = objectOf(response['response']);
    const text = typeof (output ?? error) === 'string' ? stringOf(output ?? error) : JSON.stringify(response['response']);
    return [{
      kind: 'result',
      id: stringOf(response['id']),
      text,
      isError: error !== undefined,
      mediaCount: arrayOf(response['parts']).length,
    }];
  });
}
