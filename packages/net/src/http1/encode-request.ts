/**
 * Encodes requests (RFC 9112, sections 3 and 5; RFC 9110, sections 5 to 9). Pure: a request in, octets out.
 *
 * Nothing that a caller passes can add an octet of syntax: every text from outside goes through `HeadWriter.write`.
 *
 * Framing, routing and connection fields are ours alone. Left out: Transfer-Encoding (all our bodies have a length), Expect,
 * Upgrade, TE, Trailer, cookies. Errors name places, never values: a value may be a secret.
 */
import type { Fields } from '../fields.ts';
import { defaultLimits, type Limits } from '../limits.ts';
import type { HttpRequest } from '../transport.ts';
import { TARGET, TOKEN } from './grammar.ts';
import { bad, forEachPair, HeadWriter, own, RESERVED, RESERVED_BUT_FOR_PROXY, writeField } from './head-writer.ts';

/** A request as octets: head, then body. */
export interface EncodedRequest {
  /** Request line, fields and the empty line after them; at most `requestHeadBytesMax`. */
  readonly head: Uint8Array;
  /**
   * Exactly as many octets as the Content-Length says: a view of what the caller passed, empty where there is none. Always a
   * property of the object itself, so that none can be read from a polluted prototype.
   */
  readonly body: Uint8Array;
}

/** How a request is written. */
export interface EncodeRequestOptions {
  /** `absolute` for a plain `http:` request to a proxy, `asterisk` for OPTIONS of a whole server. Default `origin`. */
  readonly form?: 'origin' | 'absolute' | 'asterisk';
  /** Fields for the proxy, `Proxy-Authorization` included; only with `absolute`. */
  readonly proxyFields?: Fields;
  /** Default: {@link defaultLimits}. */
  readonly limits?: Limits;
}

/** Without content these say `Content-Length: 0` (RFC 9110, section 8.6). */
const EXPECTS_CONTENT = new Set(['POST', 'PUT', 'PATCH']);
/** Content means nothing in GET and HEAD, and is a known way to smuggle; TRACE must not have any (RFC 9110, section 9.3). */
const WITHOUT_CONTENT = new Set(['GET', 'HEAD', 'TRACE']);

/**
 * Encodes one request.
 *
 * `Host` comes first and from the URL, then the proxy's fields, the caller's in their order, `Accept-Encoding: identity`
 * and the length.
 *
 * @throws {NetError} `NET_BAD_REQUEST` for whatever would not be exactly one request with exactly these fields, and where
 *   the head would be longer than `requestHeadBytesMax` or have more than `fieldsMax` fields.
 */
export function encodeRequest(request: HttpRequest, options: EncodeRequestOptions = {}): EncodedRequest {
  const limits = own(options, 'limits') ?? defaultLimits;
  const form = own(options, 'form') ?? 'origin';
  const method: unknown = own(request, 'method');
  const url = parseTarget(own(request, 'url'));
  const content = contentOf(own(request, 'body'));
  if (method === 'CONNECT') throw bad('CONNECT has no URL; the dialer sends it', 'method');
  if (typeof method === 'string' && WITHOUT_CONTENT.has(method) && content.length > 0) {
    throw bad(`${method} may not have content`, 'body');
  }

  const writer = new HeadWriter(limits.requestHeadBytesMax);
  writer.write(method, TOKEN, 'the method');
  writer.syntax(' ');
  writer.write(targetOf(url, form, method), TARGET, 'the request target');
  writer.syntax(' HTTP/1.1\r\nHost: ');
  writer.write(url.host, TARGET, 'the host');
  writer.syntax('\r\n');

  let count = 0;
  let acceptEncoding = false;
  const takeFields = (fields: unknown, reserved: ReadonlySet<string>): void =>
    forEachPair(fields, (name, value) => {
      count += 1;
      const lowerCaseName = writeField(writer, name, value, count, limits, reserved);
      if (lowerCaseName !== 'accept-encoding') return;
      acceptEncoding = true;
      if (value !== 'identity') throw bad('Accept-Encoding may only be `identity`: nothing is ever decompressed', lowerCaseName);
    });
  const proxyFields = own(options, 'proxyFields');
  if (proxyFields !== undefined) {
    if (form !== 'absolute') throw bad("the proxy's fields may go to a proxy only", 'proxyFields');
    takeFields(proxyFields, RESERVED_BUT_FOR_PROXY);
  }
  takeFields(own(request, 'fields'), RESERVED);
  if (!acceptEncoding) writer.syntax('Accept-Encoding: identity\r\n');
  const saysLength = content.length > 0 || (typeof method === 'string' && EXPECTS_CONTENT.has(method));
  if (saysLength) writer.syntax(`Content-Length: ${content.length}\r\n`);
  writer.syntax('\r\n');
  return { head: writer.octets(), body: content };
}

