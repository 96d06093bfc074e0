/**
 * Where secrets stand in text: by the name of their field, by their shape, by their value.
 *
 * In: text as it goes over the wire (a head, a JSON body, a form, an event stream, a URL) or into a message. Out: spans.
 * Too much is masked rather than too little, with two exceptions that would cost more than they save: counts of model
 * tokens (`max_tokens`) and error codes (`"code": "rate_limit_exceeded"`), which only look like secrets by name.
 */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** `Authorization`, `x-api-key`, `accessToken`, `client_secret`, …: any case, with or without separators. */
export function isSecretName(name: string): boolean {
  const plain = name.toLowerCase().replace(/[-_.]/g, '');
  return SECRET_NAMES.has(plain) || SECRET_PART.test(plain);
}

const SECRET_NAMES = new Set([
  'authorization', 'proxyauthorization', 'cookie', 'setcookie', 'codeverifier', 'devicecode', 'usercode', 'authorizationcode',
  'assertion', 'clientassertion', 'passphrase', 'passcode', 'jwt', 'privatekey', 'sessionkey', 'signingkey', 'accesskey',
  'sshkey', 'masterkey', 'encryptionkey', 'credential', 'sig', 'signingsecret', 'pwd', 'pass',
]);
const SECRET_PART = /token(?!s|type|iz|count|limit|endpoint|ur[li]|source|budget)|secret|passw|apikey|authkey/;

/** Secret only as a parameter of a URL or form. */
const PARAMETER_NAMES = new Set(['key', 'auth', 'signature']);

/** `code` is an authorization code as well as the name of an error: words and short numbers are no authorization code. */
const ERROR_CODE = /^(?:.{0,7}|[a-z]+(?:[_.-][a-z]+)*|[A-Z]+(?:_[A-Z]+)*)$/s;

