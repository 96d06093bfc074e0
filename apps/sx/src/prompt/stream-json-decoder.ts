/**
 * `--input-format stream-json`: bytes in, what a client says out, one JSON object a line, in Claude Code's shapes.
 *
 *   {"type":"user","message":{"role":"user","content":"…" or blocks}}                 a prompt
 *   {"type":"control_request","request_id":"…","request":{"subtype":"interrupt"}}     a request of the client
 *
 * Lines of other types are passed over: the format grows. A line that is no JSON, or a prompt that cannot be read, is a fault,
 * because what the user wanted would be lost in silence. Limit: `lineBytesMax`.
 */
import {
  isObject,
  JsonPathError,
  type JsonValue,
  parseJson,
  readArray,
  readMediaFacts,
  readObject,
  readString,
  type UserPart,
} from '@sx/llm';
import type { Decoder } from '@sx/net';

import { CliError } from '../cli/cli-error.ts';

export type ClientLine =
  | { readonly kind: 'prompt'; readonly content: readonly UserPart[] }
  | { readonly kind: 'request'; readonly id: string; readonly subtype: string };

export const streamJsonLimits = { lineBytesMax: 64 * 1024 * 1024, promptsWaitingMax: 64 } as const;

const LF = 0x0a;

/** @throws {CliError} `CLI_BAD_INPUT`, `CLI_INPUT_TOO_LARGE`, `CLI_NOT_UTF8`; sticky. */
export function createStreamJsonDecoder(lineBytesMax: number = streamJsonLimits.lineBytesMax): Decoder<Uint8Array, ClientLine> {
  let pieces: Uint8Array[] = [];
  let held = 0;
  let line = 1;
  let fault: CliError | undefined;

  const fail = (error: CliError): never => {
    fault = error;
    throw error;
  };
  const keep = (piece: Uint8Array): void => {
    held += piece.length;
    if (held > lineBytesMax) {
      fail(new CliError('CLI_INPUT_TOO_LARGE', `standard input, line ${line}: longer than ${lineBytesMax} bytes`));
    }
    if (piece.length > 0) pieces.push(Uint8Array.from(piece));
  };
  const read = (): ClientLine | undefined => {
    const bytes = Buffer.concat(pieces);
    pieces = [];
    held = 0;
    try {
      return readLine(bytes, line);
    } catch (error) {
      return fail(error instanceof CliError ? error : badInput(line, error instanceof JsonPathError ? error.message : 'no JSON'));
    }
  };

  return {
    push(input, emit) {
      if (fault !== undefined) throw fault;
      let from = 0;
      for (let at = input.indexOf(LF); at !== -1; at = input.indexOf(LF, from)) {
        keep(input.subarray(from, at));
        from = at + 1;
        const value = read();
        line += 1;
        if (value !== undefined) emit(value);
      }
      keep(input.subarray(from));
    },
    end(emit) {
      if (fault !== undefined) throw fault;
      const value = read();
      if (value !== undefined) emit(value);
    },
  };
}

function readLine(bytes: Uint8Array, line: number): ClientLine | undefined {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new CliError('CLI_NOT_UTF8', `standard input, line ${line}: not UTF-8 text`);
  }
  if (text.trim() === '') return undefined;
  const value = parseJson(text);
  if (value === undefined) throw badInput(line, 'no JSON');
  const object = readObject(value, '$');
  switch (readString(object['type'], '$.type')) {
    case 'user': {
      const message = readObject(object['message'], '$.message');
      return { kind: 'prompt', content: readContent(message['content'], line) };
    }
    case 'control_request':
      return {
        kind: 'request',
        id: readString(object['request_id'], '$.request_id'),
        subtype: readString(readObject(object['request'], '$.request')['subtype'], '$.request.subtype'),
      };
    default:
      return undefined;
  }
}

function readContent(value: JsonValue | undefined, line: number): UserPart[] {
  const content = typeof value === 'string'
    ? [{ type: 'text' as const, text: value }]
    : readArray(value, '$.message.content').map(readBlock);
  if (content.some((part) => part.type === 'media' || part.text.trim() !== '')) return content;
  throw new CliError('CLI_EMPTY_PROMPT', `standard input, line ${line}: the prompt is empty`);
}

function readBlock(value: JsonValue, index: number): UserPart {
  const path = `$.message.content[${index}]`;
  const block = readObject(value, path);
  const type = readString(block['type'], `${path}.type`);
  if (type === 'text') return { type, text: readString(block['text'], `${path}.text`) };
  const source = block['source'];
  if ((type !== 'image' && type !== 'document') || !isObject(source) || source['type'] !== 'base64') {
    throw new JsonPathError(path, 'a text, or an image or document in base64', value);
  }
  readString(source['media_type'], `${path}.source.media_type`);
  const data = readString(source['data'], `${path}.source.data`);
  // The bytes say what it is, as for -i; vendors refuse what is declared as something else.
  const facts = readMediaFacts(Buffer.from(data, 'base64'));
  if (facts === undefined) {
    throw new JsonPathError(`${path}.source.data`, 'a PNG, JPEG, GIF or WebP image or a PDF document in base64', data);
  }
  return { type: 'media', mediaType: facts.mediaType, data };
}

function badInput(line: number, what: string): CliError {
  return new CliError(
    'CLI_BAD_INPUT',
    `standard input, line ${line}: ${what}`,
    { hint: 'one JSON object a line: {"type":"user","message":{"role":"user","content":"…"}}' },
  );
}
