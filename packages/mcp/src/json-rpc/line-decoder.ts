/**
 * Decodes what a stdio server writes: one JSON-RPC message a line (MCP, "Transports", stdio).
 *
 * In: octets, cut anywhere. Out: messages, in order; a line that is none comes out as `stray`. Lines end with LF; a CR before
 * it and empty lines are dropped. Octets that are no UTF-8 make their line a stray one. Limits: octets of one line, an
 * unfinished one included. What is kept of a line is kept in pieces and joined once. Faults: `MCP_MESSAGE_TOO_LARGE` for a line
 * beyond the limit; `MCP_BAD_MESSAGE` from `end()` within a line. Both are sticky.
 */
import type { Decoder } from '@sx/net';

import { type McpLimits, mcpLimits } from '../limits.ts';
import { McpError } from '../mcp-error.ts';
import { readMessages, type RpcMessage } from './message.ts';

const LF = 0x0a;

type Limits = Pick<McpLimits, 'messageBytesMax' | 'messageDepthMax'>;

export function createLineDecoder(limits: Limits = mcpLimits): Decoder<Uint8Array, RpcMessage> {
  const utf8 = new TextDecoder('utf-8', { fatal: true });
  let pieces: Uint8Array[] = [];
  let length = 0;
  let fault: McpError | undefined;

  const fail = (error: McpError): never => {
    fault = error;
    pieces = [];
    throw error;
  };
  const keep = (piece: Uint8Array): void => {
    length += piece.length;
    if (length > limits.messageBytesMax) {
      fail(new McpError('MCP_MESSAGE_TOO_LARGE', `a line of the server is longer than ${limits.messageBytesMax} bytes`));
    }
    // A view is valid during the call only.
    if (piece.length > 0) pieces.push(new Uint8Array(piece));
  };
  const finishLine = (emit: (message: RpcMessage) => void): void => {
    const text = textOf(pieces, length, utf8);
    pieces = [];
    length = 0;
    if (text !== undefined && text.trim() === '') return;
    if (text === undefined) emit({ kind: 'stray', text: 'octets that are no UTF-8' });
    else for (const message of readMessages(text, limits.messageDepthMax)) emit(message);
  };

  return {
    push(input, emit) {
      if (fault !== undefined) throw fault;
      let start = 0;
      for (let end = input.indexOf(LF); end !== -1; end = input.indexOf(LF, start)) {
        keep(input.subarray(start, end));
        start = end + 1;
        finishLine(emit);
      }
      keep(input.subarray(start));
    },
    end() {
      if (fault !== undefined) throw fault;
      if (length > 0) {
        fail(new McpError('MCP_BAD_MESSAGE', `the server's output ended within a line, after ${length} bytes of it`));
      }
    },
  };
}

function textOf(pieces: readonly Uint8Array[], length: number, utf8: { decode(input: Uint8Array): string }): string | undefined {
  const [only] = pieces;
  let whole = only ?? new Uint8Array();
  if (pieces.length > 1) {
    whole = new Uint8Array(length);
    let offset = 0;
    for (const piece of pieces) {
      whole.set(piece, offset);
      offset += piece.length;
    }
  }
  try {
    return utf8.decode(whole);
  } catch {
    return undefined;
  }
}
