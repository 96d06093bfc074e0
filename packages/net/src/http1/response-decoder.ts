/**
 * Decodes one response to one request from the octets of a connection (RFC 9112).
 *
 * In: octets, cut anywhere. Out: `interim* response (data* end | tunnel)`. States: `head` → (`counted` | `chunked` |
 * `until-close`) → `over`. One decoder for one response: nothing has to be reset, and what follows the end is never read
 * as another response, but handed back in `leftover`.
 *
 * A body ends in one of three ways that are kept apart: complete by its framing (`outcome: 'complete'`), ended by the
 * connection (`'closed'`: nobody can prove it whole, RFC 9112, section 8), or cut off (a `NET_TRUNCATED_*` fault).
 *
 * Left out: 101 (no Upgrade is ever sent), content codings, HTTP/0.9. `docs/supported-http.md` says why, rule by rule.
 */
import type { Decoder } from '../decoder.ts';
import type { Fields } from '../fields.ts';
import { defaultLimits, type Limits } from '../limits.ts';
import { NetError } from '../net-error.ts';
import { sticky } from '../sticky.ts';
import { type ChunkedDecoder, createChunkedDecoder } from './chunked-decoder.ts';
import { createFieldsDecoder, type FieldsDecoder } from './fields-decoder.ts';
import { decodeLatin1, octetName } from './grammar.ts';
import { type MessageFraming, messageFraming, persists } from './message-framing.ts';
import { decodeStatusLine, type StatusLine } from './status-line.ts';

/** What a response is made of: `interim`*, `response`, `data`*, `end`; or `tunnel` after a 2xx to CONNECT. */
export type HttpEvent =
  /** A 1xx response before the final one. It has no body. */
  | { readonly type: 'interim'; readonly status: number; readonly fields: Fields }
  | {
      readonly type: 'response';
      readonly status: number;
      /** A higher minor version is treated as 1.1 (RFC 9110, section 2.5). */
      readonly version: '1.0' | '1.1';
      /** As sent, possibly empty; octets as latin1. It carries no meaning. */
      readonly reason: string;
      readonly fields: Fields;
      readonly framing: MessageFraming;
    }
  /** Part of the body, never empty: a view of the input. */
  | { readonly type: 'data'; readonly bytes: Uint8Array }
  | {
      readonly type: 'end';
      /** Never to be merged into the fields of the head. */
      readonly trailers: Fields;
      readonly outcome: 'complete' | 'closed';
      /** Head and framing let the connection carry another exchange; it may, if `leftover` stays undefined as well. */
      readonly reusable: boolean;
    }
  /** After a 2xx to CONNECT: what follows, `leftover` first, is not HTTP. */
  | { readonly type: 'tunnel' };

/** Decodes one response, its interim ones included. */
export interface ResponseDecoder extends Decoder<Uint8Array, HttpEvent> {
  /** Octets after the end, as a view of the input that held it or, where it held none, of the next one. */
  readonly leftover: Uint8Array | undefined;
}

/** What the bytes alone do not tell. */
export interface ResponseDecoderOptions {
  /** Of the request, in upper case: it decides whether a body follows (HEAD, CONNECT). */
  readonly method: string;
  /** Default: {@link defaultLimits}. */
  readonly limits?: Limits | undefined;
  /**
   * The memory of the inputs is given away: the data of several chunks in one input may be moved together there, and is emitted as
   * one `data`. Default false.
   */
  readonly ownsInput?: boolean | undefined;
}

type State = 'head' | 'counted' | 'chunked' | 'until-close' | 'over';
type Emit = (event: HttpEvent) => void;

const PROTOCOL = 'HTTP/';
const TLS_ALERT = 0x15;
/** Octets of something that is not HTTP which an error shows. */
const SHOWN_OCTETS = 64;

