/**
 * Encodes requests (RFC 9112, sections 3 and 5; RFC 9110, sections 5 to 9). Pure: a request in, octets out.
 *
 * Nothing that a caller passes can add an octet of syntax. Every text from outside goes through one function,
 * `HeadWriter.write`, which looks each character up in the table of its place and appends the very string it looked at.
 * Values are read once, own properties only, and must be strings already: an object with a `toString` could answer
 * differently the second time, and a polluted prototype could add a field.
 *
 * Framing, routing and connection fields are ours alone. Left out: Transfer-Encoding (all our bodies have a length), Expect,
 * Upgrade, TE, Trailer, cookies. Errors name places, never values: a value may be a secret.
 */
import type { Fields } from '../fields.ts';
import { defaultLimits, type Limits } from '../limits.ts';
import { NetError } from '../net-error.ts';
import type { HttpRequest } from '../transport.ts';
import { FIELD_CONTENT, HTAB, SP, TARGET, TOKEN } from './grammar.ts';

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

/** Where a proxy is to open a tunnel to. */
export interface ConnectTarget {
  /** As `new URL()` gives it: lower-case ASCII, IPv6 in brackets. */
  readonly hostname: string;
  /** 1 to 65535. */
  readonly port: number;
}

/** Ours alone, or never sent (section 7.6.1 of RFC 9110 and the framing fields). */
const RESERVED = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
const RESERVED_BUT_FOR_PROXY = new Set([...RESERVED].filter((name) => name !== 'proxy-authorization'));

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

/**
 * Encodes a CONNECT to a proxy, in authority-form, the port always written (RFC 9112, section 3.2.3).
 *
 * @param proxyFields - `Proxy-Authorization`, `User-Agent`.
 * @throws {NetError} `NET_BAD_REQUEST` as {@link encodeRequest}.
 */
export function encodeConnect(target: ConnectTarget, proxyFields: Fields = [], limits: Limits = defaultLimits): Uint8Array {
  const hostname = own(target, 'hostname');
  const port = own(target, 'port');
  if (typeof port !== 'number' || !Number.isInteger(port) || port < 1 || port > 65_535) {
    throw bad('no port from 1 to 65535', 'port');
  }
  if (typeof hostname !== 'string' || !isNormalHostname(hostname)) throw bad('not a normalized host name', 'hostname');
  const writer = new HeadWriter(limits.requestHeadBytesMax);
  writer.syntax('CONNECT ');
  writer.write(`${hostname}:${port}`, TARGET, 'the authority');
  writer.syntax(' HTTP/1.1\r\nHost: ');
  writer.write(`${hostname}:${port}`, TARGET, 'the authority');
  writer.syntax('\r\n');
  let count = 0;
  forEachPair(proxyFields, (name, value) => {
    count += 1;
    writeField(writer, name, value, count, limits, RESERVED_BUT_FOR_PROXY);
  });
  writer.syntax('\r\n');
  return writer.octets();
}

const UTF8 = new TextEncoder();

/** A head as it grows. `write` is the only way for text from outside. */
class HeadWriter {
  readonly #bytesMax: number;
  #text = '';
  /** Every bit of every character from outside: says whether one is above 0x7f. */
  #bits = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** @param place - What the text is, for the error. It must not quote the text. */
  write(text: unknown, allowed: Uint8Array, place: string): void {
    if (typeof text !== 'string') throw bad(`${place} is not a string`, place);
    if (text === '' && allowed !== FIELD_CONTENT) throw bad(`${place} is empty`, place);
    for (let index = 0; index < text.length; index += 1) {
      const code = text.charCodeAt(index);
      // Above 0xff a table look-up gives undefined: no character is ever cut down to an octet.
      if (allowed[code] !== 1) throw bad(`${place} has U+${hex(code)} at ${index}, which may not stand there`, place);
      this.#bits |= code;
    }
    this.syntax(text);
  }

  /** Text of our own, or checked. */
  syntax(text: string): void {
    this.#text += text;
    if (this.#text.length > this.#bytesMax) throw bad(`the head is longer than ${this.#bytesMax} bytes`, 'head', this.#bytesMax);
  }

  octets(): Uint8Array {
    const text = this.#text;
    // US-ASCII is the same in UTF-8, and nearly every head is US-ASCII.
    if (this.#bits < 0x80) return UTF8.encode(text);
    const octets = new Uint8Array(text.length);
    for (let index = 0; index < text.length; index += 1) octets[index] = text.charCodeAt(index);
    return octets;
  }
}

/** Writes one field line, the `position`th, and says which field it was, in lower case. */
function writeField(
  writer: HeadWriter,
  name: unknown,
  value: unknown,
  position: number,
  { fieldsMax }: Limits,
  reserved: ReadonlySet<string>,
): string {
  if (position > fieldsMax) throw bad(`more than ${fieldsMax} fields`, 'fields', fieldsMax);
  // A name that is no token may hold anything, a secret too: the error gives its position instead.
  writer.write(name, TOKEN, `the name of field ${position}`);
  writer.syntax(': ');
  if (typeof name !== 'string') throw bad(`the name of field ${position} is not a string`, 'fields');
  const lowerCaseName = name.toLowerCase();
  if (reserved.has(lowerCaseName)) throw bad(`the field ${lowerCaseName} is not the caller's to set`, lowerCaseName);
  // Blanks at the edge would not arrive: a recipient takes them away.
  if (typeof value === 'string' && (isBlank(value, 0) || isBlank(value, value.length - 1))) {
    throw bad(`the value of the field ${name} begins or ends with a blank`, name);
  }
  writer.write(value, FIELD_CONTENT, `the value of the field ${name}`);
  writer.syntax('\r\n');
  return lowerCaseName;
}

function isBlank(text: string, index: number): boolean {
  const code = text.charCodeAt(index);
  return code === SP || code === HTAB;
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

function isNormalHostname(hostname: string): boolean {
  if (!/^[!-~]+$/.test(hostname) || !URL.canParse(`http://${hostname}/`)) return false;
  const url = new URL(`http://${hostname}/`);
  return url.hostname === hostname && url.host === hostname && url.href === `http://${hostname}/`;
}

/** Takes the pairs of a list of fields, each property read once, own ones only. */
function forEachPair(fields: unknown, take: (name: unknown, value: unknown) => void): void {
  if (fields === undefined) return;
  if (!Array.isArray(fields)) throw bad('the fields are not a list of pairs', 'fields');
  const count = fields.length;
  for (let index = 0; index < count; index += 1) {
    const pair: unknown = own(fields, index);
    if (!Array.isArray(pair) || pair.length !== 2) throw bad(`field ${index + 1} is not a pair of name and value`, 'fields');
    take(own(pair, 0), own(pair, 1));
  }
}

/** A property of the object itself: what a prototype adds, nobody has asked to be sent. */
function own<Holder extends object, Key extends keyof Holder>(holder: Holder, key: Key): Holder[Key] | undefined {
  return typeof holder === 'object' && holder !== null && Object.hasOwn(holder, key) ? holder[key] : undefined;
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

function hex(code: number): string {
  return code.toString(16).toUpperCase().padStart(4, '0');
}

function bad(message: string, where: string, limit?: number): NetError {
  return new NetError('NET_BAD_REQUEST', message, limit === undefined ? { where } : { where, limit });
}
