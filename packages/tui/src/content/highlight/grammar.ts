/**
 * What a small grammar says about a language: enough to colour it line by line, far from enough to parse it.
 */
export interface StringRule {
  readonly open: string;
  readonly close: string;
  /** A backslash takes the next character with it. Default true. */
  readonly escapes?: boolean;
  /** Goes on in the next line. Default false: it ends with the line. */
  readonly multiline?: boolean;
}

export interface Grammar {
  readonly keywords: ReadonlySet<string>;
  readonly lineComments: readonly string[];
  readonly blockComments: readonly (readonly [open: string, close: string])[];
  /** Longest opening first. */
  readonly strings: readonly StringRule[];
  /** Keywords in any case: SQL. */
  readonly ignoreCase?: boolean;
  /** Words before `:` or `=` are names of properties. */
  readonly properties?: ':' | '=' | ':=';
  /** Words that start with a capital are types. */
  readonly capitalTypes?: boolean;
  /** Marks that lead a word which then is a variable or attribute: `$`, `@`, `#`. */
  readonly sigils?: string;
  /** Tags between `<` and `>`. */
  readonly markup?: boolean;
  /** Characters beside letters and digits that belong to a word. Default none. */
  readonly wordCharacters?: string;
}

const words = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/));
const DOUBLE: StringRule = { open: '"', close: '"' };
const SINGLE: StringRule = { open: "'", close: "'" };
const C_COMMENTS = { lineComments: ['//'], blockComments: [['/*', '*/']] } as const;
const HASH_COMMENTS = { lineComments: ['#'], blockComments: [] } as const;

const javascript: Grammar = {
  ...C_COMMENTS,
  keywords: words(
    'abstract any as asserts async await boolean break case catch class const continue debugger declare default delete do ' +
    'else enum export extends false finally for from function get if implements import in infer instanceof interface is ' +
    'keyof let module namespace never new null number object of out override private protected public readonly return ' +
    'satisfies set static string super switch symbol this throw true try type typeof undefined unique unknown using var ' +
    'void while with yield',
  ),
  strings: [DOUBLE, SINGLE, { open: '`', close: '`', multiline: true }],
  capitalTypes: true,
  wordCharacters: '$',
};

const python: Grammar = {
  ...HASH_COMMENTS,
  keywords: words(
    'False None True and as assert async await break case class continue def del elif else except finally for from global ' +
    'if import in is lambda match nonlocal not or pass raise return self try while with yield',
  ),
  strings: [{ open: '"""', close: '"""', multiline: true }, { open: "'''", close: "'''", multiline: true }, DOUBLE, SINGLE],
  capitalTypes: true,
  sigils: '@',
};

const cLike = (keywords: string, more: Partial<Grammar> = {}): Grammar => (
  { ...C_COMMENTS, keywords: words(keywords), strings: [DOUBLE, SINGLE], capitalTypes: true, ...more }
);

const C_WORDS =
  'auto bool break case char const continue default do double else enum extern false float for goto if inline int int8_t ' +
  'int16_t int32_t int64_t long NULL nullptr register return short signed size_t sizeof static struct switch true typedef ' +
  'uint8_t uint16_t uint32_t uint64_t union unsigned void volatile while';