/** What the head needs of a URL. */
interface RequestUrl {
  readonly protocol: string;
  readonly host: string;
  readonly pathAndQuery: string;
}

/** The last URL that was taken, and its parts: programs ask the same few again and again, and to parse one costs as much as the rest. */
let lastText = '';
let lastUrl: RequestUrl | undefined;

function parseTarget(url: unknown): RequestUrl {
  if (typeof url !== 'string') throw bad('the URL is not a string', 'url');
  if (lastUrl !== undefined && url === lastText) return lastUrl;
  const { protocol, host, pathname, search } = parseUrl(url);
  lastUrl = { protocol, host, pathAndQuery: `${pathname}${search}` };
  lastText = url;
  return lastUrl;
}

/** Only what `new URL()` has normalized goes on; what it would drop in silence is refused before. */
function parseUrl(url: string): URL {
  if (/[\u0000-\u0020\u007f]/.test(url)) throw bad('the URL has a blank or control character', 'url');
  if (/\p{Surrogate}/u.test(url)) throw bad('the URL has half a surrogate pair', 'url');
  // No cause: Node's own error quotes the URL, query and userinfo included.
  if (!URL.canParse(url)) throw bad('the URL is not an absolute URL', 'url');
  const parsed = new URL(url);
  if (parsed.protocol !== 'https:' && parsed.protocol !== 'http:') throw bad('the URL is neither https: nor http:', 'url');
  if (parsed.username !== '' || parsed.password !== '') throw bad('the URL has userinfo', 'url');
  return parsed;
}

/** RFC 9112, section 3.2. A fragment never goes out. */
function targetOf(url: RequestUrl, form: 'origin' | 'absolute' | 'asterisk', method: unknown): string {
  switch (form) {
    case 'origin':
      return url.pathAndQuery;
    case 'absolute':
      if (url.protocol !== 'http:') throw bad('absolute-form is for http: only; https: goes through a tunnel', 'form');
      return `${url.protocol}//${url.host}${url.pathAndQuery}`;
    case 'asterisk':
      if (method !== 'OPTIONS') throw bad('asterisk-form is for OPTIONS only', 'form');
      return '*';
    default:
      throw bad(`unknown form of the request target: ${String(form satisfies never)}`, 'form');
  }
}

const TYPED_ARRAY = Object.getPrototypeOf(Uint8Array.prototype);

/**
 * The caller's octets as a plain view. The getters of the prototype are asked, not properties of the object: an own
 * `length` that lies would make the Content-Length lie.
 */
function contentOf(body: unknown): Uint8Array {
  if (body === undefined) return new Uint8Array(0);
  if (Reflect.get(TYPED_ARRAY, Symbol.toStringTag, body) !== 'Uint8Array') throw bad('the body is not a Uint8Array', 'body');
  const buffer: unknown = Reflect.get(TYPED_ARRAY, 'buffer', body);
  const offset: unknown = Reflect.get(TYPED_ARRAY, 'byteOffset', body);
  const length: unknown = Reflect.get(TYPED_ARRAY, 'byteLength', body);
  if (!(buffer instanceof ArrayBuffer) || typeof offset !== 'number' || typeof length !== 'number') {
    throw bad('the body is not backed by an ArrayBuffer', 'body');
  }
  return new Uint8Array(buffer, offset, length);
}