/** RFC 9110 token, then the value with its folded continuations. */
const FIELD_LINE = /(?<=^|\n)([!#$%&'*+\-.^_`|~0-9A-Za-z]{1,100}):[ \t]*([^\r\n]+(?:\r?\n[ \t]+[^\r\n]*)*)/g;
const JSON_STRING = /"([\w.-]{1,64})"\s*:\s*"((?:[^"\\]|\\[\s\S])*\\?)/g;
/** JSON inside a JSON string, at any depth: the quotes carry backslashes. */
const NESTED_JSON_STRING = /(\\+")([\w.-]{1,64})\1\s*:\s*\1((?:(?!\1)[\s\S])*)/g;
const PARAMETER = /(?<![\w.-])([\w.-]{1,64})=([^&\s"'#<>\\;]+)/g;
const USER_INFO = /(?<=(?<![a-z0-9+.-])[a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/?#"'@<>\\]+(?=@)/gi;
/** JWT; keys of OpenAI and Anthropic, Google, GitHub, xAI, Groq, Slack; bearer credentials outside of a field. */
const SHAPES = new RegExp(
  [
    'eyJ[\\w-]{8,}\\.[\\w-]{4,}(?:\\.[\\w-]*)*',
    'sk-[\\w-]{16,}',
    'AIza[\\w-]{30,}',
    'gh[opusr]_\\w{20,}',
    'github_pat_\\w{20,}',
    '(?:xai|gsk)[-_]\\w{20,}',
    'xox[abprs]-[\\w-]{10,}',
  ]
    .map((shape) => `(?<!\\w)${shape}`)
    .concat('(?<=bearer\\s{1,8})[\\w.~+/=-]{16,}')
    .join('|'),
  'gi',
);

/** The spans of `text` to be masked, in order, without overlaps. A construct that `text` cuts off is masked to the end. */
export function secretSpans(text: string, values: RegExp | undefined): Span[] {
  const spans: Span[] = [];
  const addLast = (match: RegExpExecArray, value: string): void => {
    const end = match.index + match[0].length;
    if (value !== '') spans.push({ start: end - value.length, end });
  };
  const addNamed = (pattern: RegExp, secret: (name: string, value: string) => boolean, nameAt = 1): void => {
    for (const match of text.matchAll(pattern)) {
      const name = match[nameAt] ?? '';
      const value = match[nameAt + 1] ?? '';
      if (secret(name, value)) addLast(match, value);
    }
  };
  addNamed(FIELD_LINE, (name) => isSecretName(name));
  addNamed(JSON_STRING, isSecretMember);
  addNamed(NESTED_JSON_STRING, isSecretMember, 2);
  addNamed(PARAMETER, isSecretParameter);
  for (const pattern of values === undefined ? [USER_INFO, SHAPES] : [USER_INFO, SHAPES, values]) {
    for (const match of text.matchAll(pattern)) addLast(match, match[0]);
  }
  return mergedSpans(spans);
}

function isSecretMember(name: string, value: string): boolean {
  return isSecretName(name) || (name.toLowerCase() === 'code' && !ERROR_CODE.test(value));
}

function isSecretParameter(name: string, value: string): boolean {
  return isSecretMember(name, value) || PARAMETER_NAMES.has(name.toLowerCase());
}

/** In order, without overlaps. */
export function mergedSpans(spans: readonly Span[]): Span[] {
  const inOrder = [...spans].sort((a, b) => a.start - b.start);
  const result: Span[] = [];
  for (const span of inOrder) {
    const last = result.at(-1);
    if (last !== undefined && span.start <= last.end) {
      if (span.end > last.end) result[result.length - 1] = { start: last.start, end: span.end };
    } else {
      result.push(span);
    }
  }
  return result;
}

/** Something at the end of a text that more text could make a secret, or a longer one. */
export interface OpenEnd {
  /** Where it begins: what is before can be masked and shown without waiting. */
  readonly at: number;
  /** Where it stops, should it outgrow what may be held back. */
  readonly until: RegExp;
}

const OPEN_BEARER = /bearer\s{1,8}[\w.~+/=-]*$/i;
const OPEN_USER_INFO = /(?<![a-z0-9+.-])[a-z][a-z0-9+.-]{0,20}:(?:\/(?:\/[^\s/?#"'@<>\\]*)?)?$/i;
const OPEN_FIELD_NAME = /(?<=^|\n)[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,100}$/;
const OPEN_FIELD_LINE = /(?<=^|\n)([!#$%&'*+\-.^_`|~0-9A-Za-z]{1,100}):[^\n]*(?:\n[ \t][^\n]*)*\n?$/;
const OPEN_JSON_NAME = /\\*"(?:[\w.-]{0,64}(?:\\*"(?:\s{0,64}:?\s{0,64}\\*)?)?)?$/;
const OPEN_JSON_STRING = /"([\w.-]{1,64})"\s*:\s*"(?:[^"\\]|\\[\s\S])*\\?$/;
const OPEN_NESTED_JSON_STRING = /(\\+")([\w.-]{1,64})\1\s*:\s*\1(?:(?!\1)[\s\S])*$/;
const OPEN_PARAMETER = /(?<![\w.-])([\w.-]{1,64})=[^&\s"'#<>\\;]*$/;

const RUN_END = /[^\w.~%+/=\\-]/;
const LINE_END = /\n/;
const STRING_END = /"/;

/** The earliest construct that reaches the end of `text` and is, or may become, a secret. */
export function openEnd(text: string, forms: readonly string[]): OpenEnd {
  let open: OpenEnd = { at: text.length, until: RUN_END };
  const consider = (at: number | undefined, until: RegExp): void => {
    if (at !== undefined && at < open.at) open = { at, until };
  };
  consider(openRun(text), RUN_END);
  consider(OPEN_BEARER.exec(text)?.index, RUN_END);
  consider(OPEN_USER_INFO.exec(text)?.index, RUN_END);
  consider(OPEN_FIELD_NAME.exec(text)?.index, LINE_END);
  consider(OPEN_JSON_NAME.exec(text)?.index, STRING_END);
  const field = OPEN_FIELD_LINE.exec(text);
  if (field !== null && isSecretName(field[1] ?? '')) consider(field.index, LINE_END);
  const member = OPEN_JSON_STRING.exec(text);
  if (member !== null && mayBeSecretMember(member[1] ?? '')) consider(member.index, STRING_END);
  const nested = OPEN_NESTED_JSON_STRING.exec(text);
  if (nested !== null && mayBeSecretMember(nested[2] ?? '')) consider(nested.index, STRING_END);
  const parameter = OPEN_PARAMETER.exec(text);
  if (parameter !== null && isSecretParameter(parameter[1] ?? '', UNKNOWN_CODE)) consider(parameter.index, RUN_END);
  consider(openForm(text, forms), RUN_END);
  return open;
}

/** Where the run of characters begins that `text` ends with. From the end: a pattern would look from every start. */
function openRun(text: string): number {
  let at = text.length;
  while (at > 0 && !RUN_END.test(text[at - 1] ?? '')) at -= 1;
  return at;
}

/** A value that is not complete could be an authorization code. */
const UNKNOWN_CODE = '0123456789abcdef';

function mayBeSecretMember(name: string): boolean {
  return isSecretMember(name, UNKNOWN_CODE);
}

/** Where the longest end of `text` begins that is the beginning of a loaded secret, and not all of it. */
export function openForm(text: string, forms: readonly string[]): number | undefined {
  let earliest: number | undefined;
  for (const form of forms) {
    const first = form[0] ?? '';
    const from = Math.max(0, text.length - form.length + 1);
    for (let at = text.indexOf(first, from); at !== -1; at = text.indexOf(first, at + 1)) {
      if (earliest !== undefined && at >= earliest) break;
      if (form.startsWith(text.slice(at))) earliest = at;
    }
  }
  return earliest;
}