const GRAMMARS: Readonly<Record<string, Grammar>> = {
  javascript,
  python,
  c: cLike(C_WORDS, { sigils: '#' }),
  cpp: cLike(
    `${C_WORDS} alignas catch class co_await co_return co_yield concept consteval constexpr decltype delete explicit final ` +
    'friend mutable namespace new noexcept operator override private protected public requires static_assert template this ' +
    'throw try typename using virtual',
    { sigils: '#' },
  ),
  csharp: cLike(
    'abstract as async await base bool break byte case catch char checked class const continue decimal default delegate do ' +
    'double else enum event explicit extern false finally fixed float for foreach get if implicit in init int interface ' +
    'internal is lock long namespace new null object operator out override params private protected public readonly record ' +
    'ref required return sbyte sealed set short sizeof static string struct switch this throw true try typeof uint ulong ' +
    'unchecked unsafe ushort using var virtual void volatile when where while with yield',
  ),
  java: cLike(
    'abstract assert boolean break byte case catch char class const continue default do double else enum extends final ' +
    'finally float for if implements import instanceof int interface long native new null package permits private protected ' +
    'public record return sealed short static strictfp super switch synchronized this throw throws transient true false try ' +
    'var void volatile while yield',
    { strings: [{ open: '"""', close: '"""', multiline: true }, DOUBLE, SINGLE], sigils: '@' },
  ),
  kotlin: cLike(
    'abstract actual annotation as break by catch class companion const constructor continue crossinline data do else enum ' +
    'expect external false final finally for fun get if import in infix init inline inner interface internal is lateinit ' +
    'null object open operator out override package private protected public return sealed set super suspend this throw ' +
    'true try typealias val var when where while',
    { strings: [{ open: '"""', close: '"""', multiline: true }, DOUBLE, SINGLE], sigils: '@' },
  ),
  swift: cLike(
    'actor any as associatedtype async await break case catch class continue default defer deinit do else enum extension ' +
    'fallthrough false fileprivate final for func guard if import in init inout internal is lazy let mutating nil open ' +
    'operator override private protocol public repeat rethrows return self Self some static struct subscript super switch ' +
    'throw throws true try typealias var weak where while',
    { strings: [{ open: '"""', close: '"""', multiline: true }, DOUBLE], sigils: '@' },
  ),
  go: cLike(
    'any bool break byte case chan complex64 complex128 const continue default defer else error fallthrough false float32 ' +
    'float64 for func go goto if import int int8 int16 int32 int64 interface iota map nil package range return rune select ' +
    'string struct switch true type uint uint8 uint16 uint32 uint64 uintptr var',
    { strings: [DOUBLE, SINGLE, { open: '`', close: '`', escapes: false, multiline: true }] },
  ),
  rust: cLike(
    'as async await bool break char const continue crate dyn else enum extern f32 f64 false fn for i8 i16 i32 i64 i128 if ' +
    'impl in isize let loop match mod move mut pub ref return self Self static str struct super trait true type u8 u16 u32 ' +
    'u64 u128 union unsafe use usize where while',
    // A lone quote is a lifetime more often than a character.
    { strings: [{ ...DOUBLE, multiline: true }], sigils: '#' },
  ),
  php: cLike(
    'abstract and array as break callable case catch class clone const continue declare default do echo else elseif empty ' +
    'enum extends false final finally fn for foreach function global if implements include include_once instanceof ' +
    'interface isset list match namespace new null or private protected public readonly require require_once return static ' +
    'switch throw trait true try unset use var while xor yield',
    { lineComments: ['//', '#'], sigils: '$' },
  ),
  ruby: {
    ...HASH_COMMENTS,
    keywords: words(
      'BEGIN END alias and begin break case class def defined? do else elsif end ensure false for if in module next nil not ' +
      'or redo rescue retry return self super then true undef unless until when while yield attr_accessor attr_reader ' +
      'attr_writer require require_relative',
    ),
    strings: [DOUBLE, SINGLE],
    capitalTypes: true,
    sigils: '@$:',
  },
  lua: {
    lineComments: ['--'],
    blockComments: [['--[[', ']]']],
    keywords: words(
      'and break do else elseif end false for function goto if in local nil not or repeat return then true until while',
    ),
    strings: [{ open: '[[', close: ']]', escapes: false, multiline: true }, DOUBLE, SINGLE],
  },
  shell: {
    ...HASH_COMMENTS,
    keywords: words(
      'alias break case cd continue declare do done echo elif else esac eval exec exit export fi for function if in local ' +
      'read readonly return select set shift source then trap unset until while',
    ),
    strings: [{ ...DOUBLE, multiline: true }, { ...SINGLE, escapes: false, multiline: true }],
    sigils: '$',
    wordCharacters: '-',
  },
  sql: {
    lineComments: ['--'],
    blockComments: [['/*', '*/']],
    ignoreCase: true,
    keywords: words(
      'add all alter and as asc begin between bigint boolean by case check column commit constraint create cross database ' +
      'date default delete desc distinct drop else end exists explain false float foreign from full group having if in ' +
      'index inner insert int integer into is join key left like limit not null offset on or order outer primary references ' +
      'returning right rollback select set table text then timestamp transaction true union unique update using values ' +
      'varchar view when where with',
    ),
    strings: [SINGLE, DOUBLE],
  },
  json: {
    lineComments: ['//'],
    blockComments: [['/*', '*/']],
    keywords: words('true false null'),
    strings: [DOUBLE],
    properties: ':',
  },
  yaml: {
    ...HASH_COMMENTS,
    keywords: words('true false null yes no on off'),
    strings: [DOUBLE, { ...SINGLE, escapes: false }],
    properties: ':',
    sigils: '&*!',
    wordCharacters: '-./',
  },
  toml: {
    lineComments: ['#', ';'],
    blockComments: [],
    keywords: words('true false'),
    strings: [
      { open: '"""', close: '"""', multiline: true },
      { open: "'''", close: "'''", escapes: false, multiline: true },
      DOUBLE,
      { ...SINGLE, escapes: false },
    ],
    properties: '=',
    wordCharacters: '-.',
  },
  css: {
    lineComments: ['//'],
    blockComments: [['/*', '*/']],
    keywords: words('and from important in media not of only or supports to'),
    strings: [DOUBLE, SINGLE],
    properties: ':',
    sigils: '@#.$',
    wordCharacters: '-',
  },
  dockerfile: {
    ...HASH_COMMENTS,
    keywords: words(
      'ADD ARG AS CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL MAINTAINER ONBUILD RUN SHELL STOPSIGNAL USER VOLUME ' +
      'WORKDIR',
    ),
    strings: [DOUBLE, SINGLE],
    sigils: '$',
  },
  make: {
    ...HASH_COMMENTS,
    keywords: words('define else endef endif export ifdef ifeq ifndef ifneq include override unexport'),
    strings: [DOUBLE, SINGLE],
    properties: ':=',
    sigils: '$@',
    wordCharacters: '-.',
  },
  markup: {
    lineComments: [],
    blockComments: [['<!--', '-->']],
    keywords: words(''),
    strings: [DOUBLE, SINGLE],
    markup: true,
    wordCharacters: '-:.',
  },
};