/**
 * Decodes one response (RFC 9112).
 *
 * @throws {NetError} from `push`: `NET_NOT_HTTP`, `NET_TLS_ON_PLAIN_PORT`, `NET_BAD_STATUS_LINE`, `NET_BAD_VERSION`,
 *   `NET_BAD_FIELD`, `NET_BAD_CONTENT_LENGTH`, `NET_BAD_TRANSFER_ENCODING`, `NET_CONTENT_ENCODING`,
 *   `NET_UNEXPECTED_UPGRADE`, `NET_HEAD_TOO_LARGE`, `NET_LINE_TOO_LONG`, `NET_TOO_MANY_FIELDS`,
 *   `NET_TOO_MANY_INTERIM_RESPONSES` and the codes of {@link createChunkedDecoder}; from `end`:
 *   `NET_CLOSED_BEFORE_RESPONSE` where not one octet had come, `NET_TRUNCATED_HEAD`, `NET_TRUNCATED_BODY`. Each has the
 *   `offset` of the octet at fault, counted from the first octet of the response.
 */
export function createResponseDecoder({ method, limits = defaultLimits, ownsInput = false }: ResponseDecoderOptions): ResponseDecoder {
  let state: State = 'head';
  let head = createHeadDecoder(0, 0);
  let interimResponses = 0;
  let statusLine: StatusLine | undefined;
  let headBytes = 0;
  let reusable = false;
  /** Of a body with Content-Length. */
  let length = 0;
  let remaining = 0;
  let chunked: ChunkedDecoder | undefined;
  /** Octets of all inputs before the current one. */
  let bytesRead = 0;

  function createHeadDecoder(offset: number, headBytesBefore: number): FieldsDecoder {
    return createFieldsDecoder({
      bytesMax: limits.headBytesMax - headBytesBefore,
      bytesMaxCode: 'NET_HEAD_TOO_LARGE',
      lineBytesMax: limits.lineBytesMax,
      fieldsMax: limits.fieldsMax,
      bareLf: 'accept',
      obsFold: 'unfold',
      offset,
      onStartLine: (line, lineOffset) => {
        statusLine = decodeStatusLine(line, lineOffset);
      },
    });
  }

  /** Says at the first wrong octet that this is not HTTP: a server that speaks something else may wait for us to answer. */
  const checkProtocol = (input: Uint8Array, from: number): void => {
    for (let index = from, at = head.bytesTaken; index < input.length && at < PROTOCOL.length; index += 1, at += 1) {
      if (input[index] !== PROTOCOL.charCodeAt(at)) throw notHttp(input, from, index, bytesRead + index);
    }
  };

  const takeHead = (input: Uint8Array, from: number, emit: Emit): number => {
    checkProtocol(input, from);
    const end = head.push(input, from);
    if (end === -1) return input.length;
    if (statusLine === undefined) throw new NetError('NET_BAD_STATUS_LINE', 'the head has no status line');
    const { status, version, reason } = statusLine;
    const fields = head.fields();
    headBytes += head.bytesTaken;
    if (status === 101) {
      throw new NetError('NET_UNEXPECTED_UPGRADE', 'the server switches protocols, though no Upgrade was sent', {
        offset: bytesRead + end,
      });
    }
    if (status < 200) {
      interimResponses += 1;
      if (interimResponses > limits.interimResponsesMax) {
        const limit = limits.interimResponsesMax;
        const details = { limit, offset: bytesRead + end };
        throw new NetError('NET_TOO_MANY_INTERIM_RESPONSES', `more than ${limit} interim responses`, details);
      }
      head = createHeadDecoder(bytesRead + end, headBytes);
      emit({ type: 'interim', status, fields });
      return end;
    }
    const facts = { method, status, version, fields };
    const framing = messageFraming(facts);
    reusable = persists(facts, framing);
    emit({ type: 'response', status, version, reason, fields, framing });
    beginBody(framing, bytesRead + end, emit);
    return end;
  };

  const beginBody = (framing: MessageFraming, offset: number, emit: Emit): void => {
    switch (framing.kind) {
      case 'none':
        return finish(emit, []);
      case 'tunnel':
        state = 'over';
        return emit({ type: 'tunnel' });
      case 'content-length':
        length = framing.length;
        remaining = length;
        state = 'counted';
        return remaining === 0 ? finish(emit, []) : undefined;
      case 'chunked':
        chunked = createChunkedDecoder(limits, { offset, ownsInput });
        state = 'chunked';
        return undefined;
      case 'until-close':
        state = 'until-close';
        return undefined;
      default:
        return framing satisfies never;
    }
  };

  const finish = (emit: Emit, trailers: Fields): void => {
    state = 'over';
    emit({ type: 'end', trailers, outcome: 'complete', reusable });
  };

  const takeCounted = (input: Uint8Array, from: number, emit: Emit): number => {
    // Most pieces of a long body are body from end to end.
    const bytes = from === 0 && input.length <= remaining ? input : input.subarray(from, from + remaining);
    remaining -= bytes.length;
    emit({ type: 'data', bytes });
    if (remaining === 0) finish(emit, []);
    return from + bytes.length;
  };

  const takeChunked = (decoder: ChunkedDecoder, input: Uint8Array, emit: Emit): number => {
    decoder.push(input, (event) => {
      if (event.type === 'data') emit(event);
      else finish(emit, event.trailers);
    });
    return input.length - (decoder.leftover?.length ?? 0);
  };

  const push = (input: Uint8Array, emit: Emit): void => {
    let index = 0;
    while (index < input.length) {
      switch (state) {
        case 'head':
          index = takeHead(input, index, emit);
          break;
        case 'counted':
          index = takeCounted(input, index, emit);
          break;
        case 'chunked':
          if (chunked !== undefined) index += takeChunked(chunked, index === 0 ? input : input.subarray(index), emit);
          break;
        case 'until-close':
          emit({ type: 'data', bytes: input.subarray(index) });
          index = input.length;
          break;
        case 'over':
          decoder.leftover ??= input.subarray(index);
          index = input.length;
          break;
        default:
          return state satisfies never;
      }
    }
    bytesRead += input.length;
  };

  const end = (emit: Emit): void => {
    switch (state) {
      case 'head':
        throw closedInHead(bytesRead);
      case 'counted':
        throw new NetError('NET_TRUNCATED_BODY', `closed after ${length - remaining} of ${length} bytes of the body`, {
          bytesRead,
          limit: length,
          offset: bytesRead,
        });
      case 'chunked':
        return chunked?.end(() => undefined);
      case 'until-close':
        state = 'over';
        return emit({ type: 'end', trailers: [], outcome: 'closed', reusable: false });
      case 'over':
        return undefined;
      default:
        return state satisfies never;
    }
  };

  // Not a getter: V8 gives every object with one of its own a hidden class that only a full collection frees.
  const decoder: { -readonly [Key in keyof ResponseDecoder]: ResponseDecoder[Key] } = {
    ...sticky({ push, end }),
    leftover: undefined,
  };
  return decoder;
}

function closedInHead(bytesRead: number): NetError {
  const details = { bytesRead, offset: bytesRead };
  if (bytesRead === 0) return new NetError('NET_CLOSED_BEFORE_RESPONSE', 'closed before a response', details);
  return new NetError('NET_TRUNCATED_HEAD', `closed within the response head, after ${bytesRead} bytes`, details);
}

function notHttp(input: Uint8Array, from: number, index: number, offset: number): NetError {
  if (index === from && input[index] === TLS_ALERT && offset === 0) {
    const message = 'the server answers with TLS: use https, or the port for plain http';
    return new NetError('NET_TLS_ON_PLAIN_PORT', message, { offset });
  }
  const start = decodeLatin1(input, from, Math.min(input.length, from + SHOWN_OCTETS));
  const message = `the answer is not HTTP (${octetName(input[index])} at byte ${offset})`;
  return new NetError('NET_NOT_HTTP', message, { offset, got: start });
}