const NAMES: Readonly<Record<string, string>> = {
  js: 'javascript', jsx: 'javascript', mjs: 'javascript', cjs: 'javascript', ts: 'javascript', tsx: 'javascript',
  mts: 'javascript', cts: 'javascript', typescript: 'javascript',
  py: 'python', python3: 'python', pyi: 'python', h: 'c', cc: 'cpp', cxx: 'cpp', 'c++': 'cpp', hpp: 'cpp', hh: 'cpp',
  cs: 'csharp', 'c#': 'csharp', kt: 'kotlin', kts: 'kotlin',
  scala: 'kotlin', golang: 'go', rs: 'rust', rb: 'ruby', sh: 'shell', bash: 'shell', zsh: 'shell', fish: 'shell',
  console: 'shell', shellsession: 'shell', env: 'shell', postgresql: 'sql',
  mysql: 'sql', sqlite: 'sql', json5: 'json', jsonc: 'json', jsonl: 'json', yml: 'yaml', ini: 'toml', conf: 'toml',
  properties: 'toml', scss: 'css', less: 'css', sass: 'css',
  docker: 'dockerfile', makefile: 'make', mk: 'make', html: 'markup', xml: 'markup', svg: 'markup', xhtml: 'markup',
  vue: 'markup', svelte: 'markup', dart: 'java', groovy: 'java',
  proto: 'java', objc: 'c', m: 'c', zig: 'rust',
};

/** By the word after a code fence, or by the extension of a file; undefined where there is no grammar. */
export function grammarOf(language: string): Grammar | undefined {
  const name = language.toLowerCase();
  const known = NAMES[name] ?? name;
  return Object.hasOwn(GRAMMARS, known) ? GRAMMARS[known] : undefined;
}

/** The language of a file, by its name: for `createHighlighter`. */
export function languageOfFile(path: string): string {
  const name = path.split(/[\\/]/).at(-1)?.toLowerCase() ?? '';
  if (name === 'dockerfile' || name === 'makefile') return name;
  return /\.([a-z0-9+#]+)$/.exec(name)?.[1] ?? '';
}
